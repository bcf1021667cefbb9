//! Text made to break parsers, and arbitrary text: bounded, never a panic, never silence.

use super::{Recorder, opaque, record};
use crate::interpret::shell::prescan::{Refusal, Source};
use crate::limits;
use crate::vocabulary::Completeness;

/// Runs `work` on a stack as small as that of a thread.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn bombs_are_refused() {
    on_small_stack(|| {
        for opener in [
            "$(",
            "`",
            "<(",
            "(",
            "{ ",
            "{a,",
            "${x:-",
            "\"$(",
            "$((",
            "if ",
            "while ",
            "[[ ( ",
            "case x in a) ",
            "f() { ",
        ] {
            for count in [25, 101, 1_001, 20_001] {
                let text = opener.repeat(count);
                assert!(Source::scan(&text).is_err(), "{opener} {count}");
                opaque(&text);
            }
        }
        assert_eq!(
            Source::scan(&"a".repeat(1 << 20)).unwrap_err(),
            Refusal::TooLong
        );
    });
}

#[test]
fn more_than_anybody_writes_is_refused_before_it_is_parsed() {
    for (unit, count) in [
        ("rm a;", limits::SHELL_COMMANDS),
        (">a ", limits::SHELL_COMMANDS),
        ("(a);", limits::SHELL_COMMANDS / 2),
        ("a ", limits::SHELL_WORDS),
        ("${a}", limits::SHELL_EXPANSIONS),
        ("$a", limits::SHELL_PIECES),
        ("''", limits::SHELL_PIECES),
        ("\"\"", limits::SHELL_PIECES),
        ("#a\n", limits::SHELL_PIECES),
    ] {
        assert!(Source::scan(&unit.repeat(count)).is_ok(), "{unit}");
        let more = unit.repeat(count + 1);
        assert_eq!(Source::scan(&more).unwrap_err(), Refusal::TooMany, "{unit}");
        opaque(&more);
    }
    for (stuck, apart) in [
        ("(rm a)", "(rm a);"),
        ("{ a; }(b)", "{ a; }; (b);"),
        ("((1))(a)", "((1)); (a);"),
    ] {
        assert!(Source::scan(&apart.repeat(40)).is_ok(), "{apart}");
        let more = stuck.repeat(40);
        assert_eq!(
            Source::scan(&more).unwrap_err(),
            Refusal::TooMany,
            "{stuck}"
        );
        opaque(&more);
    }
    let arms = format!(
        "case a in {}esac",
        "a) b;; ".repeat(limits::SHELL_COMMANDS / 2)
    );
    assert_eq!(Source::scan(&arms).unwrap_err(), Refusal::TooMany);
    let conditions = "if (a) { b; }\n".repeat(12);
    assert_eq!(Source::scan(&conditions).unwrap_err(), Refusal::TooDeep);
    opaque(&conditions);
    let branches = "if (a) then b; elif [[ c ]] then d; fi\n".repeat(30);
    assert!(Source::scan(&branches).is_ok());
    for group in [
        "if (a) { b; }\n{ c; }\n",
        "if [[ a ]] { b; }; { c; }",
        "if a; { b; } # c\n{ d; }\n",
    ] {
        assert_eq!(
            Source::scan(group).unwrap_err(),
            Refusal::TooDeep,
            "{group}"
        );
        opaque(group);
    }
    let joined = "a(b)".repeat(40);
    assert_eq!(
        Source::scan(&format!("ls {joined}")).unwrap_err(),
        Refusal::TooMany
    );
    opaque(&format!("ls {joined}"));
    assert!(Source::scan(&"x=(a b)\n".repeat(100)).is_ok());
    assert!(Source::scan(&"ls *.@(c|h) !(a)b+(c) ".repeat(40)).is_ok());
    for group in [
        "if { a; } && { b; } || ! { c; }; then { d; }; { e; }; fi",
        "if a; { b; }; then c; fi; if a; { b; }; then c; fi",
        "if { { a; } } then { b; }; fi; { c; }; { d; }",
    ] {
        assert!(Source::scan(group).is_ok(), "{group}");
    }
    assert!(Source::scan(&"f() { a; }; function g { b; }; { c; }; ".repeat(40)).is_ok());
    assert!(Source::scan(&"echo {; ".repeat(16)).is_ok());
    let arguments = "echo {; ".repeat(17);
    assert_eq!(
        Source::scan(&arguments).unwrap_err(),
        Refusal::TooManyBraces
    );
    assert!(Source::scan(&"{a,b} ".repeat(512)).is_ok());
    let braces = "{a,b} ".repeat(513);
    assert_eq!(Source::scan(&braces).unwrap_err(), Refusal::TooManyBraces);
}

