//! No input makes an interpreter panic, run out of stack or say nothing: pieces of each language thrown
//! together, and the same piece over and over, on a stack of 512 KiB.

use checkrein::interpret::interpret;
use checkrein::{limits, wire};
use checkrein_tests::lines::Chance;
use serde_json::{Value, json};

const STACK: usize = 512 * 1024;
/// Texts of each language.
const TEXTS: usize = 400;

const LANGUAGES: [(&str, &[&str]); 6] = [
    (
        "shell",
        &[
            "rm ",
            "-rf ",
            "/",
            "$(",
            ")",
            "`",
            "'",
            "\"",
            "${x:-",
            "}",
            "{a,",
            "|",
            "&&",
            ";",
            "\n",
            "<<E\n",
            "E\n",
            "<(",
            "f(){ ",
            "case x in ",
            "esac",
            "if a; then ",
            "fi",
            "for i in ",
            "do ",
            "done ",
            "[[ ",
            "]] ",
            "((",
            "))",
            "\\",
            "$'\\x41'",
            "a=",
            "eval ",
            "bash -c '",
            "sudo ",
            "xargs ",
            "curl -d @",
            "> f ",
            "é",
            "\u{202e}",
            "\0",
            "*",
            "~",
            "#",
        ],
    ),
    (
        "sql",
        &[
            "select ",
            "from t ",
            "where ",
            "(",
            ")",
            "'",
            "\"",
            "`",
            "[",
            "]",
            ";",
            "--",
            "/*",
            "*/",
            "$$",
            "$a$",
            "drop table ",
            "delete ",
            "with a as (",
            "union ",
            "case when ",
            "end ",
            "begin ",
            "do ",
            "execute '",
            "\\! ",
            "\\copy ",
            "join t ",
            "1",
            ",",
            "=",
            "exec(",
            "go\n",
            "/*!",
            "E'\\'",
            "é",
            "\0",
            "copy t to program '",
            "delimiter //\n",
        ],
    ),
    (
        "python",
        &[
            "import os\n",
            "os.system(",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "'",
            "\"\"\"",
            "f'{",
            "}'",
            "lambda x: ",
            "def f():\n",
            "  ",
            "\n",
            "if x:\n",
            "for a in b:\n",
            "a.b",
            ".c",
            "=",
            "not ",
            "await ",
            "**",
            ",",
            "#",
            "\\",
            "é",
            "\0",
            "eval(",
            "open('",
            "subprocess.run(",
            "x",
            "1",
            "@",
            ":",
            "class A:\n",
            "match x:\n case ",
        ],
    ),
    (
        "javascript",
        &[
            "require('fs')",
            ".rmSync(",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "'",
            "`",
            "${",
            "=>",
            "async ",
            "await ",
            "function f(){",
            "class A{",
            "import('",
            "/",
            "/*",
            "*/",
            "//",
            "\n",
            "a.b",
            "?.",
            "...",
            "!",
            "new ",
            "eval(",
            "fetch(",
            "<a>",
            "x",
            "=",
            ";",
            "é",
            "\0",
            "if(a)",
            "for(;;)",
            "? a :",
            ",",
        ],
    ),
    (
        "powershell",
        &[
            "Remove-Item ",
            "-Recurse ",
            "(",
            ")",
            "{",
            "}",
            "'",
            "\"",
            "$x",
            "$(",
            "@'\n",
            "\n'@",
            "`",
            "|",
            ";",
            "iex ",
            "[a]::b(",
            ".c(",
            "=",
            "#",
            "<#",
            "#>",
            "&",
            ">",
            "\n",
            "é",
            "\0",
            "if (",
            "foreach ($a in ",
        ],
    ),
    (
        "graphql",
        &[
            "mutation ",
            "query ",
            "{",
            "}",
            "(",
            ")",
            "a",
            ":",
            "\"",
            "\"\"\"",
            "$x",
            "...F ",
            "fragment F on M ",
            "volumeDelete",
            "@skip(if: ",
            "true",
            "[",
            "]",
            "1",
            ",",
            "#",
            "\n",
            "é",
            "\0",
            "...{",
        ],
    ),
];

