//! Command structure: what runs, with which input, and where its output goes.

use super::{opaque, record, runs};
use crate::interpret::value::{Origin, Stream};

#[test]
fn lists_run_every_command() {
    runs("a; b && c || d & e\nf", &["a", "b", "c", "d", "e", "f"]);
    runs("echo 'a; b && c | d'", &["echo|a; b && c | d"]);
    runs("! ! a; ! ! ! b '!'; '!' c", &["a", "b|!", "!|c"]);
    runs("'if' a; echo if then }", &["if|a", "echo|if|then|}"]);
    runs("! a; time b; { c; }; (d)", &["a", "b", "c", "d"]);
    runs(
        "if a; then b; elif c; then d; else e; fi",
        &["a", "b", "c", "d", "e"],
    );
    runs(
        "while a; do b; done; until c; do d; done",
        &["a", "b", "c", "d"],
    );
    runs("case x in a|b) c;; (d) e;& *) f;; esac", &["c", "e", "f"]);
    runs("coproc a; coproc N { b; }", &["a", "b"]);
    runs("[[ a == b ]] && (( 1 < 2 )) && c", &["c"]);
    runs(
        "select x in a; do b; done; for ((i=0;i<3;i++)); do c $i; done",
        &["b", "c|?"],
    );
    runs("", &[]);
    runs("# only a comment", &[]);
}

#[test]
fn loops_bind_their_variable() {
    runs("for x in a 'b c'; do r $x; done", &["r|a", "r|b|c"]);
    runs("for x in *.txt; do r \"$x\"; done", &["r|‹*.txt›"]);
    runs("for x in 1 2 3 4 5 6 7 8 9; do r $x; done", &["r|?"]);
    runs("for x in $(fetch u); do r $x; done", &["fetch|u", "r|?"]);
    runs(
        "i=0; while t; do r $i; i=$((i+1)); done; s $i",
        &["t", "r|?", "s|?"],
    );
    runs("for x; do r $x; done", &["r|?"]);
    let recorder = runs(
        "fetch u | while read -r l; do r \"$l\"; done",
        &["fetch|u", "read|-r|l", "r|?"],
    );
    let word = &recorder.invocations[2].words[1];
    assert_eq!(
        word.origins().collect::<Vec<_>>(),
        [&Origin::Network("host".to_owned())]
    );
}

#[test]
fn a_loop_body_is_seen_with_what_it_leaves_behind() {
    let recorder = record("c=ls; while t; do $c; eval c=rm; done");
    assert!(recorder.ran.contains(&"?".to_owned()), "{:?}", recorder.ran);
    let recorder = record("c=ls; while t; do $c; done; c=rm");
    assert!(
        recorder.ran.contains(&"ls".to_owned()),
        "{:?}",
        recorder.ran
    );
}

#[test]
fn pipes_carry_streams() {
    let recorder = runs("echo a b | cat | sh", &["echo|a|b", "cat", "sh"]);
    assert!(!recorder.stdins[0].present);
    assert_eq!(recorder.stdins[2].text.as_ref().unwrap().expose(), "a b\n");
    let recorder = runs("fetch u |& sh", &["fetch|u", "sh"]);
    assert!(recorder.stdins[1].from_network());
    let recorder = runs("{ echo a; echo b; } | sh", &["echo|a", "echo|b", "sh"]);
    assert_eq!(recorder.stdins[2].text.as_ref().unwrap().expose(), "a\nb\n");
    let recorder = runs("fetch u | { x; sh; }", &["fetch|u", "x", "sh"]);
    assert!(recorder.stdins[2].from_network());
    let recorder = runs("x | sh", &["x", "sh"]);
    assert_eq!(recorder.stdins[1], Stream::from_origin(Origin::Unseen));
    let recorder = runs(
        "if t; then echo a; else echo b; fi | sh",
        &["t", "echo|a", "echo|b", "sh"],
    );
    assert!(recorder.stdins[3].present && recorder.stdins[3].text.is_none());
}