#[test]
fn long_text_that_is_no_commands_is_read() {
    let text = "rm a; b\n".repeat(1_500);
    for line in [
        format!("git commit -m '{text}'"),
        format!("cat > a.sh <<'E'\n{text}E\n"),
        format!("# {}\nls", text.replace('\n', " ")),
        "echo 'one line of a long script'; test -f a && cp a b\n".repeat(120),
    ] {
        assert!(Source::scan(&line).is_ok(), "{}", &line[..40]);
    }
}

#[test]
fn balanced_nesting_is_read_up_to_the_limit() {
    on_small_stack(|| {
        for (open, close) in [
            ("$(", ")"),
            ("( ", ")"),
            ("{ ", "; }"),
            ("\"$(", ")\""),
            ("if a; then ", "; fi"),
            ("<(", ")"),
        ] {
            for depth in [1, 8, 20] {
                let text = format!("echo x; {}rm x{}", open.repeat(depth), close.repeat(depth));
                let recorder = record(&text);
                let read = recorder.ran.iter().any(|ran| ran == "rm|x");
                assert!(read || !recorder.opaque.is_empty(), "{text}");
                assert!(read || depth > 8, "{text}: {:?}", recorder.opaque);
            }
            let depth = limits::SHELL_DEPTH + 1;
            let text = format!("{}rm x{}", open.repeat(depth), close.repeat(depth));
            assert_eq!(Source::scan(&text).unwrap_err(), Refusal::TooDeep, "{text}");
        }
    });
}

#[test]
fn work_is_bounded() {
    for text in [
        "a=xxxxxxxxxxxxxxxx;".to_owned() + &"a=$a$a;".repeat(500) + "rm $a",
        "a=(x y);".to_owned() + &"a=(\"${a[@]}\" \"${a[@]}\");".repeat(300) + "rm ${a[@]}",
        "x;".repeat(limits::ACTIONS + 1),
        "echo ".to_owned() + &"a ".repeat(limits::COMMAND_WORDS + 1),
        "f0() { x; };".to_owned()
            + &(1..12)
                .map(|n| format!("f{n}() {{ f{0}; f{0}; }};", n - 1))
                .collect::<String>()
            + "f11",
        "for a in 1 2 3 4 5 6 7 8; do ".repeat(12)
            + "x;"
            + &" done;".repeat(12)
            + &"y;".repeat(600),
        "{1..200}{1..200}{1..200}".to_owned() + &"{a,b}".repeat(600),
        "echo ".to_owned() + &"{1..250} ".repeat(20),
        format!("set -- {};", "a ".repeat(900)) + &"b \"$@\";".repeat(20),
        format!("a=({});", "b ".repeat(900)) + &"c ${a[@]};".repeat(20),
        "a ".to_owned() + &">b ".repeat(limits::SHELL_REDIRECTIONS + 1),
    ] {
        let recorder = record(&text);
        assert!(
            recorder.ran.len() <= limits::ACTIONS,
            "{}",
            recorder.ran.len()
        );
        assert!(
            !recorder.opaque.is_empty() || recorder.ran.len() < 20,
            "{}",
            &text[..60]
        );
    }
}

/// How many acts of a shell text are not known exactly.
fn inexact(text: &str) -> usize {
    let call = serde_json::json!({
        "tool": "Bash", "arguments": {"command": text}, "agent": {"id": "a"},
    });
    let call = crate::wire::call_from_json(call.to_string().as_bytes()).unwrap();
    let drafts = crate::interpret::interpret(&call);
    let inexact = drafts
        .iter()
        .filter(|draft| draft.completeness != Completeness::Exact);
    inexact.count()
}

