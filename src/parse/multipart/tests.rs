//! Multipart bodies, whole and in pieces.

use super::*;

type Part = (Vec<Field>, Vec<u8>);

const LIMITS: Limits = Limits { header_bytes: 100, header_lines: 4 };

/// The parts of a body, and how it ended: whether before it was closed, or why it was refused.
fn events(boundary: &[u8], pieces: &[&[u8]]) -> (Vec<Part>, Result<bool, Error>) {
    let mut parser = match Parser::new(boundary, LIMITS) {
        Ok(parser) => parser,
        Err(error) => return (Vec::new(), Err(error)),
    };
    let mut parts: Vec<Part> = Vec::new();
    let mut open = false;
    for round in 0..=pieces.len() {
        match pieces.get(round) {
            Some(piece) => parser.feed(piece),
            None => parser.close(),
        }
        loop {
            match parser.next() {
                Err(error) => return (parts, Err(error)),
                Ok(None) => break,
                Ok(Some(Event::Part(headers))) => {
                    assert!(!open);
                    open = true;
                    parts.push((headers, Vec::new()));
                }
                Ok(Some(Event::Data(data))) => {
                    assert!(open && !data.is_empty());
                    parts.last_mut().unwrap().1.extend_from_slice(data);
                }
                Ok(Some(Event::PartEnd)) => {
                    assert!(open);
                    open = false;
                }
                Ok(Some(Event::End)) => return (parts, Ok(round < pieces.len())),
            }
        }
    }
    panic!("a body without end")
}

/// The contents of the parts.
fn contents(body: &[u8]) -> Vec<String> {
    let (parts, outcome) = events(b"b", &[body]);
    outcome.unwrap();
    parts.into_iter().map(|(_, content)| String::from_utf8(content).unwrap()).collect()
}

fn refusal(body: &[u8]) -> Error {
    events(b"b", &[body]).1.unwrap_err()
}

const TWO: &[u8] =
    b"preamble\r\n--b\r\nA: 1\r\nB: 2;\r\n\tx\r\n\r\none\r\n--b  \r\n\r\ntwo\r\n\r\n--b--\r\nrest";

#[test]
fn parts_have_headers_and_content() {
    let field = |name: &[u8], value: &[u8]| (name.to_vec(), value.to_vec());
    let headers = vec![field(b"A", b"1"), field(b"B", b"2; x")];
    let parts = vec![(headers, b"one".to_vec()), (vec![], b"two\r\n".to_vec())];
    assert_eq!(events(b"b", &[TWO]), (parts, Ok(true)));
}

#[test]
fn the_sizes_of_the_pieces_change_nothing() {
    let bodies: [&[u8]; 4] =
        [TWO, b"--b\n\nx\r\r\n--b\r--b-\n--b\n\n\n--b--", b"--b\r\nA\r\n", b"\r\n--b\r\n\r\n--b\r\n--b--\r"];
    for body in bodies {
        let whole = events(b"b", &[body]);
        for first in 0..=body.len() {
            for second in first..=body.len() {
                let pieces = [&body[..first], &body[first..second], &body[second..]];
                let (parts, outcome) = events(b"b", &pieces);
                assert_eq!((&parts, outcome.map(|_| ())), (&whole.0, whole.1.map(|_| ())), "{pieces:?}");
            }
        }
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(events(b"b", &bytes).0, whole.0);
    }
}

#[test]
fn a_delimiter_may_lie_across_the_edges_of_pieces_anywhere() {
    let delimiter = b"----------------------------42";
    let mut content: Vec<u8> = (0..2000_u32).map(|n| ((n * n) >> 3) as u8).collect();
    content.extend_from_slice(b"\r\n----------------------------4");
    let body = [&b"--"[..], delimiter, b"\r\n\r\n", &content, b"\r\n--", delimiter, b"--\r\n"].concat();
    for size in 1..=body.len() {
        let pieces: Vec<&[u8]> = body.chunks(size).collect();
        assert_eq!(events(delimiter, &pieces).0, [(vec![], content.clone())], "{size}");
    }
}

#[test]
fn the_line_end_before_a_delimiter_is_its_own() {
    assert_eq!(contents(b"--b\r\n\r\nx\r\r\n--b--"), ["x\r"]);
    assert_eq!(contents(b"--b\r\n\r\nx\n\n--b--"), ["x\n"]);
    assert_eq!(contents(b"--b\r\n\r\n\r\n--b--"), [""]);
    assert_eq!(contents(b"--b\r\n\r\n--b--"), [""]);
}

#[test]
fn lines_may_end_with_line_feeds_only() {
    assert_eq!(contents(b"--b\nA: 1\n\none\n--b\n\ntwo\n--b--\n"), ["one", "two"]);
}

