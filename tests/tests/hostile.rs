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
