//! PythonInterpreterOptions: how interpreters are made and how long they live.

use super::interpreter::MAIN;
use std::time::Duration;

/// What is set for one interpreter; None where nothing is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InterpreterOptions {
    pub gil: Option<Gil>,
    /// How many interpreters share the name.
    pub pool: Option<usize>,
    /// It is replaced after so many requests.
    pub max_requests: Option<u64>,
    /// It is ended when no request has used it for so long.
    pub idle_timeout: Option<Duration>,
    /// Directories that come first on `sys.path`.
    pub path: Option<Vec<Vec<u8>>>,
    /// `sys.setswitchinterval`, in seconds.
    pub switch_interval: Option<f64>,
    /// As for `python3 -W`, in order.
    pub warnings: Option<Vec<Vec<u8>>>,
    /// 0 to 2: what modules are compiled with.
    pub optimize: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gil {
    /// That of the main interpreter.
    Shared,
    /// Its own (PEP 684).
    Own,
}

/// One directive.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// None for `*`.
    pub name: Option<Vec<u8>>,
    pub options: InterpreterOptions,
    /// Its position among all such lines of the configuration.
    pub position: usize,
}

/// All of them, in configuration order.
#[derive(Debug, Clone, Default)]
pub struct Lines(Vec<Line>);

impl Lines {
    pub fn new(mut lines: Vec<Line>) -> Self {
        lines.sort_by_key(|line| line.position);
        Lines(lines)
    }

    /// What is in force for an interpreter: its own lines over those of `*`, later lines
    /// over earlier ones.
    pub fn of(&self, name: &[u8]) -> InterpreterOptions {
        let mut options = InterpreterOptions::default();
        let everybody = self.0.iter().filter(|line| line.name.is_none());
        let its_own = self.0.iter().filter(|line| line.name.as_deref() == Some(name));
        everybody.chain(its_own).for_each(|line| options.replace_by(&line.options));
        if name != MAIN && !options.wants_own_gil() {
            // It has none to set.
            options.switch_interval = None;
        }
        if name == MAIN {
            // What `*` says of interpreters that come and go.
            options = InterpreterOptions {
                gil: None,
                pool: None,
                max_requests: None,
                idle_timeout: None,
                ..options
            };
        }
        options
    }
}

impl InterpreterOptions {
    /// Whether several interpreters share the name.
    pub fn is_pool(&self) -> bool {
        self.pool.is_some_and(|members| members > 1)
    }
}

impl Lines {
    /// None if no interpreter is ended for being idle.
    pub fn shortest_idle_timeout(&self) -> Option<Duration> {
        let timeouts = self.0.iter().filter_map(|line| line.options.idle_timeout);
        timeouts.filter(|timeout| !timeout.is_zero()).min()
    }

    /// Whether any interpreter may have a lock of its own.
    pub fn want_own_gil(&self) -> bool {
        self.0.iter().any(|line| line.options.wants_own_gil())
    }
}

impl InterpreterOptions {
    fn replace_by(&mut self, later: &Self) {
        macro_rules! replace {
            ($($field:ident),*) => { $(if later.$field.is_some() { self.$field.clone_from(&later.$field); })* };
        }
        replace!(gil, pool, max_requests, idle_timeout, path, switch_interval, warnings, optimize);
    }