fn call(language: &str, text: &str) -> Value {
    let (tool, arguments) = match language {
        "shell" => ("Bash", json!({"command": text})),
        "sql" => ("execute_sql", json!({"query": text})),
        "powershell" => ("PowerShell", json!({"command": text})),
        "graphql" => {
            let body = json!({"query": text}).to_string();
            let url = "https://backboard.railway.app/graphql/v2";
            ("fetch", json!({"url": url, "method": "POST", "body": body}))
        }
        language => ("execute_code", json!({"language": language, "code": text})),
    };
    json!({"tool": tool, "arguments": arguments, "agent": {"id": "a"}, "workspace": {"root": "/repo", "cwd": "/repo"}})
}

fn understood(language: &str, text: &str) {
    let call = call(language, text).to_string();
    if let Ok(call) = wire::call_from_json(call.as_bytes()) {
        assert!(
            !interpret(&call).is_empty(),
            "{language}: nothing is understood"
        );
    }
}

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    thread.expect("a thread").join().expect("no panic");
}

#[test]
fn pieces_thrown_together_are_read_or_refused() {
    on_a_small_stack(|| {
        let mut chance = Chance::new(7);
        for (language, pieces) in LANGUAGES {
            for _ in 0..TEXTS {
                understood(language, &chance.text(pieces, 60));
            }
        }
    });
}

#[test]
fn one_piece_over_and_over_is_read_or_refused() {
    on_a_small_stack(|| {
        for (language, pieces) in LANGUAGES {
            for piece in pieces {
                for length in [300, limits::SHELL_BYTES - 1, 60 * 1024] {
                    understood(language, &piece.repeat(length / piece.len()));
                }
            }
        }
    });
}

#[test]
fn two_pieces_in_turns_are_read_or_refused() {
    on_a_small_stack(|| {
        let mut chance = Chance::new(11);
        for (language, pieces) in LANGUAGES {
            for _ in 0..TEXTS / 4 {
                let pair = chance.text(pieces, 3);
                understood(language, &pair.repeat(12 * 1024 / pair.len().max(1)));
            }
        }
    });
}

/// Texts that nest `levels` deep in ways that parsers and walkers follow.
fn nested(levels: usize) -> Vec<(&'static str, String)> {
    let shell = |open: &str, close: &str| {
        let text = format!("{}a{}", open.repeat(levels), close.repeat(levels));
        ("shell", text)
    };
    vec![
        shell("! time ", ""),
        shell("time -p ", ""),
        shell("time >f ", ""),
        shell("time \n", ""),
        shell("time # c\n", ""),
        shell("<<<b time ", ""),
        shell("if >f ", ""),
        shell("while &>f ", ""),
        shell("x=1 { ", ""),
        shell("coproc a | ", ""),
        shell("time { ", "; }"),
        shell("coproc { ", "; }"),
        shell("f() { ", "; }"),
        shell("function f { ", "; } >g"),
        shell("if a; then b; elif c; then ", "; fi"),
        shell("while ", "; do a; done"),
        shell("case x in a) ", ";; esac"),
        shell("a | if b && { ", "; }; then c; fi >d"),
        shell("for i in a b; do x=$x$i; a \"$(b ", ")\"; done"),
    ]
}

