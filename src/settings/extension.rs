//! The extension of a file as handler lists with `| .ext` see it.

/// The dot and everything after the first dot of the last path component, with
/// runs of dots collapsed; empty when nothing follows the dots.
///
/// `a.tar.gz` gives `.tar.gz`, `.bashrc` gives `.bashrc`, `a..py` gives `.py`.
pub fn of(filename: &[u8]) -> Vec<u8> {
    let name = filename.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let mut extension = Vec::new();
    let Some(dot) = name.iter().position(|&byte| byte == b'.') else {
        return extension;
    };
    for &byte in &name[dot..] {
        if byte != b'.' || extension.last() != Some(&b'.') {
            extension.push(byte);
        }
    }
    if extension == b"." {
        extension.clear();
    }
    extension
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn everything_after_the_first_dot_counts() {
        assert_eq!(of(b"/w/a.tar.gz"), b".tar.gz");
        assert_eq!(of(b"/w.d/.bashrc"), b".bashrc");
    }

    #[test]
    fn runs_of_dots_collapse() {
        assert_eq!(of(b"a...b..py"), b".b.py");
    }

    #[test]
    fn a_name_without_extension_has_none() {
        assert_eq!(of(b"/w.d/name"), b"");
        assert_eq!(of(b"name."), b"");
        assert_eq!(of(b"name..."), b"");
        assert_eq!(of(b"/dir/"), b"");
    }
}
