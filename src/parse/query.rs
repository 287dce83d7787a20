//! Query strings and form bodies, `application/x-www-form-urlencoded`:
//!
//! ```text
//! name=value&name=value;name        + is a blank, %XX a byte
//! ```
//!
//! Every input has a value: what is no escape stays as it is. The time is linear in the
//! input's length.

use std::collections::HashMap;

/// A decoded name and value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// The fields in order. A field without `=` has the blank value; fields with the blank
/// value are left out unless `keep_blank`.
pub fn pairs(query: &[u8], keep_blank: bool) -> Vec<Pair> {
    let pieces = query.split(|byte| matches!(byte, b'&' | b';')).filter(|piece| !piece.is_empty());
    pieces.map(pair).filter(|(_, value)| keep_blank || !value.is_empty()).collect()
}

/// The values of each name, names in order of first appearance.
pub fn grouped(pairs: Vec<Pair>) -> Vec<(Vec<u8>, Vec<Vec<u8>>)> {
    let mut groups: Vec<(Vec<u8>, Vec<Vec<u8>>)> = Vec::new();
    // Clients choose the names; std's hash keeps them from choosing collisions.
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    for (name, value) in pairs {
        match places.get(&name) {
            Some(&place) => groups[place].1.push(value),
            None => {
                places.insert(name.clone(), groups.len());
                groups.push((name, vec![value]));
            }
        }
    }
    groups
}

fn pair(piece: &[u8]) -> Pair {
    match piece.iter().position(|&byte| byte == b'=') {
        Some(at) => (decoded(&piece[..at]), decoded(&piece[at + 1..])),
        None => (decoded(piece), Vec::new()),
    }
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let (byte, next) = match (first, after) {
            (b'+', _) => (b' ', after),
            (b'%', [high, low, next @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, next),
                _ => (b'%', after),
            },
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = next;
    }
    bytes
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str, keep_blank: bool) -> Vec<(String, String)> {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let pairs = pairs(query.as_bytes(), keep_blank);
        pairs.into_iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    fn is(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn both_separators_separate_and_empty_pieces_are_skipped() {
        assert_eq!(parsed("a=1&b=2;c=3", false), is(&[("a", "1"), ("b", "2"), ("c", "3")]));
        assert_eq!(parsed("&;a=1;;&", true), is(&[("a", "1")]));
        assert_eq!(parsed("", true), is(&[]));
    }

    #[test]
    fn blank_values_stay_only_on_request() {
        assert_eq!(parsed("a=&b=1&c", false), is(&[("b", "1")]));
        assert_eq!(parsed("a=&b=1&c", true), is(&[("a", ""), ("b", "1"), ("c", "")]));
    }

    #[test]
    fn a_name_may_be_empty() {
        assert_eq!(parsed("=x", false), is(&[("", "x")]));
    }

    #[test]
    fn the_first_equals_sign_splits_before_anything_is_decoded() {
        assert_eq!(parsed("a=b=c", false), is(&[("a", "b=c")]));
        assert_eq!(parsed("a%3Db=c%26d", false), is(&[("a=b", "c&d")]));
    }

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(parsed("a=1+2%20x%zz", false), is(&[("a", "1 2 x%zz")]));
        assert_eq!(parsed("a=%&b=%4&c=%4g%41", false), is(&[("a", "%"), ("b", "%4"), ("c", "%4gA")]));
    }

    #[test]
    fn an_escape_may_make_any_byte() {
        assert_eq!(pairs(b"a=%c3%A9%00%ff", false), [(b"a".to_vec(), b"\xc3\xa9\x00\xff".to_vec())]);
        assert_eq!(parsed("%2b=%25", false), is(&[("+", "%")]));
    }

    #[test]
    fn groups_keep_the_order_of_names_and_values() {
        let groups = grouped(pairs(b"b=1&a=2&b=3", false));
        let names: Vec<&[u8]> = groups.iter().map(|(name, _)| name.as_slice()).collect();
        assert_eq!(names, [b"b", b"a"]);
        assert_eq!(groups[0].1, [b"1", b"3"]);
    }
}