/// Functions and texts that each nest `levels` deep and lead to the next one, `links` times.
fn chained(links: usize, levels: usize) -> Vec<(&'static str, String)> {
    let mut texts = Vec::new();
    for (open, close) in [
        ("{ ", "; }"),
        ("( ", " )"),
        ("for i in a b; do ", "; done"),
        ("case x in y) ", ";; esac"),
        ("a \"$(", ")\""),
    ] {
        let link = |inner: &str| format!("{}{inner}{}", open.repeat(levels), close.repeat(levels));
        let (mut functions, mut evals) = (String::new(), String::new());
        for index in (0..links).rev() {
            let next = index + 1;
            let (call, eval) = if next == links {
                ("rm a".to_owned(), "rm a".to_owned())
            } else {
                (format!("f{next}"), format!("eval \"$x{next}\""))
            };
            functions.push_str(&format!("f{index}() {{ {}; }}; ", link(&call)));
            evals.push_str(&format!("x{index}='{}'; ", link(&eval)));
        }
        texts.push(("shell", format!("{functions}f0")));
        texts.push(("shell", format!("{evals}eval \"$x0\"")));
    }
    for (open, close) in [("g(", ")"), ("[", "]"), ("h(lambda x: ", ")")] {
        let mut code = "import os\n".to_owned();
        for index in (0..links).rev() {
            let inner = match index + 1 {
                next if next == links => "os.system(os.environ['x'])".to_owned(),
                next => format!("f{next}(a)"),
            };
            let (open, close) = (open.repeat(levels), close.repeat(levels));
            code.push_str(&format!("def f{index}(a):\n return {open}{inner}{close}\n"));
        }
        code.push_str("f0(1)\n");
        let (open, close) = ("( ".repeat(levels), " )".repeat(levels));
        let shell = format!(
            "export p='{}'; x='{open}python -c \"$p\"{close}'; export x; eval \"$x\"",
            code.replace('\'', "'\\''")
        );
        texts.push(("python", code));
        texts.push(("shell", shell));
    }
    texts
}

#[test]
fn what_nests_in_many_ways_is_read_or_refused() {
    on_a_small_stack(|| {
        for levels in [11, 12, 20, 22, 23, 24, 25, 200] {
            for (language, text) in nested(levels) {
                understood(language, &text);
            }
        }
        for (links, levels) in [
            (3, 23),
            (5, 10),
            (6, 23),
            (9, 20),
            (9, 28),
            (16, 10),
            (40, 3),
        ] {
            for (language, text) in chained(links, levels) {
                understood(language, &text);
            }
        }
    });
}

/// What is too deep is opaque, never harmless.
#[test]
fn what_is_too_deep_is_opaque() {
    for text in [
        format!("{}rm -rf /", "time ".repeat(200)),
        format!("{}rm -rf /", "<<<b time ".repeat(200)),
        format!("{}rm -rf /", "if >f ".repeat(200)),
    ] {
        let call = wire::call_from_json(call("shell", &text).to_string().as_bytes());
        let actions = interpret(&call.expect("a call"));
        let opaque = |draft: &checkrein::action::Draft| {
            draft.completeness == checkrein::vocabulary::Completeness::Opaque
        };
        assert!(actions.iter().any(opaque), "{text:.40}");
    }
}

/// What is too much of something is opaque, and a little of it is not.
#[test]
fn what_is_too_much_is_opaque() {
    let fetched = "curl https://a.example -d 'a=b&c=d' ";
    for (language, unit, few, many) in [
        ("shell", "echo a[b;", 3, 20),
        ("shell", "python3 -c 'print(1)';", 3, 150),
        ("shell", "if a; then b; fi;", 3, 600),
        ("shell", fetched, 1, 300),
        ("javascript", "/a/g;", 3, 4_000),
        ("python", "print(1)\n", 3, 1_600),
    ] {
        let opaque = |times: usize| {
            let text = unit.repeat(times);
            let call = wire::call_from_json(call(language, &text).to_string().as_bytes());
            let actions = interpret(&call.expect("a call"));
            let mut hidden = actions.iter().filter(|draft| {
                draft.completeness == checkrein::vocabulary::Completeness::Opaque
                    && !draft.operation.starts_with("program:")
            });
            hidden.next().is_some()
        };
        assert!(!opaque(few), "{few} of {unit}");
        assert!(opaque(many), "{many} of {unit}");
    }
}
