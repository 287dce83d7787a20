//! Which interpreter serves a request.

use std::borrow::Cow;

/// The process's first interpreter, in which every C extension works.
pub const MAIN: &[u8] = b"main_interpreter";

/// What the choice depends on.
#[derive(Debug, Default)]
pub struct Facts<'a> {
    /// PythonInterpreter.
    pub forced: Option<&'a [u8]>,
    pub per_directory: bool,
    pub per_directive: bool,
    pub filename: Option<&'a [u8]>,
    /// Whether `filename` is an existing directory.
    pub is_directory: bool,
    /// The directory of the first handler of the phase's list.
    pub handler_directory: Option<&'a [u8]>,
    /// ServerName of the virtual host.
    pub server_name: &'a [u8],
}

/// The interpreter's name: the first rule that applies.
pub fn choose<'a>(facts: &Facts<'a>) -> Cow<'a, [u8]> {
    if let Some(name) = facts.forced {
        return name.into();
    }
    if facts.per_directory {
        return facts.filename.map_or(MAIN.into(), |filename| directory(filename, facts.is_directory));
    }
    if facts.per_directive {
        return facts.handler_directory.filter(|text| !text.is_empty()).unwrap_or(MAIN).into();
    }
    facts.server_name.into()
}

/// The directory of a file with its trailing slash.
fn directory(filename: &[u8], is_directory: bool) -> Cow<'_, [u8]> {
    if is_directory {
        let end = filename.iter().rposition(|&byte| byte != b'/').map_or(0, |at| at + 1);
        return [&filename[..end], b"/"].concat().into();
    }
    let end = filename.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
    filename[..end].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: Facts<'_> = Facts {
        forced: None,
        per_directory: false,
        per_directive: false,
        filename: Some(b"/w/sub/page.py"),
        is_directory: false,
        handler_directory: Some(b"/w/"),
        server_name: b"www.example.org",
    };

    fn chosen(facts: Facts<'_>) -> String {
        String::from_utf8_lossy(&choose(&facts)).into_owned()
    }

    #[test]
    fn the_server_name_by_default() {
        assert_eq!(chosen(DEFAULT), "www.example.org");
    }

    #[test]
    fn a_forced_name_outranks_everything() {
        assert_eq!(chosen(Facts { forced: Some(b"x"), per_directory: true, ..DEFAULT }), "x");
    }

    #[test]
    fn the_directory_of_the_file() {
        assert_eq!(chosen(Facts { per_directory: true, per_directive: true, ..DEFAULT }), "/w/sub/");
    }

    #[test]
    fn a_requested_directory_has_exactly_one_slash() {
        for name in ["/w/sub", "/w/sub/", "/w/sub//"] {
            let facts =
                Facts { per_directory: true, filename: Some(name.as_bytes()), is_directory: true, ..DEFAULT };
            assert_eq!(chosen(facts), "/w/sub/");
        }
    }

    #[test]
    fn without_a_file_per_directory_means_main() {
        assert_eq!(chosen(Facts { per_directory: true, filename: None, ..DEFAULT }), "main_interpreter");
    }

    #[test]
    fn the_directory_of_the_directive() {
        assert_eq!(chosen(Facts { per_directive: true, ..DEFAULT }), "/w/");
        let at_server_level = Facts { per_directive: true, handler_directory: None, ..DEFAULT };
        assert_eq!(chosen(at_server_level), "main_interpreter");
    }
}