#[test]
fn heredocs_and_here_strings_are_input() {
    let text = |text: &str| {
        let recorder = record(text);
        assert!(recorder.opaque.is_empty(), "{text}: {:?}", recorder.opaque);
        recorder
            .stdins
            .last()
            .unwrap()
            .text
            .as_ref()
            .map(|text| text.expose().to_owned())
    };
    assert_eq!(
        text("psql <<'EOF'\nDROP $x `y` $(z)\nEOF\n").as_deref(),
        Some("DROP $x `y` $(z)\n")
    );
    assert_eq!(
        text("A=t; psql <<EOF\nDROP $A \\$A \"q\"\nEOF").as_deref(),
        Some("DROP t $A \"q\"\n")
    );
    assert_eq!(
        text("psql <<-EOF\n\ta\n\t\tb\n\tEOF\n").as_deref(),
        Some("a\nb\n")
    );
    assert_eq!(text("sh <<< 'rm x'").as_deref(), Some("rm x\n"));
    assert_eq!(
        text("cat <<A; sh <<B\na\nA\nb\nB\n").as_deref(),
        Some("b\n")
    );
    assert_eq!(text("sh <<EOF\n$NONE\nEOF"), None);
    runs("cat <<'EOF'\n$(rm) `rm` (\nEOF\nls", &["cat", "ls"]);
    runs("cat <<EOF | sort\na\nEOF\nls", &["cat", "sort", "ls"]);
    runs("x=$(cat <<'EOF'\nit's (\nEOF\n)\nls", &["cat", "ls"]);
}

#[test]
fn redirections_are_reported_with_their_content() {
    let recorder = runs(
        "echo a > f; cat f; cat ./f | sh",
        &["echo|a", "cat|f", "cat|./f", "sh"],
    );
    assert_eq!(recorder.redirects, [">f"]);
    assert_eq!(recorder.stdins[3].text.as_ref().unwrap().expose(), "a\n");
    let recorder = runs("echo a >> f; sh < f", &["echo|a", "sh"]);
    assert_eq!(recorder.redirects, [">>f", "<f"]);
    assert_eq!(recorder.stdins[1].text, None);
    let recorder = runs("sh < in", &["sh"]);
    assert_eq!(recorder.stdins[0].origins, [Origin::File("in".to_owned())]);
    let recorder = runs(
        "a &> f; b &>> g; c >| h; d <> i; e 2> j; > k",
        &["a", "b", "c", "d", "e"],
    );
    assert_eq!(recorder.redirects, [">f", ">>g", ">h", "<>i", ">j", ">k"]);
    assert_eq!(recorder.contents[5], Stream::literal(""));
    let recorder = runs("a 2>&1 >&2 2>&-", &["a"]);
    assert!(recorder.redirects.is_empty());
    let recorder = runs("a >& f", &["a"]);
    assert_eq!(recorder.redirects, [">f"]);
    let recorder = runs("(echo a; echo b) > f; sh f", &["echo|a", "echo|b", "sh|f"]);
    assert_eq!(
        recorder.contents[0].text.as_ref().unwrap().expose(),
        "a\nb\n"
    );
    let recorder = runs("echo '> f' \"< g\" \\> h", &["echo|> f|< g|>|h"]);
    assert!(recorder.redirects.is_empty());
    let recorder = runs("fetch u > f && sh < f", &["fetch|u", "sh"]);
    assert!(recorder.stdins[1].from_network());
}