    /// Reads `key=value` words for the interpreter of that name; Err is for the operator.
    pub fn parse(name: Option<&[u8]>, words: &[&[u8]]) -> Result<Self, String> {
        let mut options = InterpreterOptions::default();
        for word in words {
            let at = word.iter().position(|&byte| byte == b'=');
            let (key, value) = match at {
                Some(at) => (&word[..at], &word[at + 1..]),
                None => return Err(format!("'{}' is not of the form key=value", shown(word))),
            };
            options
                .set(key, value)
                .map_err(|expected| format!("{}={}: {expected}", shown(key), shown(value)))?;
        }
        if words.is_empty() {
            return Err("needs a name and at least one key=value".to_owned());
        }
        match name {
            Some(MAIN) => options.check_main()?,
            Some(_) if options.switch_interval.is_some() && !options.wants_own_gil() => {
                return Err("switch-interval belongs to a lock, and this interpreter shares that of main_interpreter: \
                            set it there, or for *, or beside gil=own"
                    .to_owned());
            }
            _ => {}
        }
        Ok(options)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), String> {
        match key {
            b"gil" => {
                self.gil = Some(match value {
                    b"shared" => Gil::Shared,
                    b"own" => Gil::Own,
                    _ => return Err("expected shared or own".to_owned()),
                });
            }
            b"pool" => self.pool = Some(number(value, 1, 256)? as usize),
            b"max-requests" => self.max_requests = Some(number(value, 0, i64::MAX as u64)?),
            b"idle-timeout" => {
                self.idle_timeout = Some(Duration::from_secs(number(value, 0, u32::MAX.into())?))
            }
            b"path" => self.path = Some(list(value, b':')),
            b"switch-interval" => self.switch_interval = Some(seconds(value)?),
            b"warnings" => self.warnings = Some(list(value, b',')),
            b"optimize" => self.optimize = Some(number(value, 0, 2)? as i64),
            _ => {
                return Err(
                    "there is no such option; there are gil, pool, max-requests, idle-timeout, path, \
                     switch-interval, warnings and optimize"
                        .to_owned(),
                );
            }
        }
        Ok(())
    }

    fn check_main(&self) -> Result<(), String> {
        let refused = [
            (self.gil == Some(Gil::Own), "gil=own", "is the first, whose lock legacy interpreters share"),
            (self.pool.is_some_and(|pool| pool > 1), "pool", "is the first, and there is only one"),
            (self.max_requests.is_some_and(|max| max > 0), "max-requests", "lives as long as its child"),
            (
                self.idle_timeout.is_some_and(|time| !time.is_zero()),
                "idle-timeout",
                "lives as long as its child",
            ),
        ];
        match refused.iter().find(|(is_set, _, _)| *is_set) {
            Some((_, key, reason)) => Err(format!("{key} is not for main_interpreter: it {reason}")),
            None => Ok(()),
        }
    }

    /// Whether interpreters of their own lock are asked for.
    pub fn wants_own_gil(&self) -> bool {
        self.gil == Some(Gil::Own) || self.pool.is_some_and(|pool| pool > 1)
    }
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn number(value: &[u8], least: u64, most: u64) -> Result<u64, String> {
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
    match number {
        Some(number) if (least..=most).contains(&number) => Ok(number),
        _ if most > u64::from(u32::MAX) => Err(format!("expected a whole number from {least} on")),
        _ => Err(format!("expected a whole number from {least} to {most}")),
    }
}

fn seconds(value: &[u8]) -> Result<f64, String> {
    let seconds = std::str::from_utf8(value).ok().and_then(|text| text.parse::<f64>().ok());
    // CPython keeps it in microseconds, as an unsigned long.
    seconds
        .filter(|seconds| (1e-6..=1e6).contains(seconds))
        .ok_or_else(|| "expected seconds, from 0.000001 to 1000000".to_owned())
}

fn list(value: &[u8], separator: u8) -> Vec<Vec<u8>> {
    value.split(|&byte| byte == separator).filter(|part| !part.is_empty()).map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(name: Option<&str>, words: &[&str]) -> Result<InterpreterOptions, String> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        InterpreterOptions::parse(name.map(str::as_bytes), &words)
    }

    fn lines(lines: &[(Option<&str>, &[&str])]) -> Lines {
        let line = |(position, (name, words)): (usize, &(Option<&str>, &[&str]))| Line {
            name: name.map(|name| name.as_bytes().to_vec()),
            options: parsed(*name, words).unwrap(),
            position,
        };
        Lines::new(lines.iter().enumerate().map(line).collect())
    }

