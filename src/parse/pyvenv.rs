//! `pyvenv.cfg`, the file that makes a folder a virtual environment: which Python
//! it was made for.

/// The `major.minor` of a `version` or `version_info` line, if one can be read.
pub fn version(text: &str) -> Option<(u32, u32)> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        matches!(key.trim(), "version" | "version_info").then_some(())?;
        let mut numbers = value.trim().split('.').map(|part| part.parse().ok());
        Some((numbers.next()??, numbers.next()??))
    })
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn venv_writes_version() {
        assert_eq!(version("home = /usr/bin\nversion = 3.11.2\n"), Some((3, 11)));
    }

    #[test]
    fn virtualenv_writes_version_info() {
        assert_eq!(version("version_info = 3.12.1.final.0"), Some((3, 12)));
    }

    #[test]
    fn a_file_without_a_version_has_none() {
        assert_eq!(version("home = /usr/bin\nversion = x.y\nversions = 3.1"), None);
        assert_eq!(version(""), None);
    }
}
