//! What the child that answers knows of itself: lines for programs, and a part of mod_status's page.

use super::escape;
use super::process::{InterpreterStatus, ProcessStatus, Stage};
use crate::settings::clock::Microseconds;
use std::fmt::Write;

/// The child that answers.
pub struct Child {
    pub module_version: &'static str,
    pub python_version: &'static str,
    pub process: u32,
    /// How often httpd has read its configuration again.
    pub generation: i64,
    pub now: Microseconds,
    /// None if Python is not running.
    pub python: Option<ProcessStatus>,
}

/// What is said of an interpreter: its key for programs, and the heading of its column.
const COLUMNS: [(&str, &str); 9] = [
    ("Name", "Interpreter"),
    ("Member", "Member"),
    ("Kind", "Kind"),
    ("Stage", "Stage"),
    ("Requests", "Requests"),
    ("Leases", "Leases"),
    ("Threads", "Threads"),
    ("Age", "Age (s)"),
    ("Idle", "Idle (s)"),
];

fn cells(interpreter: &InterpreterStatus, now: Microseconds) -> [String; 9] {
    let stage = match interpreter.stage {
        Stage::Serving => "serving",
        Stage::BeingReplaced => "being-replaced",
        Stage::Retired => "retired",
        Stage::Ended => "ended",
    };
    [
        escape::one_line(&String::from_utf8_lossy(&interpreter.name)),
        interpreter.index.to_string(),
        interpreter.kind.name().to_owned(),
        stage.to_owned(),
        interpreter.requests.to_string(),
        interpreter.leases.to_string(),
        interpreter.threads.to_string(),
        seconds(interpreter.made, now).to_string(),
        seconds(interpreter.last_use, now).to_string(),
    ]
}

/// What is said of the process, likewise.
fn facts(child: &Child) -> Vec<(&'static str, &'static str, String)> {
    let mut facts = vec![
        ("ModPythonVersion", "mod_python", child.module_version.to_owned()),
        ("PythonVersion", "Python", child.python_version.to_owned()),
        ("PythonRunning", "Python is running", i32::from(child.python.is_some()).to_string()),
        ("PythonProcess", "Process", child.process.to_string()),
        ("PythonGeneration", "Generation of the configuration", child.generation.to_string()),
    ];
    if let Some(python) = &child.python {
        facts.extend([
            (
                "PythonUptime",
                "Seconds since Python was started",
                seconds(python.started, child.now).to_string(),
            ),
            ("PythonRequests", "Requests since then", python.requests.to_string()),
            ("PythonInterpreters", "Interpreters", python.interpreters.len().to_string()),
            ("PythonMaxInterpreters", "At most (PythonMaxInterpreters)", python.max_interpreters.to_string()),
            ("PythonInterpretersMade", "Interpreters made", python.interpreters_made.to_string()),
            ("PythonInterpretersEnded", "Interpreters ended", python.interpreters_ended.to_string()),
        ]);
    }
    facts
}

fn interpreters(child: &Child) -> impl Iterator<Item = [String; 9]> + '_ {
    let all = child.python.iter().flat_map(|python| &python.interpreters);
    all.map(|interpreter| cells(interpreter, child.now))
}

/// `Key: value`, a line each.
pub fn lines(child: &Child) -> String {
    let mut text = String::new();
    for (key, _, value) in facts(child) {
        let _ = writeln!(text, "{key}: {value}");
    }
    for (number, cells) in interpreters(child).enumerate() {
        for ((key, _), cell) in COLUMNS.iter().zip(cells) {
            let _ = writeln!(text, "PythonInterpreter{number}{key}: {cell}");
        }
    }
    text
}

/// A part of mod_status's page.
pub fn section(child: &Child) -> String {
    let mut text = "<h2>Python in the process that answers</h2>\n<dl>\n".to_owned();
    for (_, name, value) in facts(child) {
        let _ = writeln!(text, "<dt>{name}: {}</dt>", escape::html(&value));
    }
    text.push_str("</dl>\n<table border=\"0\">\n<tr>");
    for (_, heading) in COLUMNS {
        let _ = write!(text, "<th>{heading}</th>");
    }
    text.push_str("</tr>\n");
    for cells in interpreters(child) {
        text.push_str("<tr>");
        for cell in cells {
            let _ = write!(text, "<td>{}</td>", escape::html(&cell));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</table>\n");
    text
}

/// Whole seconds; a clock that was set back gives none.
fn seconds(since: Microseconds, now: Microseconds) -> i64 {
    now.saturating_sub(since).max(0) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::process::Kind;

    const SECOND: Microseconds = 1_000_000;

    fn child(name: &[u8]) -> Child {
        let interpreter = InterpreterStatus {
            name: name.into(),
            index: 1,
            kind: Kind::OwnGil,
            stage: Stage::Retired,
            requests: 7,
            leases: 2,
            threads: 3,
            made: 100 * SECOND,
            last_use: 160 * SECOND,
        };
        Child {
            module_version: "4",
            python_version: "3.13.0",
            process: 42,
            generation: 0,
            now: 190 * SECOND,
            python: Some(ProcessStatus {
                started: 90 * SECOND,
                max_interpreters: 256,
                interpreters_made: 5,
                interpreters_ended: 4,
                requests: 70,
                interpreters: vec![interpreter],
            }),
        }
    }

    #[test]
    fn each_fact_is_a_line() {
        let text = lines(&child(b"shop"));
        for line in [
            "PythonUptime: 100\n",
            "PythonRequests: 70\n",
            "PythonInterpreter0Name: shop\n",
            "PythonInterpreter0Member: 1\n",
            "PythonInterpreter0Kind: own-gil\n",
            "PythonInterpreter0Stage: retired\n",
            "PythonInterpreter0Age: 90\n",
            "PythonInterpreter0Idle: 30\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn a_name_is_text_in_html() {
        let part = section(&child(b"<i>&\"'"));
        assert!(part.contains("<td>&lt;i&gt;&amp;&quot;&#39;</td>"));
    }

    #[test]
    fn a_name_is_one_line() {
        let text = lines(&child(b"/a\r\nPythonRunning: 0\x00\xff"));
        assert!(text.contains("Name: /a\\r\\nPythonRunning: 0\\u{0}\u{fffd}\n"), "{text}");
    }

    #[test]
    fn a_process_without_python_says_so() {
        let without = Child { python: None, ..child(b"x") };
        assert!(lines(&without).contains("PythonRunning: 0\n"));
        assert!(!lines(&without).contains("PythonInterpreter"));
        assert!(section(&without).contains("Python is running: 0"));
    }
}
