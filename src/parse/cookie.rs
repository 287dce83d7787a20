//! The `Cookie` header, as mod_python has always read it:
//!
//! ```text
//! name=value; flag; name="a; quoted \" value"
//! ```
//!
//! Names that begin with `$` are attributes of RFC 2965 and left out. No other name is
//! special: `a=1; path=/` is two cookies. Quotes stay in the value. Every input has a
//! value, and the time is linear in its length: a quote that nothing ends has no other
//! quoted value behind it, so at most one search for an end is in vain.

use std::collections::HashSet;

/// A cookie's name and value, where they stand in the header.
pub type Pair<'a> = (&'a [u8], &'a [u8]);

/// The cookies in order, repeated names too.
pub fn pairs(header: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    Pairs { rest: header, commas_separate: false, at_comma: false }.filter(is_cookie).map(|found| found.pair)
}

/// The header with `; ` between all cookies, if httpd has joined several `Cookie` headers
/// with commas; None if there is no sign of that.
///
/// The sign is a comma, a blank, a token and `=`; in a value that comes from one header it
/// may stand as well. So that nobody replaces another cookie by what a script puts into a value,
/// what is separated by a comma alone yields to any cookie of the same name.
pub fn separated(header: &[u8]) -> Option<Vec<u8>> {
    let found: Vec<Found<'_>> = Pairs { rest: header, commas_separate: true, at_comma: false }.collect();
    if !found.iter().any(|one| one.after_comma) {
        return None;
    }
    let mut names: HashSet<&[u8]> =
        found.iter().filter(|one| !one.after_comma).map(|one| one.pair.0).collect();
    let mut separated = Vec::with_capacity(header.len() + found.len());
    for Found { pair: (name, value), after_comma } in found {
        if after_comma && !names.insert(name) {
            continue;
        }
        if !separated.is_empty() {
            separated.extend_from_slice(b"; ");
        }
        for part in [name, b"=", value] {
            separated.extend_from_slice(part);
        }
    }
    Some(separated)
}

struct Found<'a> {
    pair: Pair<'a>,
    after_comma: bool,
}

fn is_cookie(found: &Found<'_>) -> bool {
    !found.pair.0.starts_with(b"$")
}

struct Pairs<'a> {
    rest: &'a [u8],
    /// Whether a comma ends a value if the next cookie follows it.
    commas_separate: bool,
    /// Whether one has just done so.
    at_comma: bool,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Found<'a>;

    fn next(&mut self) -> Option<Found<'a>> {
        let after_comma = self.at_comma;
        self.skip(|byte| is_blank(byte) || matches!(byte, b',' | b';' | b'='));
        if self.rest.is_empty() {
            return None;
        }
        let name = self.take(|byte| !(is_blank(byte) || matches!(byte, b';' | b'=')));
        self.skip(is_blank);
        if let [b'=', after @ ..] = self.rest {
            self.rest = after;
        }
        self.skip(is_blank);
        let value = match quoted(self.rest) {
            Some(length) => {
                self.at_comma = false;
                self.advance(length)
            }
            None => {
                let value = self.advance(self.plain());
                self.at_comma = self.rest.first() == Some(&b',');
                value
            }
        };
        let after_blanks = &self.rest[length_of(self.rest, is_blank)..];
        if let [b';', after @ ..] = after_blanks {
            self.rest = after;
        }
        Some(Found { pair: (name, value), after_comma })
    }
}

impl<'a> Pairs<'a> {
    /// The length of a value without quotes.
    fn plain(&self) -> usize {
        let ends = |at: usize| match self.rest[at] {
            b';' => true,
            b',' => self.commas_separate && joined(&self.rest[at..]),
            _ => false,
        };
        (0..self.rest.len()).find(|&at| ends(at)).unwrap_or(self.rest.len())
    }

    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        self.advance(length_of(self.rest, wanted))
    }

    fn skip(&mut self, unwanted: impl Fn(u8) -> bool) {
        self.take(unwanted);
    }

    fn advance(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

/// The length of the quoted string that the text begins with, quotes included.
fn quoted(text: &[u8]) -> Option<usize> {
    let [b'"', inside @ ..] = text else { return None };
    let mut bytes = inside.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return Some(at + 2),
            _ => {}
        }
    }
    None
}

