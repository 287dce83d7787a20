//! What stands between `<%@` and `%>`.

use super::code::is_blank;

/// The name in `include file="name"`, in quotes of either kind. Blanks and line ends may stand
/// around each part.
pub fn included(directive: &[u8]) -> Result<&[u8], String> {
    name(directive).ok_or_else(|| {
        let shown = String::from_utf8_lossy(directive.trim_ascii());
        format!("unknown directive '{shown}': only include file=\"name\" is known")
    })
}

fn name(directive: &[u8]) -> Option<&[u8]> {
    let rest = directive.trim_ascii().strip_prefix(b"include")?;
    let rest = rest.trim_ascii_start().strip_prefix(b"file").filter(|_| rest.starts_with_blank())?;
    let value = rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (&quote, rest) = value.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let name = rest.strip_suffix(&[quote])?;
    (!is_blank(name) && !name.contains(&quote)).then_some(name)
}

trait StartsWithBlank {
    fn starts_with_blank(&self) -> bool;
}

impl StartsWithBlank for [u8] {
    fn starts_with_blank(&self) -> bool {
        self.first().is_some_and(u8::is_ascii_whitespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_include_has_a_name_in_quotes() {
        let spellings: [&[u8]; 5] = [
            b" include file=\"a.psp\"",
            b"include file=\"a.psp\"",
            b" include  file = 'a.psp' ",
            b"\n include\tfile= \"a.psp\"\n",
            b" include file=\"a.psp\" ",
        ];
        for spelling in spellings {
            assert_eq!(included(spelling), Ok(&b"a.psp"[..]), "{}", String::from_utf8_lossy(spelling));
        }
        assert_eq!(included(b" include file=\"my page.psp\""), Ok(&b"my page.psp"[..]));
    }

    #[test]
    fn anything_else_is_no_directive() {
        let spellings: [&[u8]; 9] = [
            b"",
            b" page language=\"python\"",
            b" includefile=\"a\"",
            b" include file=a",
            b" include file=\"a",
            b" include file=\"\"",
            b" include file=\"a' ",
            b" include file=\"a\" \"b\"",
            b" include file=\"a\" once",
        ];
        for spelling in spellings {
            assert!(included(spelling).is_err(), "{}", String::from_utf8_lossy(spelling));
        }
    }
}
