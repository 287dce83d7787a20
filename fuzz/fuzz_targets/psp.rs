//! Pages: each input is a page or is refused; programs are linear in their sources, and have all
//! of their text, in order.
//!
//! The input is a page, then, each after a byte 0xFF, what its includes contain, in turn.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/parse/mod.rs"]
mod parse;

use libfuzzer_sys::fuzz_target;
use parse::psp::{Program, Step, Translator};

// What a tag may become, for each of its bytes: most by far where it is a comment in a block.
const GROWTH: usize = 64;
const MOST_INCLUDES: usize = 8;

fuzz_target!(|input: &[u8]| {
    let mut sources = input.split(|&byte| byte == 0xFF);
    let page = sources.next().unwrap_or_default();
    let mut read = page.len();
    let mut translator = Translator::new(page.to_vec());
    let mut includes = Vec::new();
    loop {
        match translator.step() {
            Ok(Step::Include(include)) => {
                assert!(include.place.file <= includes.len());
                assert!(!include.name.is_empty());
                let content = sources.next().filter(|_| includes.len() < MOST_INCLUDES).unwrap_or_default();
                read += content.len();
                includes.push(content);
                translator.include(content.to_vec());
            }
            Ok(Step::Done(program)) => {
                assert!(program.text.len() <= GROWTH * read, "{} of {read}", program.text.len());
                assert!(includes.len() <= input.len());
                check_runs(&program, includes.len());
                if includes.is_empty() {
                    check_text(page, &program.text);
                }
                break;
            }
            Err(problem) => {
                let source = if problem.place.file == 0 { page } else { includes[problem.place.file - 1] };
                assert!((1..=line_ends(source) + 1).contains(&problem.place.line));
                break;
            }
        }
    }
});

/// Runs follow one another, and none begins beyond the program.
fn check_runs(program: &Program, includes: usize) {
    assert!(program.runs.windows(2).all(|pair| pair[0].program_line < pair[1].program_line));
    assert!(program.runs.iter().all(|run| run.program_line <= line_ends(&program.text) + 1));
    assert!(program.runs.iter().all(|run| run.place.file <= includes && run.place.line > 0));
}

/// All of the page's text stands in the program, in order, as Python reads it.
fn check_text(page: &[u8], program: &[u8]) {
    let mut rest = program;
    for text in texts(page) {
        let written = escaped(&text);
        let at = rest.windows(written.len().max(1)).position(|window| window == written);
        let at = if written.is_empty() { Some(0) } else { at };
        let at = at.unwrap_or_else(|| panic!("{:?} is missing", String::from_utf8_lossy(&text)));
        rest = &rest[at + written.len()..];
    }
}

/// The lines of what is outside of tags, found by another way than the parser's.
fn texts(page: &[u8]) -> Vec<Vec<u8>> {
    let (mut texts, mut text, mut rest) = (Vec::new(), Vec::new(), page);
    while let Some((&byte, after)) = rest.split_first() {
        if rest.starts_with(b"<%") {
            texts.push(std::mem::take(&mut text));
            let is_comment = rest.starts_with(b"<%--");
            let (skipped, end): (usize, &[u8]) = if is_comment { (4, b"--%>") } else { (2, b"%>") };
            rest = &rest[skipped..];
            while !rest.starts_with(end) {
                rest = &rest[1..];
            }
            rest = &rest[end.len()..];
        } else if matches!(byte, b'\r' | b'\n') {
            texts.push(std::mem::take(&mut text));
            rest = after;
        } else {
            text.push(byte);
            rest = after;
        }
    }
    texts.push(text);
    texts
}

fn escaped(text: &[u8]) -> Vec<u8> {
    let escape = |&byte: &u8| match byte {
        b'"' => b"\\\"".to_vec(),
        b'\\' => b"\\\\".to_vec(),
        0 => b"\\x00".to_vec(),
        other => vec![other],
    };
    text.iter().flat_map(escape).collect()
}

fn line_ends(text: &[u8]) -> usize {
    let crlf = text.windows(2).filter(|pair| pair == b"\r\n").count();
    text.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count() - crlf
}