/// Whether the text begins as httpd joins one header to the next: `, name=`. Looks no
/// further than the next comma.
fn joined(text: &[u8]) -> bool {
    let Some(name) = text.strip_prefix(b", ") else { return false };
    let length = length_of(name, is_token);
    length > 0 && name.get(length) == Some(&b'=')
}

/// RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn length_of(text: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|&byte| !wanted(byte)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(header: &str) -> Vec<(&str, &str)> {
        let text = |bytes| std::str::from_utf8(bytes).expect("UTF-8");
        pairs(header.as_bytes()).map(|(name, value)| (text(name), text(value))).collect()
    }

    fn rejoined(header: &str) -> String {
        let separated = separated(header.as_bytes()).unwrap_or_else(|| header.as_bytes().to_vec());
        String::from_utf8(separated).expect("UTF-8")
    }

    #[test]
    fn semicolons_separate_and_stray_separators_are_skipped() {
        assert_eq!(parsed("v=1; w=2"), [("v", "1"), ("w", "2")]);
        assert_eq!(parsed(";;v=1"), [("v", "1")]);
        assert_eq!(parsed("v=1;;w=2;, x=3"), [("v", "1"), ("w", "2"), ("x", "3")]);
        assert_eq!(parsed("=x"), [("x", "")]);
        assert_eq!(parsed("\tv=1"), [("v", "1")]);
        assert_eq!(parsed(" ;, \t="), []);
    }

    #[test]
    fn attributes_of_rfc_2965_are_left_out_and_no_others() {
        assert_eq!(parsed("k=1; $Path=/; $Version=1"), [("k", "1")]);
        assert_eq!(parsed("path=/; domain=d"), [("path", "/"), ("domain", "d")]);
    }

    #[test]
    fn quotes_stay_and_keep_semicolons() {
        assert_eq!(parsed(r#"u="m;n"; v=2"#), [("u", r#""m;n""#), ("v", "2")]);
        assert_eq!(parsed(r#"q="m\"n""#), [("q", r#""m\"n""#)]);
        assert_eq!(parsed(r#"u="m"zz; v=1"#), [("u", r#""m""#), ("zz", ""), ("v", "1")]);
        assert_eq!(parsed(r#"u="m" ; v=1"#), [("u", r#""m""#), ("v", "1")]);
        assert_eq!(parsed(r#"u="m; v=1"#), [("u", r#""m"#), ("v", "1")]);
    }

    #[test]
    fn the_first_equals_sign_ends_the_name_and_blanks_around_it_do_not_count() {
        assert_eq!(parsed("v=1=2"), [("v", "1=2")]);
        assert_eq!(parsed("v = 1 ; w"), [("v", "1 "), ("w", "")]);
        assert_eq!(parsed("flag; v=2"), [("flag", ""), ("v", "2")]);
    }

    #[test]
    fn repeated_names_are_all_there() {
        assert_eq!(parsed("v=1; v=2"), [("v", "1"), ("v", "2")]);
    }

    #[test]
    fn a_comma_belongs_to_the_value() {
        assert_eq!(parsed("v=1, w=2"), [("v", "1, w=2")]);
    }

    #[test]
    fn joined_headers_are_separated() {
        assert_eq!(rejoined("v=1, w=2"), "v=1; w=2");
        assert_eq!(rejoined(r#"v=1, w="a;b, c=1"; x=3"#), r#"v=1; w="a;b, c=1"; x=3"#);
        assert_eq!(rejoined("v=1;, w=2"), "v=1;, w=2");
    }

    #[test]
    fn other_commas_stay() {
        for header in ["v=1,w=2", "v=1, 2", "d=Thu, 01-Jan-1970 00:00:00 GMT", "v=1, =", r#"v="1, w=2""#] {
            assert_eq!(rejoined(header), header);
        }
    }

    #[test]
    fn what_follows_a_comma_replaces_nothing() {
        assert_eq!(rejoined("lang=x, sid=evil; sid=good"), "lang=x; sid=good");
        assert_eq!(rejoined("sid=good; lang=x, sid=evil"), "sid=good; lang=x");
        assert_eq!(rejoined("v=1, w=2, w=3"), "v=1; w=2");
    }
}
