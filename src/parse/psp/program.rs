//! Writes a program, and keeps account of its lines.

use super::{Place, Program, Run, lines};

#[derive(Default)]
pub struct Writer {
    text: Vec<u8>,
    runs: Vec<Run>,
    line: usize,
}

impl Writer {
    /// With a text that is open, and on line 1 of the page.
    pub fn begun() -> Self {
        let run = Run { program_line: 1, place: Place { file: 0, line: 1 } };
        let mut writer = Writer { text: Vec::new(), runs: vec![run], line: 1 };
        writer.open_text();
        writer
    }

    pub fn open_text(&mut self) {
        self.put(b"req.write(\"\"\"");
    }

    pub fn close_text(&mut self) {
        self.put(b"\"\"\",0)");
    }

    /// Within an open text: bytes that Python will write as they are.
    pub fn text(&mut self, text: &[u8]) {
        for (number, line) in lines(text).enumerate() {
            if number > 0 {
                self.end_line();
            }
            for &byte in line {
                match byte {
                    b'"' | b'\\' => self.text.extend([b'\\', byte]),
                    0 => self.text.extend(b"\\x00"),
                    _ => self.text.push(byte),
                }
            }
        }
    }

    /// Within a line of code.
    pub fn put(&mut self, code: &[u8]) {
        self.text.extend(code);
    }

    /// Where the source ends a line, too.
    pub fn end_line(&mut self) {
        self.text.push(b'\n');
        self.line += 1;
    }

    /// Where the source does not.
    pub fn extra_line(&mut self) {
        let place = self.place();
        self.end_line();
        self.note(place);
    }

    /// Within an open text: lines of the source that are not written.
    pub fn drop_lines(&mut self, count: usize) {
        if count > 0 {
            self.between_texts(|writer| (0..count).for_each(|_| writer.end_line()));
        }
    }

    /// Within an open text: what follows comes from another place.
    pub fn go_to(&mut self, place: Place) {
        self.between_texts(Writer::end_line);
        self.note(place);
    }

    /// Python joins literals that stand side by side, and lines within parentheses.
    fn between_texts(&mut self, body: impl FnOnce(&mut Self)) {
        self.put(b"\"\"\"");
        body(self);
        self.put(b"\"\"\"");
    }

    fn place(&self) -> Place {
        let last = self.runs.last().copied();
        let last = last.unwrap_or(Run { program_line: 1, place: Place { file: 0, line: 1 } });
        Place { file: last.place.file, line: last.place.line + (self.line - last.program_line) }
    }

    fn note(&mut self, place: Place) {
        if self.place() != place {
            self.runs.push(Run { program_line: self.line, place });
        }
    }

    /// Ends the text that is open, and the program.
    pub fn finish(mut self) -> Program {
        if !self.text.is_empty() {
            self.close_text();
            self.put(b"\n");
        }
        Program { text: self.text, runs: self.runs }
    }
}
