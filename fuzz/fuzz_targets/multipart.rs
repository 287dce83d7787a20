//! Multipart bodies: however they are cut into pieces, the same comes out, and nothing else
//! than what was in them.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/parse/mod.rs"]
mod parse;

use libfuzzer_sys::fuzz_target;
use parse::multipart::{Error, Event, Field, Limits, Parser};

const BOUNDARIES: [&[u8]; 4] = [b"b", b"-", b"== ", b"boundary"];
const LIMITS: Limits = Limits { header_bytes: 100, header_lines: 4 };
const ROOM: Limits = Limits { header_bytes: 10_000, header_lines: 10 };

#[derive(Debug, Default, PartialEq, Eq)]
struct Body {
    parts: Vec<(Vec<Field>, Vec<u8>)>,
    refused: Option<Error>,
}

// Which boundary, the sizes of the pieces, and the body.
fuzz_target!(|input: &[u8]| {
    let [which, sizes, body @ ..] = input else { return };
    let boundary = BOUNDARIES[usize::from(which % 4)];
    let whole = read(boundary, LIMITS, &mut std::iter::once(body));

    let size = 1 + usize::from(sizes % 32);
    assert_eq!(whole, read(boundary, LIMITS, &mut body.chunks(size)));
    // The second piece ends anywhere.
    let at = usize::from(*sizes).min(body.len());
    assert_eq!(whole, read(boundary, LIMITS, &mut [&body[..at], &body[at..]].into_iter()));

    let size = |part: &(Vec<Field>, Vec<u8>)| part.0.iter().map(|it| it.0.len() + it.1.len()).sum::<usize>() + part.1.len();
    assert!(whole.parts.iter().map(size).sum::<usize>() <= body.len());

    // Written anew, it says the same.
    let written = write(boundary, &whole.parts);
    let again = read(boundary, ROOM, &mut std::iter::once(written.as_slice()));
    assert_eq!((again.parts, again.refused), (whole.parts, None));
});

fn read<'b>(boundary: &[u8], limits: Limits, pieces: &mut dyn Iterator<Item = &'b [u8]>) -> Body {
    let mut parser = Parser::new(boundary, limits).expect("a sound boundary");
    let mut body = Body::default();
    let (mut open, mut ended) = (false, false);
    loop {
        let piece = pieces.next();
        match piece {
            Some(piece) => parser.feed(piece),
            None => parser.close(),
        }
        loop {
            match parser.next() {
                Ok(None) => break,
                Ok(Some(event)) => {
                    assert!(!ended);
                    match event {
                        Event::Part(headers) => {
                            assert!(!std::mem::replace(&mut open, true));
                            body.parts.push((headers, Vec::new()));
                        }
                        Event::Data(data) => {
                            assert!(open && !data.is_empty());
                            body.parts.last_mut().expect("a part").1.extend_from_slice(data);
                        }
                        Event::PartEnd => assert!(std::mem::replace(&mut open, false)),
                        Event::End => ended = true,
                    }
                }
                Err(error) => {
                    // A part with malformed headers never began.
                    assert!(!open);
                    body.refused = Some(error);
                    return body;
                }
            }
        }
        if piece.is_none() {
            assert!(ended && !open);
            return body;
        }
    }
}

fn write(boundary: &[u8], parts: &[(Vec<Field>, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (headers, content) in parts {
        body.extend([b"--", boundary, b"\r\n"].concat());
        headers.iter().for_each(|(name, value)| body.extend([name, &b": "[..], value, b"\r\n"].concat()));
        body.extend([b"\r\n", &content[..], b"\r\n"].concat());
    }
    body.extend([b"--", boundary, b"--"].concat());
    body
}
