//! The overview as a page: one file, without scripts.

use super::chart;
use super::escape;
use super::overview::{Child, Handler, Interpreter, Occurrence, Overview};
use crate::settings::clock::Microseconds;
use std::fmt::Write;

const STYLE: &str = "body { font: 15px/1.5 system-ui, sans-serif; margin: 2em; color-scheme: light dark }
table { border-collapse: collapse; margin-bottom: 1.5em }
th, td { padding: 0.2em 0.8em; border-bottom: 1px solid #8884; text-align: left; vertical-align: middle }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
td.text { white-space: pre-wrap; overflow-wrap: anywhere; max-width: 40em }
dl { display: grid; grid-template-columns: max-content auto; gap: 0.2em 1.5em }
dt { font-weight: 600 }
dd { margin: 0 }
svg { display: block; color: #2b6cb0 }";

pub fn of(overview: &Overview) -> String {
    let server = escaped(&overview.server);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>Python Status of {server}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n\
         <h1>Python Status of {server}</h1>\n"
    );
    facts(&mut page, overview);
    page.push_str("<h2>Interpreters</h2>\n<p>Of all children, also of those that have ended.</p>\n");
    interpreters(&mut page, &overview.interpreters);
    page.push_str(
        "<h2>Handlers</h2>\n<p>How long their calls took, from 100 \u{b5}s to more than 10 s.</p>\n",
    );
    handlers(&mut page, &overview.handlers);
    children(&mut page, &overview.children);
    occurrences(&mut page, "Slow calls", &overview.slow_calls, overview.time);
    occurrences(&mut page, "Exceptions", &overview.exceptions, overview.time);
    page.push_str("</body>\n</html>\n");
    page
}

fn facts(page: &mut String, overview: &Overview) {
    let (python, total) = (&overview.python, &overview.total);
    page.push_str("<dl>\n");
    for (name, value) in [
        ("mod_python", overview.mod_python.clone()),
        ("Python", python.version.clone()),
        ("Prefix", python.prefix.clone()),
        ("sys.path", python.path.join("\n")),
        ("Generation of the configuration", overview.generation.to_string()),
        ("Children", total.children.to_string()),
        ("Answered by", overview.answered_by.to_string()),
        ("Interpreters", total.interpreters.to_string()),
        ("Requests", total.requests.to_string()),
        ("Errors", total.errors.to_string()),
        ("Busy threads", total.busy.to_string()),
        ("Memory of the children", bytes(total.resident_bytes)),
    ] {
        let value = value.lines().map(escaped).collect::<Vec<_>>().join("<br>");
        let _ = writeln!(page, "<dt>{name}</dt><dd>{value}</dd>");
    }
    page.push_str("</dl>\n");
}

/// A table, and nothing if it would be empty.
struct Table<'a> {
    page: &'a mut String,
}

/// What a cell holds.
enum Cell {
    Text(String),
    Number(String),
    /// That is HTML already.
    Picture(String),
}

impl<'a> Table<'a> {
    fn begin(page: &'a mut String, headings: &[&str]) -> Self {
        page.push_str("<table>\n<tr>");
        for heading in headings {
            let _ = write!(page, "<th>{heading}</th>");
        }
        page.push_str("</tr>\n");
        Table { page }
    }

    fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.page.push_str("<tr>");
        for cell in cells {
            let _ = match cell {
                Cell::Text(text) => write!(self.page, "<td class=\"text\">{}</td>", escaped(&text)),
                Cell::Number(text) => write!(self.page, "<td class=\"number\">{}</td>", escaped(&text)),
                Cell::Picture(picture) => write!(self.page, "<td>{picture}</td>"),
            };
        }
        self.page.push_str("</tr>\n");
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        self.page.push_str("</table>\n");
    }
}