    #[test]
    fn every_option_has_its_key() {
        let words = [
            "gil=own",
            "pool=2",
            "max-requests=1000",
            "idle-timeout=60",
            "path=/a:/b",
            "switch-interval=0.001",
            "warnings=error,ignore::DeprecationWarning",
            "optimize=2",
        ];
        let options = parsed(Some("x"), &words).unwrap();
        assert_eq!(options.gil, Some(Gil::Own));
        assert_eq!(options.pool, Some(2));
        assert_eq!(options.max_requests, Some(1000));
        assert_eq!(options.idle_timeout, Some(Duration::from_secs(60)));
        assert_eq!(options.path, Some(vec![b"/a".to_vec(), b"/b".to_vec()]));
        assert_eq!(options.switch_interval, Some(0.001));
        assert_eq!(options.warnings.unwrap().len(), 2);
        assert_eq!(options.optimize, Some(2));
    }

    #[test]
    fn a_value_may_hold_the_separator_of_keys() {
        assert_eq!(parsed(None, &["path=/a=b"]).unwrap().path, Some(vec![b"/a=b".to_vec()]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (word, said) in [
            ("gil", "key=value"),
            ("gil=none", "shared or own"),
            ("pool=0", "from 1 to 256"),
            ("pool=-1", "from 1 to 256"),
            ("pool=257", "from 1 to 256"),
            ("max-requests=x", "whole number"),
            ("switch-interval=0", "seconds"),
            ("switch-interval=nan", "seconds"),
            ("optimize=3", "from 0 to 2"),
            ("gill=own", "no such option"),
        ] {
            let refusal = parsed(Some("x"), &[word]).unwrap_err();
            assert!(refusal.contains(said), "{word}: {refusal}");
        }
        assert!(parsed(Some("x"), &[]).is_err());
    }

    #[test]
    fn main_is_never_replaced_and_has_no_pool() {
        for word in ["gil=own", "pool=2", "max-requests=1", "idle-timeout=1"] {
            assert!(parsed(Some("main_interpreter"), &[word]).unwrap_err().contains("main_interpreter"));
        }
        assert!(parsed(Some("main_interpreter"), &["optimize=1", "gil=shared", "pool=1"]).is_ok());
    }

    #[test]
    fn a_switch_interval_belongs_to_a_lock() {
        assert!(parsed(Some("x"), &["switch-interval=0.1"]).unwrap_err().contains("lock"));
        assert!(parsed(Some("x"), &["switch-interval=0.1", "gil=own"]).is_ok());
        assert!(parsed(Some("main_interpreter"), &["switch-interval=0.1"]).is_ok());
        assert!(parsed(None, &["switch-interval=0.1"]).is_ok());
    }

    #[test]
    fn its_own_lines_count_more_than_those_for_all() {
        let lines =
            lines(&[(Some("x"), &["max-requests=1", "path=/x"]), (None, &["max-requests=2", "optimize=1"])]);
        let x = lines.of(b"x");
        assert_eq!((x.max_requests, x.optimize), (Some(1), Some(1)));
        assert_eq!(lines.of(b"y").max_requests, Some(2));
        assert_eq!(lines.of(b"y").path, None);
    }

    #[test]
    fn later_lines_count_more() {
        let lines = lines(&[(Some("x"), &["pool=2"]), (Some("x"), &["pool=3"]), (None, &["pool=4"])]);
        assert_eq!(lines.of(b"x").pool, Some(3));
    }

    #[test]
    fn what_is_said_for_all_of_coming_and_going_passes_main_by() {
        let lines = lines(&[(None, &["max-requests=2", "gil=own", "optimize=1"])]);
        let main = lines.of(MAIN);
        assert_eq!((main.max_requests, main.gil, main.optimize), (None, None, Some(1)));
    }
}