/// Text that is no longer than may be parsed, too long to be a command, and run again and again.
#[test]
fn text_inside_text_is_parsed_so_often_and_no_more() {
    let evals = |times: usize, words: usize| {
        inexact(&format!(
            "a='echo {}';{}",
            "b ".repeat(words),
            "eval \"$a\";".repeat(times)
        ))
    };
    assert_eq!(evals(2, limits::COMMAND_WORDS + 50), 2);
    assert!(evals(60, limits::COMMAND_WORDS + 50) < 8);
    assert_eq!(evals(4, 100), 0);
}

#[test]
fn more_requests_than_are_read_are_not_waved_through() {
    let request = "curl https://api.github.com/repos/a/b;";
    assert_eq!(inexact(&request.repeat(limits::CLIENTS)), 0);
    assert_eq!(inexact(&request.repeat(limits::CLIENTS + 10)), 1);
}

/// xorshift64: the same texts on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

const TOKENS: [&str; 78] = [
    "a",
    "rm",
    "x=1",
    "$x",
    "${x}",
    "${x:-",
    "}",
    "$(",
    ")",
    "`",
    "'",
    "\"",
    "\\",
    " ",
    " ",
    " ",
    "\n",
    ";",
    "&&",
    "||",
    "|",
    "&",
    "(",
    "{ ",
    "; }",
    "<",
    ">",
    ">>",
    "<<E\n",
    "\nE\n",
    "<<'E'\n",
    "<<<",
    "<(",
    ">(",
    "$((",
    "))",
    "((",
    "[[ ",
    " ]]",
    "if ",
    "then ",
    "fi",
    "for i in ",
    "do ",
    "done",
    "case x in ",
    "a) ",
    ";; ",
    "esac",
    "while ",
    "f() ",
    "function g ",
    "#",
    "*",
    "?",
    "[",
    "]",
    "~",
    "{a,b}",
    "{1..3}",
    "=",
    "+=",
    "a=(",
    "$'",
    "\\n",
    "é",
    "!",
    "time ",
    "coproc ",
    "2>&1",
    "&>",
    "eval ",
    "alias q=",
    "cd ",
    "export ",
    "read ",
    "${#x}",
    "$@",
];

#[test]
fn arbitrary_text_ends_without_a_panic() {
    on_small_stack(|| {
        let mut random = Random(0x5eed_cafe_f00d_1234);
        let mut readable = 0;
        for _ in 0..6_000 {
            let length = 1 + random.below(24);
            let text: String = (0..length)
                .map(|_| TOKENS[random.below(TOKENS.len())])
                .collect();
            let recorder: Recorder = record(&text);
            readable += usize::from(recorder.opaque.is_empty());
            assert!(recorder.ran.len() <= limits::ACTIONS);
        }
        assert!(
            readable > 100,
            "the generator must reach the walker: {readable}"
        );
    });
}

#[test]
fn a_marker_in_generated_nesting_always_runs_or_is_opaque() {
    const WRAPS: [(&str, &str); 22] = [
        ("$(", ")"),
        ("\"$(", ")\""),
        ("`", "`"),
        ("<(", ")"),
        (" ( ", ")"),
        ("{ ", "; }"),
        ("if ", "; then a; fi"),
        ("if a; then ", "; fi"),
        ("while ", "; do a; done"),
        ("for i in a b; do ", "; done"),
        ("echo ", ""),
        ("echo ${x:-$(", ")}"),
        ("a && ", " || b"),
        ("a | ", " | b"),
        ("x=$(", ")"),
        ("f() { ", "; }"),
        ("case $(", ") in *) a;; esac"),
        ("case x in a) ", ";; esac"),
        ("cat <<E\n$(", ")\nE\n"),
        ("[[ -n $(", ") ]]"),
        ("echo $(( $(", ") + 1 ))"),
        ("! ", " > o"),
    ];
    on_small_stack(|| {
        let mut random = Random(0x0123_4567_89ab_cdef);
        let mut ran = 0;
        for _ in 0..3_000 {
            let mut text = "marker".to_owned();
            for _ in 0..random.below(5) {
                let (open, close) = WRAPS[random.below(WRAPS.len())];
                text = format!("{open}{text}{close}");
            }
            let recorder = record(&text);
            let found = recorder
                .ran
                .iter()
                .any(|line| line.split('|').any(|word| word == "marker"));
            assert!(
                found || !recorder.opaque.is_empty(),
                "{text}: {:?}",
                recorder.ran
            );
            ran += usize::from(found);
        }
        assert!(ran > 1_500, "{ran}");
    });
}