fn interpreters(page: &mut String, rows: &[Interpreter]) {
    let most = rows.iter().map(|row| row.requests).max().unwrap_or(0);
    let mut table = Table::begin(
        page,
        &[
            "Interpreter",
            "Member",
            "Kind",
            "There are",
            "Made",
            "Age",
            "Idle",
            "Errors",
            "Busy",
            "Memory",
            "Wait for the lock",
            "Requests",
            "",
        ],
    );
    for row in rows {
        table.row([
            Cell::Text(row.name.clone()),
            number(row.member),
            Cell::Text(row.kind.name().to_owned()),
            number(row.living),
            number(row.made),
            seconds(row.age_seconds),
            seconds(row.idle_seconds),
            number(row.errors),
            number(row.busy),
            Cell::Number(row.memory_bytes.map(bytes).unwrap_or_default()),
            Cell::Number(mean(row.gil_wait_seconds, row.entries)),
            number(row.requests),
            Cell::Picture(chart::share(row.requests, most)),
        ]);
    }
}

fn handlers(page: &mut String, rows: &[Handler]) {
    let mut table = Table::begin(page, &["Phase", "Handler", "Calls", "Errors", "On average", "Times"]);
    for row in rows {
        table.row([
            Cell::Text(row.phase.clone()),
            Cell::Text(row.handler.clone()),
            number(row.calls),
            number(row.errors),
            Cell::Number(mean(row.seconds, row.calls)),
            Cell::Picture(chart::histogram(&row.steps)),
        ]);
    }
}

fn children(page: &mut String, rows: &[Child]) {
    page.push_str("<h2>Children</h2>\n");
    let most = rows.iter().map(|row| row.resident_bytes).max().unwrap_or(0);
    let headings =
        ["Process", "Generation", "Age", "Interpreters", "Requests", "Errors", "Busy", "Memory", ""];
    let mut table = Table::begin(page, &headings);
    for row in rows {
        table.row([
            number(row.process),
            number(row.generation),
            seconds(Some(row.age_seconds)),
            number(row.interpreters.iter().map(|row| row.living).sum::<u32>()),
            number(row.requests),
            number(row.errors),
            number(row.interpreters.iter().map(|row| row.busy).sum::<u32>()),
            Cell::Number(bytes(row.resident_bytes)),
            Cell::Picture(chart::share(row.resident_bytes, most)),
        ]);
    }
    drop(table);
    for row in rows {
        let _ = write!(page, "<details>\n<summary>Process {} alone</summary>\n", row.process);
        interpreters(page, &row.interpreters);
        handlers(page, &row.handlers);
        page.push_str("</details>\n");
    }
}

fn occurrences(page: &mut String, heading: &str, rows: &[Occurrence], now: Microseconds) {
    let _ = writeln!(page, "<h2>{heading}</h2>");
    if rows.is_empty() {
        page.push_str("<p>None.</p>\n");
        return;
    }
    let headings = ["Ago", "Process", "Interpreter", "Handler", "Request", "What"];
    let mut table = Table::begin(page, &headings);
    for row in rows {
        let took = row.seconds.map(chart::duration);
        table.row([
            seconds(Some(u64::try_from(now.saturating_sub(row.time)).unwrap_or(0) / 1_000_000)),
            number(row.process),
            Cell::Text(row.interpreter.clone()),
            Cell::Text(row.handler.clone()),
            Cell::Text(row.request.clone()),
            Cell::Text(row.exception.clone().or(took).unwrap_or_default()),
        ]);
    }
}

fn number(value: impl ToString) -> Cell {
    Cell::Number(value.to_string())
}

/// Such as `2 d 3 h`.
fn seconds(value: Option<u64>) -> Cell {
    let Some(value) = value else { return Cell::Number(String::new()) };
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = units.iter().position(|(length, _)| value >= *length).unwrap_or(units.len() - 1);
    let mut rest = value;
    let parts = units[first..].iter().take(2).map(|(length, name)| {
        let count = rest / length;
        rest %= length;
        format!("{count} {name}")
    });
    Cell::Number(parts.collect::<Vec<_>>().join(" "))
}

fn mean(seconds: f64, count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a mean for people")]
    let count = count as f64;
    if count > 0.0 { chart::duration(seconds / count) } else { String::new() }
}

fn bytes(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let mebibytes = count as f64 / f64::from(1 << 20);
    format!("{mebibytes:.1} MiB")
}

fn escaped(text: &str) -> String {
    escape::html(&escape::one_line(text))
}
