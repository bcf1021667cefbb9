//! What commands leave behind for those after them.

use super::{opaque, record, record_with, runs};
use crate::interpret::shell::ShellState;

fn cwd_at_end(text: &str) -> Option<String> {
    let recorder = record(&format!("{text}\nlast"));
    assert!(recorder.opaque.is_empty(), "{text}: {:?}", recorder.opaque);
    assert_eq!(recorder.ran.last().unwrap(), "last", "{text}");
    recorder.cwds.last().unwrap().clone()
}

#[test]
fn the_working_directory_is_followed_while_it_is_known() {
    for (text, expected) in [
        ("cd /a", Some("/a")),
        ("cd b/./c/..", Some("/repo/b")),
        ("cd ../x", Some("/x")),
        ("cd ~/p", Some("/home/kim/p")),
        ("cd -- b", Some("/repo/b")),
        ("(cd /a)", Some("/repo")),
        ("cd /a | x", Some("/repo")),
        ("cd /a & x", Some("/repo")),
        ("x $(cd /a)", Some("/repo")),
        ("pushd /a; popd", Some("/repo")),
        ("cd /a && x", Some("/a")),
        ("cd /a || exit 1", Some("/a")),
        ("echo cd /a", Some("/repo")),
        ("command cd /a", Some("/a")),
        ("cd $NONE", None),
        ("cd -", None),
        ("cd *", None),
        ("cd /a || cd /b", None),
        ("if t; then cd /a; fi", None),
        ("if t; then cd /a; else cd /a; fi", Some("/a")),
        ("while t; do cd ..; done", None),
        ("f() { cd /a; }; f", Some("/a")),
    ] {
        assert_eq!(cwd_at_end(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn branches_that_disagree_leave_nothing_known() {
    runs("A=1; if t; then A=2; fi; r $A", &["t", "r|?"]);
    runs("A=1; if t; then A=1; fi; r $A", &["t", "r|1"]);
    runs("A=1; t && A=2; r $A", &["t", "r|?"]);
    runs("A=1 && r $A; r $A", &["r|1", "r|1"]);
    runs("A=1; (A=2); r $A", &["r|1"]);
    runs("A=1; case x in a) A=2;; esac; r $A", &["r|?"]);
    runs("A=1; if t; then A=2; exit; fi; r $A", &["t", "exit", "r|1"]);
    runs("read A; r $A", &["read|A", "r|?"]);
    runs(
        "readonly A=1; r $A\nA=2\nr $A",
        &["readonly|A=1", "r|1", "r|?"],
    );
    runs(
        "declare -l A=RM; r $A; declare B=RM; r $B",
        &["declare|-l|A=RM", "r|?", "declare|B=RM", "r|RM"],
    );
    runs("local A=1; r $A", &["local|A=1", "r|?"]);
    runs("A=1; unset A; r $A x", &["unset|A", "r|x"]);
    runs("A=1; printf -v A x; r $A", &["printf|-v|A|x", "r|?"]);
    runs("A=1; printf A x; r $A", &["printf|A|x", "r|1"]);
    runs("A=1; export $NONE; r $A", &["export|?", "r|?"]);
    runs("A=1; ((A++)); r $A", &["r|?"]);
    runs(
        "export A=1; declare B=2; readonly C=3; r $A$B$C",
        &["export|A=1", "declare|B=2", "readonly|C=3", "r|123"],
    );
}

#[test]
fn exports_are_remembered() {
    let mut state = ShellState::default();
    record_with("export A=1; B=2; declare -x C=3; set -a; D=4", &mut state);
    assert!(state.exported.iter().eq(["A", "C", "D"]));
    assert_eq!(state.variables["B"].exact().as_deref(), Some("2"));
}

#[test]
fn nested_walks_share_the_state() {
    runs(
        "eval 'A=rm; f() { r $A; }'; $A x; f",
        &["eval|A=rm; f() { r $A; }", "r|rm", "rm|x", "r|rm"],
    );
    runs(
        "sh -c 'A=1; r $A'; r $A",
        &["sh|-c|A=1; r $A", "r|1", "r|?"],
    );
    let recorder = opaque("A='eval \"$A\"'; eval \"$A\"");
    assert!(recorder.ran.len() < 40);
}

#[test]
fn aliases_are_followed_besides() {
    runs(
        "alias x='rm -rf'\nx /",
        &["alias|x=rm -rf", "rm|-rf|/", "x|/"],
    );
    runs(
        "alias ls='ls -l'; ls a",
        &["alias|ls=ls -l", "ls|-l|a", "ls|a"],
    );
    runs("echo alias x=rm; x /", &["echo|alias|x=rm", "x|/"]);
    opaque("alias x=\"$NONE\"; x");
}

#[test]
fn plain_assignments_are_told() {
    let recorder = runs("PATH=/x:$PATH; A=1 ls", &["A=1 ls"]);
    assert_eq!(recorder.assigned, ["PATH=/x:?"]);
}
