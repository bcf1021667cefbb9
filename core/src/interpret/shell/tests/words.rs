//! Words: quotes, expansions, patterns, and where their pieces come from.

use super::{opaque, record, runs};
use crate::interpret::value::Origin;

#[test]
fn quotes_are_removed_as_a_shell_does() {
    runs(r#"r\m -r"f" 'a b' "c d" e\ f"#, &["rm|-rf|a b|c d|e f"]);
    runs(r"r''m $'\x2drf' $'a\tb\u00e9'", &["rm|-rf|a\tb\u{e9}"]);
    runs(r#"echo "a\"b\$c\d" '\n' "" ''"#, &[r#"echo|a"b$c\d|\n||"#]);
    runs("echo one\\\ntwo", &["echo|onetwo"]);
    runs(r"find . -exec ls {} \;", &["find|.|-exec|ls|{}|;"]);
    runs(r#"echo a"$HOME"b"#, &["echo|a/home/kimb"]);
}

#[test]
fn quoted_and_commented_text_runs_nothing() {
    runs(
        "git commit -m 'run $(rm -rf /) and `rm`'",
        &["git|commit|-m|run $(rm -rf /) and `rm`"],
    );
    runs(
        r#"git commit -m "cost \$(rm) \`rm\` (see #1) {a,b}""#,
        &["git|commit|-m|cost $(rm) `rm` (see #1) {a,b}"],
    );
    runs("ls # $(rm -rf /) `rm` ) ' \"", &["ls"]);
    runs("echo a#b c \\# d", &["echo|a#b|c|#|d"]);
    runs("ls # it's\nls -l", &["ls", "ls|-l"]);
}

#[test]
fn substitutions_run_and_give_their_output() {
    runs(
        "echo $(echo a b)",
        &["echo|a b".replace(' ', "|").as_str(), "echo|a|b"],
    );
    runs("echo \"$(echo a b)\"", &["echo|a|b", "echo|a b"]);
    runs(
        "echo `echo a \\`echo b\\``",
        &["echo|b", "echo|a|b", "echo|a|b"],
    );
    runs("$(echo rm) -rf x", &["echo|rm", "rm|-rf|x"]);
    runs(
        "echo $(echo \"$(echo ')')\")",
        &["echo|)", "echo|)", "echo|)"],
    );
    runs(
        "echo $(ls; case x in a) rm b;; esac) c",
        &["ls", "rm|b", "echo|?|c"],
    );
    runs("echo $(ls # )\n) x", &["ls", "echo|?|x"]);
    let recorder = runs(
        "curl -H \"Bearer $(cat ~/.tok)\"",
        &["cat|/home/kim/.tok", "curl|-H|Bearer ?"],
    );
    let header = &recorder.invocations[1].words[2];
    assert_eq!(
        header.origins().collect::<Vec<_>>(),
        [&Origin::File("/home/kim/.tok".to_owned())]
    );
    let recorder = runs("run $(fetch x)", &["fetch|x", "run|?"]);
    let word = &recorder.invocations[1].words[1];
    assert_eq!(
        word.origins().collect::<Vec<_>>(),
        [&Origin::Network("host".to_owned())]
    );
}

#[test]
fn a_file_read_by_redirection_is_an_origin() {
    let recorder = runs("use \"$(< ~/.tok)\"", &["use|?"]);
    assert_eq!(recorder.redirects, ["</home/kim/.tok"]);
    let word = &recorder.invocations[0].words[1];
    assert_eq!(
        word.origins().collect::<Vec<_>>(),
        [&Origin::File("/home/kim/.tok".to_owned())]
    );
}

#[test]
fn substitutions_are_found_wherever_they_hide() {
    for text in [
        "echo ${x:-$(rm)}",
        "echo \"${x:-$(rm)}\"",
        "echo ${x:-`rm`}",
        "echo ${x/$(rm)/a}",
        "echo ${x:$(rm)}",
        "echo ${a[$(rm)]}",
        "echo ${x%$(rm)}",
        "echo $((1 + $(rm)))",
        "echo $[1 + $(rm)]",
        "((x = $(rm)))",
        "a[$(rm)]=1",
        "a=(x $(rm))",
        "a=([k]=$(rm))",
        "declare -a a=($(rm))",
        "export A=$(rm)",
        "A=$(rm) true",
        "[[ -n $(rm) ]]",
        "[[ a =~ $(rm) ]]",
        "case $(rm) in x) ;; esac",
        "case x in $(rm)) ;; esac",
        "for x in $(rm); do :; done",
        "for ((i=$(rm);;)); do :; done",
        "select x in $(rm); do :; done",
        "while $(rm); do :; done",
        "ls > $(rm)",
        "ls <<< $(rm)",
        "cat <<EOF\n$(rm)\nEOF",
        "cat <<-EOF\n\t`rm`\n\tEOF",
        "diff <(rm) x",
        "tee >(rm)",
        "ls > >(rm)",
        "f() { echo $(rm); }",
        "time echo $(rm)",
        "! echo $(rm)",
        "coproc echo $(rm)",
        "{ echo $(rm); } > x",
        "echo {a,$(rm)}",
        "echo ~/$(rm)",
        "echo $\"$(rm)\"",
    ] {
        let recorder = record(text);
        assert!(
            recorder.ran.iter().any(|ran| ran == "rm"),
            "{text}: {:?}",
            recorder.ran
        );
        assert!(recorder.opaque.is_empty(), "{text}: {:?}", recorder.opaque);
    }
}

#[test]
fn variables_come_from_the_call_or_the_environment() {
    let recorder = runs("A=rm; $A -rf $TOKEN \"$NONE\"", &["rm|-rf|s3cret|?"]);
    let words = &recorder.invocations[0].words;
    assert_eq!(words[0].origins().count(), 0);
    assert_eq!(
        words[2].origins().collect::<Vec<_>>(),
        [&Origin::Variable("TOKEN".to_owned())]
    );
    assert_eq!(
        words[3].origins().collect::<Vec<_>>(),
        [&Origin::Variable("NONE".to_owned())]
    );
    runs("rm $FLAGS x", &["rm|-r|-f|x"]);
    runs("rm \"$FLAGS\" x", &["rm|-r -f|x"]);
    runs("rm '$FLAGS' \\$FLAGS", &["rm|$FLAGS|$FLAGS"]);
    runs("E=; rm $E x \"$E\"", &["rm|x|"]);
    runs("IFS=,; rm $FLAGS", &["rm|?"]);
    runs("A=a; A+=b; echo $A", &["echo|ab"]);
    runs("A=1 B=$TOKEN run", &["A=1 B=s3cret run"]);
}

#[test]
fn parameter_operators() {
    runs(
        "echo ${NONE:-d} ${TOKEN:-d} ${TOKEN:+set}",
        &["echo|?|s3cret|set"],
    );
    runs(
        "E=; echo ${E:-d e} \"${E:-d e}\" ${E:+x}",
        &["echo|d|e|d e"],
    );
    runs("E=; echo ${E:=v}; echo $E", &["echo|v", "echo|v"]);
    runs(
        "F=a/b.txt; echo ${F%.txt} ${F##*/} ${F%/*} ${F#a/}",
        &["echo|a/b|b.txt|a|b.txt"],
    );
    runs(
        "F=abc; echo ${#F} ${F:1} ${F^^} ${F/a/b}",
        &["echo|?|?|?|?"],
    );
    runs("N=F; F=x; echo ${!N}", &["echo|x"]);
    runs("echo $? $$ $# ${#}", &["echo|?|?|?|?"]);
    runs(
        "a=(rm -rf 'x y'); \"${a[@]}\" ${a[0]} ${a} \"${a[*]}\" ${#a[@]}",
        &["rm|-rf|x y|rm|rm|rm -rf x y|?"],
    );
    runs("a=(b); a+=(c); echo ${a[1]}", &["echo|c"]);
    runs(
        "set -- a 'b c'; echo $1 \"$2\" \"$@\" $3",
        &["set|--|a|b c", "echo|a|b c|a|b c"],
    );
}

#[test]
fn code_hidden_in_parameters_is_opaque() {
    opaque("echo ${ rm; }");
    opaque("echo ${| rm; }");
    opaque("echo ${(e)x}");
    opaque("x='$(rm)'; echo ${x@P}");
    opaque("x='a[$(rm)]'; ((x))");
    opaque("x='a[$(rm)]'; [[ $x -eq 1 ]]");
    opaque("declare -n r=x");
    runs("echo '${ rm; }'", &["echo|${ rm; }"]);
    runs("x='$(rm)'; echo \"$x\"", &["echo|$(rm)"]);
    runs("x='$(rm)'; [[ $x == y ]]", &[]);
}

#[test]
fn braces_and_patterns() {
    runs("{rm,-rf,/}", &["rm|-rf|/"]);
    runs(
        "echo a{b,c{d,e}}f {1..3} {c..a} {01..03..2}",
        &["echo|abf|acdf|acef|1|2|3|c|b|a|01|03"],
    );
    runs(
        "echo {} {a} '{a,b}' \\{a,b} {a,b\\}",
        &["echo|{}|{a}|{a,b}|{a,b}|{a,b}"],
    );
    runs("echo {1..100000} x", &["echo|?|x"]);
    runs("rm *.txt 'b*' a\\* [ab] [", &["rm|‹*.txt›|b*|a*|‹[ab]›|["]);
    runs("HOME=/x; ls ~/a", &["ls|/x/a"]);
    runs("rm !(keep|*.md) @(a|b)", &["rm|‹!(keep|*.md)›|‹@(a|b)›"]);
    for zsh in [
        "ls *(e:'rm x':)",
        "ls *(.e:rm:)",
        "ls *(+rm)",
        "cat =(rm)",
        "cat =(rm x)",
    ] {
        opaque(zsh);
    }
    runs("P='*'; rm $P \"$P\"", &["rm|‹*›|*"]);
    runs(
        "ls ~ ~/a ~kim \\~ '~' a~",
        &["ls|/home/kim|/home/kim/a|~kim|~|~|a~"],
    );
}

#[test]
fn words_that_the_grammar_cuts_wrongly_are_opaque() {
    opaque("time a {# \\ !\nEin ||time f1()=");
    opaque("a }a{ b");
    opaque("a {b,c}k\\\nl");
    runs("a {b} 'e{# f'", &["a|{b}|e{# f"]);
}
