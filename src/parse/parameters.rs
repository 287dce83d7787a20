//! Header values with parameters (RFC 9110, 5.6.6): `value; name=value; name="quoted"`.
//!
//! Any bytes are such a value: what is no parameter is passed over.

/// A header value, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What stands before the first semicolon, in lower case.
    pub value: Vec<u8>,
    /// In the order sent; names are in lower case, and may come again.
    pub parameters: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Takes a header value apart.
///
/// `name*=charset'language'value` (RFC 8187) becomes the parameter `name`, in UTF-8, and
/// whatever `name=` says is dropped; where it cannot be read, or hides control
/// characters, it stays a parameter `name*`.
pub fn header(line: &[u8]) -> Header {
    let (value, mut rest) = split(line, b';');
    let value = trimmed(value).to_ascii_lowercase();
    let mut parameters = Vec::new();
    let mut extended = Vec::new();
    while let Some(text) = rest {
        let Some(equals) = text.iter().position(|&byte| byte == b'=' || byte == b';') else { break };
        if text[equals] == b';' {
            rest = Some(&text[equals + 1..]);
            continue;
        }
        let name = trimmed(&text[..equals]).to_ascii_lowercase();
        let (value, after) = parameter_value(&text[equals + 1..]);
        rest = after;
        match name.strip_suffix(b"*").zip(decode_extended(&value)) {
            Some((plain, decoded)) => extended.push((plain.to_vec(), decoded)),
            None => parameters.push((name, value)),
        }
    }
    if !extended.is_empty() {
        parameters.retain(|(name, _)| !extended.iter().any(|(plain, _)| plain == name));
        parameters.append(&mut extended);
    }
    Header { value, parameters }
}

/// The value after `=`, and what follows its semicolon.
fn parameter_value(text: &[u8]) -> (Vec<u8>, Option<&[u8]>) {
    let start = text.len() - text.trim_ascii_start().len();
    if text.get(start) == Some(&b'"') {
        let (value, after) = quoted(&text[start + 1..]);
        return (value, split(after, b';').1);
    }
    let (value, after) = split(text, b';');
    (trimmed(value).to_vec(), after)
}

/// The content of a quoted string, and what follows it. Without the second quote it goes
/// on to the end.
///
/// A backslash escapes a quote and a backslash only: browsers used to send paths of
/// Windows as they are.
fn quoted(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match (byte, text.get(at + 1)) {
            (b'"', _) => return (value, &text[at + 1..]),
            (b'\\', Some(&escaped @ (b'"' | b'\\'))) => {
                value.push(escaped);
                at += 2;
            }
            _ => {
                value.push(byte);
                at += 1;
            }
        }
    }
    (value, &[])
}

/// `charset'language'percent-encoded` as UTF-8; None if it is no such thing.
fn decode_extended(value: &[u8]) -> Option<Vec<u8>> {
    let mut parts = value.splitn(3, |&byte| byte == b'\'');
    let (charset, _language, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = percent_decoded(encoded)?;
    let text = if charset.eq_ignore_ascii_case(b"utf-8") {
        String::from_utf8(bytes).ok()?
    } else if charset.eq_ignore_ascii_case(b"iso-8859-1") {
        bytes.iter().map(|&byte| char::from(byte)).collect()
    } else {
        return None;
    };
    (!text.chars().any(char::is_control)).then(|| text.into_bytes())
}

fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            decoded.push(*byte);
            continue;
        }
        let [high, low, after @ ..] = after else { return None };
        decoded.push((digit(high)? * 16 + digit(low)?) as u8);
        rest = after;
    }
    Some(decoded)
}

/// What is before the first `separator`, and what is behind it.
fn split(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&byte| byte == separator) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn trimmed(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `value|name=value|...`
    fn parsed(line: &str) -> String {
        let header = header(line.as_bytes());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let parts = header.parameters.iter().map(|(name, value)| format!("|{}={}", text(name), text(value)));
        text(&header.value) + &parts.collect::<String>()
    }

    #[test]
    fn value_and_names_are_in_lower_case_and_trimmed() {
        assert_eq!(parsed(" Text/HTML ; Charset = UTF-8 ;x=y"), "text/html|charset=UTF-8|x=y");
        assert_eq!(parsed(""), "");
        assert_eq!(parsed("a;;;b=1;"), "a|b=1");
    }

    #[test]
    fn what_has_no_equals_sign_is_no_parameter() {
        assert_eq!(parsed("a; flag; b=1; flag"), "a|b=1");
        assert_eq!(parsed("a; flag"), "a");
    }

    #[test]
    fn quoted_strings_may_hold_separators() {
        assert_eq!(parsed("form-data; name=\"p;q\"; filename=\"a=b\""), "form-data|name=p;q|filename=a=b");
        assert_eq!(parsed("a; b=\"1\" junk; c=2"), "a|b=1|c=2");
    }

    #[test]
    fn a_backslash_escapes_quotes_and_backslashes_only() {
        assert_eq!(parsed(r#"a; b="x\"y\\z""#), r#"a|b=x"y\z"#);
        assert_eq!(parsed(r#"a; filename="c:\dir\n.txt""#), r"a|filename=c:\dir\n.txt");
        assert_eq!(parsed(r"a; filename=c:\dir\n.txt"), r"a|filename=c:\dir\n.txt");
    }

    #[test]
    fn a_quoted_string_without_end_goes_on_to_the_end() {
        assert_eq!(parsed("a; b=\"1; c=2"), "a|b=1; c=2");
        assert_eq!(parsed("a; b=\"1\\"), "a|b=1\\");
        assert_eq!(parsed("a; b=\""), "a|b=");
    }

    #[test]
    fn a_folded_line_has_white_space_like_any_other() {
        assert_eq!(parsed("form-data;\r\n name=\"x\"\r\n"), "form-data|name=x");
    }

    #[test]
    fn extended_parameters_are_decoded_and_win() {
        assert_eq!(parsed("a; filename*=UTF-8''%e2%82%ac.txt; filename=euro"), "a|filename=€.txt");
        assert_eq!(parsed("a; filename=pound; filename*=iso-8859-1'en'%A3.txt"), "a|filename=£.txt");
    }

    #[test]
    fn extended_parameters_that_cannot_be_read_stay_as_they_are() {
        for value in ["UTF-8''%ff", "UTF-8''%0d%0a", "UTF-8''%zz", "UTF-8''%4", "utf-16''x", "x", "UTF-8'x"] {
            let line = format!("a; filename*={value}; filename=b");
            assert_eq!(parsed(&line), format!("a|filename*={value}|filename=b"));
        }
    }

    #[test]
    fn a_name_may_come_again() {
        assert_eq!(parsed("a; b=1; b=2"), "a|b=1|b=2");
    }
}