#[test]
fn process_substitutions_have_a_path_and_content() {
    let recorder = runs("source <(fetch u)", &["fetch|u", "source|/dev/fd/63"]);
    let word = &recorder.invocations[1].words[1];
    assert_eq!(
        word.origins().collect::<Vec<_>>(),
        [&Origin::Network("host".to_owned())]
    );
    let recorder = runs("cat <(echo a) | sh", &["echo|a", "cat|/dev/fd/63", "sh"]);
    assert_eq!(recorder.stdins[2].text.as_ref().unwrap().expose(), "a\n");
    let recorder = runs("echo a > >(sh)", &["echo|a", "sh"]);
    assert_eq!(recorder.stdins[1].text.as_ref().unwrap().expose(), "a\n");
    runs("A=1; export A=2 > >(r $A)", &["export|A=2", "r|1"]);
    let recorder = runs("fetch u | tee >(sh)", &["fetch|u", "sh", "tee|/dev/fd/63"]);
    assert!(recorder.stdins[1].from_network());
    let recorder = runs("sh /dev/fd/3 3<<< 'rm x'", &["sh|/dev/fd/3"]);
    assert!(recorder.redirects.is_empty());
    let recorder = runs(
        "sh 0<<< 'rm x'; sh 3 <<< 'rm y'; a3<<<z",
        &["sh", "sh|3", "a3"],
    );
    assert_eq!(recorder.stdins[1].text.as_ref().unwrap().expose(), "rm y\n");
    let recorder = runs("sh 0<<E 5<<F\nrm\nE\nrm\nF", &["sh"]);
    assert_eq!(recorder.stdins[0].text.as_ref().unwrap().expose(), "rm\n");
    runs("exec 3< in 4> out; a <&3 >&4", &["exec", "a"]);
    runs("exec {fd}> out; a", &["exec", "a"]);
}

#[test]
fn functions_run_when_called_and_once_when_not() {
    runs("f() { rm \"$1\" \"$@\"; }; f a b", &["rm|a|a|b"]);
    runs("function f { rm $1; }; ls", &["ls", "rm|?"]);
    runs("f() (rm $#); f", &["rm|?"]);
    runs("f() { g; }; g() { rm; }; f; f", &["rm", "rm"]);
    runs(
        "f() { local A=x; r $A; }; A=y; f; r $A",
        &["local|A=x", "r|x", "r|y"],
    );
    runs("f() { r $A; }; A=1 f; r $A", &["r|1", "r|?"]);
    runs("if t; then ls() { rm; }; fi; ls", &["t", "rm", "ls"]);
    let recorder = runs("f() { echo a; }; f > o", &["echo|a"]);
    assert_eq!(recorder.redirects, [">o"]);
    let recorder = runs("f() { sh; }; fetch u | f", &["fetch|u", "sh"]);
    assert!(recorder.stdins[1].from_network());
    runs("echo 'f() { rm; }'", &["echo|f() { rm; }"]);
}

#[test]
fn recursive_functions_are_findings() {
    for text in [
        ":(){ :|:& };:",
        "f() { f; }; f",
        "f() { g; }; g() { f; }; g",
        "f() { f; }",
    ] {
        let recorder = opaque(text);
        assert!(
            recorder
                .opaque
                .iter()
                .any(|reason| reason.contains("recursive")),
            "{text}"
        );
    }
    runs("echo ':(){ :|:& };:'", &["echo|:(){ :|:& };:"]);
    runs(": ; : ", &[":", ":"]);
}

#[test]
fn unreadable_text_is_opaque_and_runs_nothing_of_it() {
    for text in [
        "ls )",
        "ls (",
        "if a; then b",
        "ls 'a",
        "ls \"a",
        "ls `a",
        "cat <<EOF\nrm",
        "a && ",
        "| a",
    ] {
        let recorder = opaque(text);
        assert!(recorder.ran.is_empty(), "{text}");
    }
    for text in [
        "ls \u{202e}x",
        "ls\u{200b}",
        "ls\rrm -rf /",
        "ls \0",
        "a\r\nb\nc",
        "ls\u{7}",
    ] {
        assert!(opaque(text).ran.is_empty(), "{text:?}");
    }
    runs("a\r\nb x\r\n", &["a", "b|x"]);
    runs("echo 'é 👨\u{200d}👩 日本'", &["echo|é 👨\u{200d}👩 日本"]);
}

#[test]
fn spans_are_byte_ranges_of_the_command() {
    let text = "echo é $(rm -f x) `ls`";
    let recorder = record(text);
    let shown: Vec<&str> = recorder
        .invocations
        .iter()
        .map(|invocation| &text[invocation.span.0 as usize..invocation.span.1 as usize])
        .collect();
    assert_eq!(shown, ["rm -f x", "`ls`", "echo é $(rm -f x) `ls`"]);
}
