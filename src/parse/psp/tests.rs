use super::*;

/// The program of a page without includes.
fn program(page: &str) -> String {
    match Translator::new(page.as_bytes().to_vec()).step().expect("a page") {
        Step::Done(program) => String::from_utf8(program.text).expect("UTF-8"),
        Step::Include(include) => panic!("asks for {include:?}"),
    }
}

/// The program of a page; each include has the content that `files` gives to its name.
fn with_files(page: &str, files: &[(&str, &str)]) -> Result<Program, Problem> {
    let mut translator = Translator::new(page.as_bytes().to_vec());
    loop {
        match translator.step()? {
            Step::Done(program) => return Ok(program),
            Step::Include(include) => {
                let (_, content) =
                    files.iter().find(|(name, _)| name.as_bytes() == include.name).expect("such a file");
                translator.include(content.as_bytes().to_vec());
            }
        }
    }
}

fn problem(page: &str) -> (String, usize) {
    let problem = with_files(page, &[]).expect_err("no page");
    (problem.message, problem.place.line)
}

/// What stands before the text `T` on its line: how the text is indented.
fn indentation(page: &str) -> String {
    let program = program(page);
    let (before, _) = program.split_once("req.write(\"\"\"T").expect("the text");
    before.rsplit('\n').next().unwrap_or_default().to_owned()
}

#[test]
fn text_is_written_and_not_flushed() {
    assert_eq!(program("Hello"), "req.write(\"\"\"Hello\"\"\",0)\n");
    assert_eq!(program(""), "");
    assert_eq!(program("a %> b"), "req.write(\"\"\"a %> b\"\"\",0)\n");
}

