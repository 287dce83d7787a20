//! Where the text after a code tag goes: which indentation it gets, and whether it may share
//! the code's line.

/// How long an indentation may be that is written again: that of a block's text, each time that
/// code on one line ends with a comment.
const LONGEST_REPEATED: usize = 256;

/// The code between `<%` and `%>`, line by line.
pub struct Block {
    scanner: Scanner,
    lines: usize,
    last_line: Line,
    /// What the next text would be indented by: as the line that was seen last.
    indentation: Vec<u8>,
    /// The indentation of the line that holds the last significant character.
    significant: Vec<u8>,
    /// Of the line that the code begins on.
    outer: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Empty,
    Blank,
    Code,
}

/// How a block goes over to text.
pub struct End {
    /// Whether the text has to begin on a line of its own, and the page has none there.
    pub needs_line: bool,
    pub before_text: Vec<u8>,
    /// Of the line that the text is on.
    pub indentation: Vec<u8>,
}

impl Block {
    pub fn new(outer: &[u8]) -> Self {
        Block {
            scanner: Scanner::default(),
            lines: 0,
            last_line: Line::Empty,
            indentation: Vec::new(),
            significant: outer.to_vec(),
            outer: outer.to_vec(),
        }
    }

    pub fn line(&mut self, line: &[u8]) {
        if self.last_line == Line::Empty && self.lines > 1 {
            // An empty line ends all blocks, unless it is what stands before `%>`.
            self.indentation.clear();
        }
        self.lines += 1;
        self.last_line = match line {
            [] => Line::Empty,
            line if is_blank(line) => Line::Blank,
            _ => Line::Code,
        };
        let indentation = leading_blanks(line);
        if self.lines > 1 && !line.is_empty() {
            self.indentation = indentation.to_vec();
        }
        if self.scanner.line(line) && self.lines > 1 {
            self.significant = indentation.to_vec();
        }
    }

    pub fn end(self) -> Result<End, String> {
        if self.lines == 1 { self.end_of_line() } else { Ok(self.end_of_lines()) }
    }

    /// Code and text share a line, and so a block.
    fn end_of_line(self) -> Result<End, String> {
        if self.scanner.is_in_comment() && self.outer.len() > LONGEST_REPEATED {
            return Err(format!("a comment after an indentation of more than {LONGEST_REPEATED} characters"));
        }
        let (needs_line, before_text) = if self.scanner.is_in_comment() {
            (true, self.outer.clone())
        } else if self.scanner.last == Some(b';') {
            (false, b" ".to_vec())
        } else {
            (false, b"; ".to_vec())
        };
        Ok(End { needs_line, before_text, indentation: self.outer })
    }

    fn end_of_lines(self) -> End {
        let mut indentation = self.indentation;
        let is_deeper =
            indentation.len() > self.significant.len() && indentation.starts_with(&self.significant);
        let opens_block = self.scanner.last == Some(b':') && !is_deeper;
        let mut before_text = Vec::new();
        if self.last_line != Line::Blank {
            // The blanks before a lone `%>` are in the program already.
            before_text.extend(&indentation);
        }
        if opens_block {
            before_text.push(b'\t');
            indentation.push(b'\t');
        }
        End { needs_line: self.last_line == Line::Code, before_text, indentation }
    }
}

pub fn is_blank(text: &[u8]) -> bool {
    text.trim_ascii().is_empty()
}

fn leading_blanks(line: &[u8]) -> &[u8] {
    let length = line.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
    &line[..length.unwrap_or(line.len())]
}

/// Tells comments from strings, as far as that takes no parser.
#[derive(Default)]
pub struct Scanner {
    state: State,
    /// The last character that is neither a blank nor in a comment.
    last: Option<u8>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Code,
    Comment,
    String {
        quote: u8,
        triple: bool,
    },
}

impl Scanner {
    /// Goes on with the next line; whether it has a significant character.
    pub fn line(&mut self, line: &[u8]) -> bool {
        if self.state == State::Comment {
            self.state = State::Code;
        }
        let before = self.last.take();
        let mut rest = line;
        let mut goes_on = false;
        while let [first, after @ ..] = rest {
            rest = after;
            if !matches!(first, b' ' | b'\t' | 0x0c) && !self.begins_comment(*first) {
                self.last = Some(*first);
            }
            match self.state {
                State::Comment => break,
                State::Code => rest = self.code(*first, rest),
                State::String { .. } if *first == b'\\' => {
                    goes_on = rest.is_empty();
                    rest = rest.get(1..).unwrap_or_default();
                }
                State::String { quote, triple } if *first == quote => rest = self.quote(quote, triple, rest),
                State::String { .. } => {}
            }
        }
        if matches!(self.state, State::String { triple: false, .. }) && !goes_on {
            // A string that is not closed; CPython will say so.
            self.state = State::Code;
        }
        let found = self.last.is_some();
        self.last = self.last.or(before);
        found
    }

    pub fn is_in_comment(&self) -> bool {
        self.state == State::Comment
    }

    fn begins_comment(&self, byte: u8) -> bool {
        self.state == State::Code && byte == b'#'
    }

    fn code<'a>(&mut self, byte: u8, rest: &'a [u8]) -> &'a [u8] {
        match byte {
            b'#' => {
                self.state = State::Comment;
                &[]
            }
            b'"' | b'\'' => match rest {
                [second, third, rest @ ..] if *second == byte && *third == byte => {
                    self.state = State::String { quote: byte, triple: true };
                    rest
                }
                // An empty string ends with its second quote.
                _ => {
                    self.state = State::String { quote: byte, triple: false };
                    rest
                }
            },
            _ => rest,
        }
    }

    fn quote<'a>(&mut self, quote: u8, triple: bool, rest: &'a [u8]) -> &'a [u8] {
        match rest {
            _ if !triple => {
                self.state = State::Code;
                rest
            }
            [second, third, rest @ ..] if *second == quote && *third == quote => {
                self.state = State::Code;
                rest
            }
            _ => rest,
        }
    }
}