#[test]
fn what_only_looks_like_a_delimiter_is_content() {
    for line in ["--bb", "--b-", "--b---", "--b x", "--", "-- b", " --b", "--B", "--b\r", "--b--x"] {
        let body = format!("--b\r\n\r\n{line}\r\n--b--");
        assert_eq!(contents(body.as_bytes()), [line], "{line}");
    }
    let padded = format!("--b{}", " ".repeat(PADDING + 1));
    assert_eq!(contents(format!("--b\r\n\r\n{padded}\r\n--b--").as_bytes()), [padded]);
}

#[test]
fn nothing_is_read_after_the_closing_delimiter() {
    assert_eq!(contents(b"--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\ny\r\n--b--"), ["x"]);
    assert_eq!(contents(b"--b--\r\nno header"), [""; 0]);
    assert_eq!(contents(b"--b\r\n\r\nx\r\n--b-- \t"), ["x"]);
}

#[test]
fn what_is_cut_off_is_the_value() {
    assert_eq!(contents(b"--b\r\n\r\none\r\n"), ["one\r\n"]);
    assert_eq!(contents(b"--b\r\n\r\none\r\n-"), ["one\r\n-"]);
    assert_eq!(contents(b"--b\r\n\r\none\r\n--b"), ["one"]);
    assert_eq!(contents(b"--b\r\n\r\n"), [""]);
}

#[test]
fn a_part_that_is_cut_off_in_its_headers_is_none() {
    assert_eq!(contents(b""), [""; 0]);
    assert_eq!(contents(b"no delimiter"), [""; 0]);
    assert_eq!(contents(b"--b\r\nA: 1\r\nB"), [""; 0]);
    assert_eq!(contents(b"--b\r\n--b\r\nA: 1\r\n--b\r\n\r\nx\r\n--b--"), ["x"]);
}

#[test]
fn continuations_are_joined_by_one_space() {
    let value = |lines: &[u8]| {
        let (parts, _) = events(b"b", &[&[b"--b\r\nA:", lines, b"\r\n\r\n"].concat()]);
        String::from_utf8(parts[0].0[0].1.clone()).unwrap()
    };
    assert_eq!(value(b" 1\r\n\t 2 "), "1 2");
    assert_eq!(value(b"\r\n 1\r\n  \r\n"), "1");
}

#[test]
fn malformed_headers_are_refused() {
    assert_eq!(refusal(b"--b\r\nno colon\r\n\r\n"), Error::NoColon);
    assert_eq!(refusal(b"--b\r\n: x\r\n\r\n"), Error::NoColon);
    assert_eq!(refusal(b"--b\r\n x: y\r\n\r\n"), Error::NothingToContinue);
    assert_eq!(refusal(b"--b\r\nA: \0\r\n\r\n"), Error::ControlCharacter);
    assert_eq!(refusal(b"--b\r\nA: \rx\r\n\r\n"), Error::ControlCharacter);
}

#[test]
fn headers_have_limits() {
    assert_eq!(refusal(&[b"--b\r\nA: ", &[b'x'; 100][..]].concat()), Error::HeaderBytes);
    assert_eq!(refusal(b"--b\r\nA:\r\nB:\r\nC:\r\nD:\r\nE:\r\n"), Error::HeaderLines);
    assert_eq!(refusal(b"--b\r\nA:\r\n 1\r\n 2\r\n 3\r\n 4\r\n"), Error::HeaderLines);
    // For each part anew.
    let part = [b"--b\r\nA: ", &[b'x'; 90][..], b"\r\n\r\n\r\n"].concat();
    assert_eq!(contents(&part.repeat(3)).len(), 3);
}

#[test]
fn what_is_refused_comes_after_what_was_right() {
    let (parts, outcome) = events(b"b", &[b"--b\r\n\r\nx\r\n--b\r\nno colon\r\n"]);
    assert_eq!((parts[0].1.as_slice(), outcome), (&b"x"[..], Err(Error::NoColon)));
}

#[test]
fn a_boundary_is_some_text() {
    for boundary in [&b""[..], b"a\nb", b"a\0", b"\r"] {
        assert_eq!(events(boundary, &[]).1, Err(Error::Boundary));
    }
    assert_eq!(events(b"= \xff", &[b"--= \xff\n\nx\n--= \xff--"]).0.len(), 1);
}

#[test]
fn memory_does_not_grow_with_the_body() {
    let mut parser = Parser::new(b"b", LIMITS).unwrap();
    parser.feed(b"--b\n\n");
    let mut total = 0;
    for _ in 0..1000 {
        parser.feed(&[b'\n'; 1000]);
        while let Some(event) = parser.next().unwrap() {
            total += if let Event::Data(data) = event { data.len() } else { 0 };
        }
        assert!(parser.buffer.capacity() < 10_000);
    }
    assert_eq!(total, 999_999);
}
