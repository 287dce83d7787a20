//! The head of an answer as an application gives it: the status and the headers of
//! PEP 3333, by the grammar of RFC 9110. What passes here cannot split an answer in two.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    NoStatus,
    /// 1xx is no answer yet (RFC 9110, 15.2).
    Interim,
    ControlInReason,
    /// The name is no token (RFC 9110, 5.6.2).
    Name,
    /// Of one connection, which is the server's (RFC 9110, 7.6.1).
    HopByHop,
    ControlInValue,
    ContentLength,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::NoStatus => "a status starts with a number from 200 to 599, then a space and a reason",
            Error::Interim => "a status from 100 to 199 is no answer",
            Error::ControlInReason => "a status cannot contain control characters",
            Error::Name => "a header's name consists of letters, digits and any of !#$%&'*+-.^_`|~",
            Error::HopByHop => "this header is the server's business (PEP 3333, RFC 9110, 7.6.1)",
            Error::ControlInValue => "a header cannot contain control characters",
            Error::ContentLength => "Content-Length is one number of bytes",
        })
    }
}

/// The number that a status line such as `200 OK` starts with.
pub fn status(line: &[u8]) -> Result<u16, Error> {
    let (digits, rest) = line.split_at_checked(3).ok_or(Error::NoStatus)?;
    let number = digits.iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0')).ok_or(Error::NoStatus)
    })?;
    match number {
        _ if !matches!(rest.first(), None | Some(b' ')) => Err(Error::NoStatus),
        100..=199 => Err(Error::Interim),
        200..=599 if rest.iter().any(u8::is_ascii_control) => Err(Error::ControlInReason),
        200..=599 => Ok(number),
        _ => Err(Error::NoStatus),
    }
}

/// Whether answers of this status have no content (RFC 9110, 15.3.5, 15.4.5).
pub fn has_no_content(status: u16) -> bool {
    matches!(status, 204 | 304)
}

/// What a header is to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    ContentType,
    ContentLength(u64),
    Other,
}

/// Checks a header.
pub fn header(name: &[u8], value: &[u8]) -> Result<Header, Error> {
    // Nearly all headers pass, and without a branch for each byte these are fast.
    if name.is_empty() || !name.iter().fold(true, |all, byte| all & TOKEN[usize::from(*byte)]) {
        return Err(Error::Name);
    }
    let is_control = |byte: u8| ((byte < b' ') & (byte != b'\t')) | (byte == 0x7f);
    if value.iter().fold(false, |any, byte| any | is_control(*byte)) {
        return Err(Error::ControlInValue);
    }
    match name.len() {
        12 if name.eq_ignore_ascii_case(b"Content-Type") => Ok(Header::ContentType),
        14 if name.eq_ignore_ascii_case(b"Content-Length") => {
            content_length(value).map(Header::ContentLength)
        }
        _ if is_hop_by_hop(name) => Err(Error::HopByHop),
        _ => Ok(Header::Other),
    }
}

/// Beyond 63 bits httpd cannot count.
fn content_length(value: &[u8]) -> Result<u64, Error> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Error::ContentLength);
    }
    let number = value.iter().try_fold(0_u64, |number, digit| {
        number
            .checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))
            .filter(|number| *number <= i64::MAX as u64)
    });
    number.ok_or(Error::ContentLength)
}

fn is_hop_by_hop(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 9] = [
        b"TE",
        b"Trailer",
        b"Upgrade",
        b"Trailers",
        b"Connection",
        b"Keep-Alive",
        b"Transfer-Encoding",
        b"Proxy-Authenticate",
        b"Proxy-Authorization",
    ];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The bytes of a token.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let is_letter = (byte as u8).is_ascii_alphanumeric();
        table[byte] = is_letter || is_among(byte as u8, b"!#$%&'*+-.^_`|~");
        byte += 1;
    }
    table
};

const fn is_among(wanted: u8, bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == wanted {
            return true;
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_three_digits_and_a_reason() {
        assert_eq!(status(b"200 OK"), Ok(200));
        assert_eq!(status(b"404"), Ok(404));
        assert_eq!(status(b"599 "), Ok(599));
        assert_eq!(status(b"418 caf\xe9"), Ok(418));
        for line in [&b""[..], b"20", b"2000", b"200x", b"+20 x", b" 200", b"099 Low", b"600 High", b"OK"] {
            assert_eq!(status(line), Err(Error::NoStatus), "{line:?}");
        }
    }

    #[test]
    fn an_interim_status_is_no_answer() {
        assert_eq!(status(b"100 Continue"), Err(Error::Interim));
        assert_eq!(status(b"199"), Err(Error::Interim));
    }

    #[test]
    fn a_reason_has_no_control_characters() {
        for line in [&b"200 O\0K"[..], b"200 OK\r\nX: y", b"200 \x7f", b"200 \t"] {
            assert_eq!(status(line), Err(Error::ControlInReason), "{line:?}");
        }
    }

    #[test]
    fn names_are_tokens() {
        assert_eq!(header(b"X-My_Own.Header!", b""), Ok(Header::Other));
        for name in [&b""[..], b"X Y", b"X:", b"X\n", b"X\0", b"caf\xe9", b"(x)", b"\"x\""] {
            assert_eq!(header(name, b"v"), Err(Error::Name), "{name:?}");
        }
    }

    #[test]
    fn values_have_no_control_characters_but_tabs() {
        assert_eq!(header(b"X", b"a\tb \xe9"), Ok(Header::Other));
        for value in [&b"a\r\nb: c"[..], b"a\n", b"\0", b"\x1b", b"\x7f"] {
            assert_eq!(header(b"X", value), Err(Error::ControlInValue), "{value:?}");
        }
    }

    #[test]
    fn headers_of_the_connection_are_the_servers() {
        for name in [&b"connection"[..], b"Transfer-Encoding", b"te", b"UPGRADE", b"Trailer", b"keep-alive"] {
            assert_eq!(header(name, b"x"), Err(Error::HopByHop), "{name:?}");
        }
    }

    #[test]
    fn a_length_is_a_number_that_httpd_can_count() {
        assert_eq!(header(b"content-length", b"0"), Ok(Header::ContentLength(0)));
        let most = i64::MAX.to_string();
        assert_eq!(header(b"Content-Length", most.as_bytes()), Ok(Header::ContentLength(i64::MAX as u64)));
        for value in [&b""[..], b"-1", b"+1", b" 1", b"1, 1", b"0x1", b"9223372036854775808", b"1e3"] {
            assert_eq!(header(b"Content-Length", value), Err(Error::ContentLength), "{value:?}");
        }
    }

    #[test]
    fn types_are_known_however_they_are_written() {
        assert_eq!(header(b"cOnTent-type", b"text/plain"), Ok(Header::ContentType));
    }
}