#[test]
fn what_python_would_interpret_in_text_is_escaped() {
    assert_eq!(program(r#"say "\n" \x41 \"#), "req.write(\"\"\"say \\\"\\\\n\\\" \\\\x41 \\\\\"\"\",0)\n");
    assert_eq!(program("a\0b"), "req.write(\"\"\"a\\x00b\"\"\",0)\n");
}

#[test]
fn line_ends_are_those_of_python() {
    assert_eq!(program("a\r\nb\rc\n"), "req.write(\"\"\"a\nb\nc\n\"\"\",0)\n");
    assert_eq!(program("<%\r\nx = 1\r\n%>"), "req.write(\"\"\"\"\"\",0)\nx = 1\nreq.write(\"\"\"\"\"\",0)\n");
}

#[test]
fn expressions_are_written_as_str() {
    let expected = "req.write(\"\"\"a \"\"\",0); req.write(str( b ),0); req.write(\"\"\" c\"\"\",0)\n";
    assert_eq!(program("a <%= b %> c"), expected);
    assert!(program("<%= a,\nb %>").contains("req.write(str( a,\nb ),0)"));
}

#[test]
fn code_on_one_line_shares_its_line_with_the_text() {
    let expected = "req.write(\"\"\"a\"\"\",0);  x = 1 ; req.write(\"\"\"b\"\"\",0)\n";
    assert_eq!(program("a<% x = 1 %>b"), expected);
}

#[test]
fn empty_code_is_allowed() {
    for page in ["a<%%>b", "a<% %>b"] {
        assert_eq!(program(page), "req.write(\"\"\"a\"\"\",0); req.write(\"\"\"b\"\"\",0)\n");
    }
}

#[test]
fn a_semicolon_at_the_end_of_code_is_allowed() {
    assert!(program("<% x = 1; %>").contains("x = 1;  req.write"));
}

#[test]
fn text_is_indented_as_the_last_line_of_code() {
    assert_eq!(indentation("<%\nfor x in y:\n    z = x\n%>T"), "    ");
    assert_eq!(indentation("<%\nfor x in y:\n    # begin\n%>T"), "    ");
    assert_eq!(indentation("<%\nx = 1\n%>T"), "");
}

#[test]
fn a_colon_at_the_end_adds_a_tab() {
    assert_eq!(indentation("<%\nfor x in y:\n%>T"), "\t");
    assert_eq!(indentation("<%\nif a:\n  for x in y:\n%>T"), "  \t");
    assert_eq!(indentation("<%\nfor x in y: \n%>T"), "\t");
    assert_eq!(indentation("<%\nfor x in y:  # all of them\n%>T"), "\t");
    assert_eq!(indentation("<%\nfor x in '#':\n%>T"), "\t");
}

#[test]
fn a_colon_that_ends_no_statement_adds_nothing() {
    assert_eq!(indentation("<%\nx = 1  # note:\n%>T"), "");
    assert_eq!(indentation("<%\nx = ':'\n%>T"), "");
}

#[test]
fn an_empty_line_before_the_end_closes_all_blocks() {
    assert_eq!(indentation("<%\nfor x in y:\n    z = x\n\n%>T"), "");
    assert_eq!(indentation("<%\nif a:\n  for x in y:\n\n%>T"), "\t");
    assert_eq!(indentation("<%\n%>T"), "");
    assert_eq!(indentation("<%\nfor x in y:\n    z = x\n\n    z += 1\n%>T"), "    ");
}

#[test]
fn blanks_before_a_lone_end_count_once() {
    assert_eq!(indentation("<%\nfor x in y:\n    z = x\n    %>T"), "    ");
    assert_eq!(indentation("<%\nfor x in y:\n    %>T"), "    ");
    assert_eq!(indentation("<%\nif a:\n  for x in y:\n  %>T"), "  \t");
    assert_eq!(indentation("<%\nfor x in y:\n    \n%>T"), "    ");
}

#[test]
fn the_end_of_a_tag_ends_a_statement() {
    assert!(program("<%\nx = 1\ny = 2 %>T").contains("\ny = 2 \nreq.write(\"\"\"T"));
    assert!(program("<%\nif a:\n    x = 1 # one %>T").contains("# one \n    req.write(\"\"\"T"));
    assert!(program("<%\nfor x in y: %>T").contains("for x in y: \n\treq.write(\"\"\"T"));
    assert!(program("a<% x = 1 # one %>T").contains("# one \nreq.write(\"\"\"T"));
    assert!(program("<%= x # it %>T").contains("req.write(str( x # it \n),0); req.write(\"\"\"T"));
}

#[test]
fn code_and_expressions_on_one_line_stay_in_the_block() {
    let page = "<%\nfor x in y:\n    z = x\n%>a<%= z %>b<% z += 1 # more %>T<%\n%>";
    assert_eq!(indentation(page), "    ");
    let program = program(page);
    assert!(program.contains("    req.write(\"\"\"a\"\"\",0); req.write(str( z ),0); req.write(\"\"\"b"));
    assert!(program.ends_with("T\"\"\",0)\nreq.write(\"\"\"\"\"\",0)\n"));
}

#[test]
fn a_hash_in_a_string_is_no_comment() {
    for code in ["x = '#'", "x = \"it's #\"", "x = '''a\n'#' \n'''", "x = 'a\\'#'", "x = '\\\\'"] {
        assert!(program(&format!("<% {code} %>T")).contains(&format!("{code} ")), "{code}");
        let inline = !code.contains('\n');
        assert_eq!(program(&format!("<% {code} %>T")).contains("; req.write(\"\"\"T"), inline, "{code}");
    }
}

#[test]
fn comments_are_dropped_and_their_lines_stay() {
    assert_eq!(program("a<%-- x %> y --%>b"), "req.write(\"\"\"ab\"\"\",0)\n");
    assert_eq!(program("a<%--\n\n--%>b"), "req.write(\"\"\"a\"\"\"\n\n\"\"\"b\"\"\",0)\n");
}

#[test]
fn lines_of_page_and_program_are_the_same() {
    let page = "one\n<%--\n\n--%>\n<%\nif a:\n    b\n\n%>\n<%= c(\n) %>\n";
    let Step::Done(program) = Translator::new(page.as_bytes().to_vec()).step().expect("a page") else {
        panic!("no include")
    };
    assert_eq!(program.runs, [Run { program_line: 1, place: Place { file: 0, line: 1 } }]);
}

#[test]
fn a_run_tells_where_lines_differ() {
    let Step::Done(program) = Translator::new(b"a\n<% x # y %>\nb".to_vec()).step().expect("a page") else {
        panic!("no include")
    };
    let page = |program_line, line| Run { program_line, place: Place { file: 0, line } };
    assert_eq!(program.runs, [page(1, 1), page(3, 2)]);
}

#[test]
fn an_include_is_text_in_its_place() {
    let page = "<%\nfor x in y:\n%>a<%@ include file=\"b\"%>c<%\n%>d";
    let program = with_files(page, &[("b", "<%= x %>\n<% x += 1 %>")]).expect("a page");
    let text = String::from_utf8(program.text).expect("UTF-8");
    assert!(text.contains("\treq.write(\"\"\"a\"\"\"\n\"\"\"\"\"\",0); req.write(str( x ),0)"), "{text}");
    assert!(text.contains("x += 1 ; req.write(\"\"\"\"\"\"\n\"\"\"c\"\"\",0)\n"), "{text}");
}

#[test]
fn lines_of_includes_are_known() {
    let files = [("b", "1\n2<%@ include file='c' %>2\n3"), ("c", "1\n2")];
    let program = with_files("1\n2<%@ include file='b' %>2\n3", &files).expect("a page");
    let run = |program_line, file, line| Run { program_line, place: Place { file, line } };
    let expected = [run(1, 0, 1), run(3, 1, 1), run(5, 2, 1), run(7, 1, 2), run(9, 0, 2)];
    assert_eq!(program.runs, expected);
}

#[test]
fn what_is_not_closed_has_the_line_of_its_opening() {
    for (page, opening) in
        [("a\n<% x\n", "<%"), ("a\n<%= x\n", "<%="), ("a\n<%-- x %>\n", "<%--"), ("a\n<%@ x\n", "<%@")]
    {
        let (message, line) = problem(page);
        assert!(message.starts_with(&format!("'{opening}' is not closed")), "{message}");
        assert_eq!(line, 2);
    }
}

#[test]
fn an_include_must_close_its_own_tags() {
    let problem = with_files("<%@ include file='b'%> %>", &[("b", "\n<% x")]).expect_err("no page");
    assert_eq!(problem.place, Place { file: 1, line: 2 });
}

#[test]
fn directives_are_known_or_refused() {
    let (message, line) = problem("\n\n<%@ page language=\"python\" %>");
    assert!(message.starts_with("unknown directive"), "{message}");
    assert_eq!(line, 3);
}

#[test]
fn programs_are_linear_in_their_pages() {
    let page = format!("<%\n{}x = 1\n%>{}", " ".repeat(10_000), "<%#%>".repeat(1_000));
    assert_eq!(problem(&page).1, 3);
    let page = format!("<%\n    x = 1\n%>{}", "<%#%>".repeat(1_000));
    assert!(program(&page).len() < 10 * page.len());
}

#[test]
fn code_cannot_hold_nul() {
    assert_eq!(problem("\n<% x = 1\n\0 %>").1, 3);
    assert_eq!(problem("\n<%= \0 %>").1, 2);
}
