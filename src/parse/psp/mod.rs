//! PSP pages as Python programs:
//!
//! ```text
//! text                        req.write("""text""",0)
//! <%= expression %>           req.write(str(expression),0)
//! <% statements %>            as they are; indentation alone makes blocks
//! <%@ include file="name"%>   the file's content stands in its place
//! <%-- comment --%>           nothing
//! ```
//!
//! `%>` ends a tag wherever it stands. A newline of the page is one of the program, so that the
//! two have the same lines; where that is not so, [`Run`]s say which line is which. The program
//! is linear in the size of its sources, and so is the time.
//!
//! No file is read here: a page's include is handed out, and its content expected back.

mod code;
mod directive;
mod program;

use code::{Block, Scanner};
use program::Writer;

/// A page on its way to a program. The page is file 0, its includes are 1, 2, and so on.
pub struct Translator {
    /// The page, and within it the includes that are open.
    sources: Vec<Source>,
    writer: Writer,
    /// How many files there are so far.
    files: usize,
    /// How the line of the program that text goes to is indented.
    indentation: Vec<u8>,
}

/// What a translation has come to.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Include(Include),
    Done(Program),
}

/// `<%@ include file="name"%>`: [`Translator::include`] is to be called before the next step.
#[derive(Debug, PartialEq, Eq)]
pub struct Include {
    pub name: Vec<u8>,
    /// The file and line of the directive.
    pub place: Place,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Program {
    pub text: Vec<u8>,
    /// In order of the program's lines; the first is that of line 1.
    pub runs: Vec<Run>,
}

/// From this line of the program on, up to the next run, lines follow those of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub program_line: usize,
    pub place: Place,
}

/// A line of a file; lines count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub file: usize,
    pub line: usize,
}

/// Why a page is none.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    pub place: Place,
}

struct Source {
    text: Vec<u8>,
    at: usize,
    place: Place,
}

/// The tags, by what they begin with; the last is the beginning of the others.
const TAGS: [(&[u8], Tag); 4] =
    [(b"<%--", Tag::Comment), (b"<%@", Tag::Directive), (b"<%=", Tag::Expression), (b"<%", Tag::Code)];

#[derive(Debug, Clone, Copy)]
enum Tag {
    Comment,
    Directive,
    Expression,
    Code,
}

/// A tag, and where it begins.
struct Found<'a> {
    tag: Tag,
    content: &'a [u8],
    place: Place,
}

impl Translator {
    pub fn new(page: Vec<u8>) -> Self {
        let writer = if page.is_empty() { Writer::default() } else { Writer::begun() };
        let source = Source { text: page, at: 0, place: Place { file: 0, line: 1 } };
        Translator { sources: vec![source], writer, files: 1, indentation: Vec::new() }
    }

    /// The content of the file that the last step has asked for.
    pub fn include(&mut self, content: Vec<u8>) {
        let place = Place { file: self.files, line: 1 };
        self.files += 1;
        self.writer.go_to(place);
        self.sources.push(Source { text: content, at: 0, place });
    }

    pub fn step(&mut self) -> Result<Step, Problem> {
        while let Some(source) = self.sources.last_mut() {
            self.writer.text(source.text_before_tag());
            let Some(Found { tag, content, place }) = source.take_tag()? else {
                self.sources.pop();
                if let Some(includer) = self.sources.last() {
                    self.writer.go_to(includer.place);
                }
                continue;
            };
            match tag {
                Tag::Comment => self.writer.drop_lines(lines(content).count() - 1),
                Tag::Directive => {
                    let name = directive::included(content).map_err(|message| Problem { message, place })?;
                    // A directive may stand on several lines.
                    self.writer.drop_lines(lines(content).count() - 1);
                    return Ok(Step::Include(Include { name: name.to_vec(), place }));
                }
                Tag::Expression => {
                    no_nul(content, place)?;
                    expression(&mut self.writer, content);
                }
                Tag::Code => {
                    no_nul(content, place)?;
                    let ended = code(&mut self.writer, &self.indentation, content);
                    self.indentation = ended.map_err(|message| Problem { message, place })?;
                }
            }
        }
        Ok(Step::Done(std::mem::take(&mut self.writer).finish()))
    }
}

fn expression(writer: &mut Writer, expression: &[u8]) {
    let mut scanner = Scanner::default();
    writer.close_text();
    writer.put(b"; req.write(str(");
    for (number, line) in lines(expression).enumerate() {
        if number > 0 {
            writer.end_line();
        }
        writer.put(line);
        scanner.line(line);
    }
    if scanner.is_in_comment() {
        writer.extra_line();
    }
    writer.put(b"),0); ");
    writer.open_text();
}

/// The indentation of the text that follows.
fn code(writer: &mut Writer, outer: &[u8], code: &[u8]) -> Result<Vec<u8>, String> {
    let mut block = Block::new(outer);
    writer.close_text();
    for (number, line) in lines(code).enumerate() {
        if number > 0 {
            writer.end_line();
            writer.put(line);
        } else if !code::is_blank(line) {
            writer.put(b"; ");
            writer.put(line);
        }
        block.line(line);
    }
    let end = block.end()?;
    if end.needs_line {
        writer.extra_line();
    }
    writer.put(&end.before_text);
    writer.open_text();
    Ok(end.indentation)
}

impl Source {
    /// The text from here to the next tag, or to the end.
    fn text_before_tag(&mut self) -> &[u8] {
        let rest = &self.text[self.at..];
        let text = &rest[..find(rest, b"<%").unwrap_or(rest.len())];
        self.at += text.len();
        self.place.line += lines(text).count() - 1;
        text
    }

    /// The tag that begins here; None at the end.
    fn take_tag(&mut self) -> Result<Option<Found<'_>>, Problem> {
        let place = self.place;
        let rest = &self.text[self.at..];
        let Some(&(opening, tag)) = TAGS.iter().find(|(opening, _)| rest.starts_with(opening)) else {
            return Ok(None);
        };
        let closing: &[u8] = if matches!(tag, Tag::Comment) { b"--%>" } else { b"%>" };
        let Some(length) = find(&rest[opening.len()..], closing) else {
            let (opening, closing) = (String::from_utf8_lossy(opening), String::from_utf8_lossy(closing));
            return Err(Problem { message: format!("'{opening}' is not closed by '{closing}'"), place });
        };
        let content = &rest[opening.len()..opening.len() + length];
        self.at += opening.len() + length + closing.len();
        self.place.line += lines(content).count() - 1;
        Ok(Some(Found { tag, content, place }))
    }
}

/// CPython reads programs as C strings.
fn no_nul(code: &[u8], place: Place) -> Result<(), Problem> {
    let Some(at) = code.iter().position(|&byte| byte == 0) else { return Ok(()) };
    let line = place.line + lines(&code[..at]).count() - 1;
    Err(Problem { message: "code cannot contain a NUL byte".to_owned(), place: Place { line, ..place } })
}

/// The lines of text, at least one, without their ends: LF, CRLF or, as Python reads programs, CR.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        rest = end.map(|end| &text[end + if text[end..].starts_with(b"\r\n") { 2 } else { 1 }..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests;
