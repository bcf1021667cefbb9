//! Reading code, on stacks as small as those of threads and of WebAssembly.

use proptest::prelude::*;

use super::{javascript, python};
use crate::interpret::interpret;
use crate::{limits, wire};

/// What a call of a tool for code means: operation and id of each act.
fn acts(language: &str, code: &str) -> Vec<(String, String)> {
    let call = serde_json::json!({
        "tool": "execute_code",
        "arguments": {"code": code, "language": language},
        "agent": {"id": "a"},
        "workspace": {"root": "/repo", "cwd": "/repo"},
    });
    let call = wire::call_from_json(call.to_string().as_bytes()).unwrap();
    interpret(&call)
        .into_iter()
        .map(|draft| (draft.operation.into_owned(), draft.resource.id))
        .collect()
}

fn does(language: &str, code: &str, operation: &str, id: &str) -> bool {
    acts(language, code).contains(&(operation.to_owned(), id.to_owned()))
}

#[test]
fn texts_are_followed_through_names_and_functions() {
    for code in [
        "import os\np = '/d'\nos.remove(p + '/a')",
        "import os as o\ndef f(x, y='a'):\n  return x + '/' + y\no.remove(f('/d'))",
        "from os import remove as r\nq = {'k': ['/d/a']}\nr(q['k'][0])",
        "import os\n(lambda p: os.remove(p))('/d/a')",
        "import os\na, (b, c) = 1, ('/d', 'a')\nos.remove(f'{b}/{c}')",
        "import os\nx = None\nif x is None:\n  x = '/d/a'\nos.remove(x)",
        "import os\ntry:\n  os.remove('/d/a')\nexcept OSError:\n  pass",
        "import os\nos.remove('%s/%s' % ('/d', 'a'))",
        "import os\nif (p := '/d/a'):\n  os.remove(p)",
        "import os\nwith open('x') as f, open('y') as g:\n  os.remove('/d/a')",
    ] {
        assert!(
            does("python", code, "fs:remove", "/d/a"),
            "{code}\n{:?}",
            acts("python", code)
        );
    }
    for code in [
        "const p = '/d'; require('fs').unlinkSync(p + '/a')",
        "import { unlinkSync as u } from 'node:fs'; u(`${'/d'}/a`)",
        "const f = (x, y = 'a') => x + '/' + y; require('fs').unlinkSync(f('/d'))",
        "const o = {k: ['/d/a']}; const {k: [p]} = o; require('fs').unlinkSync(p)",
        "let p; if (!p) { p = '/d/a' } require('fs').unlinkSync(p)",
        "(async () => { const fs = await import('fs'); fs.unlinkSync('/d/a') })()",
        "globalThis.require('fs')['unlink' + 'Sync']('/d/a')",
        "class A { static { require('fs').unlinkSync('/d/a') } }",
        "for (const p of ['/d/a']) require('fs').unlinkSync(p)",
        "switch (x) { case 1: require('fs').unlinkSync('/d/a') }",
    ] {
        assert!(
            does("javascript", code, "fs:remove", "/d/a"),
            "{code}\n{:?}",
            acts("javascript", code)
        );
    }
}

#[test]
fn what_grows_without_end_is_bounded() {
    let mut texts = vec![
        format!("x = 'aaaaaaaa'\n{}", "x = x + x\n".repeat(1_000)),
        format!("x = [1]\n{}", "x = x + x\n".repeat(1_000)),
        format!("x = [1]\n{}", "x = [x, x]\n".repeat(1_000)),
        format!("x = {{}}\n{}", "x = {'a': x, 'b': x}\n".repeat(600)),
        format!("x = {{}}\n{}", "x['a'] = x\n".repeat(1_000)),
        format!("x = 1\n{}", "x = f(x, x)\n".repeat(1_000)),
        format!("x = f\n{}", "x = x(x)\n".repeat(1_000)),
        "def f(x):\n  return f(x) + f(x)\nf(1)\n".to_owned(),
        "exec('exec(\"exec(1)\")')\n".repeat(500),
    ];
    let mut calls = String::from("def f0(x):\n  pass\n");
    for n in 1..200 {
        let before = n - 1;
        calls.push_str(&format!("def f{n}(x):\n  f{before}(x)\n  f{before}(x)\n"));
    }
    texts.push(calls);
    for text in texts {
        on_small_stack(move || drop(acts("python", &text)));
    }
}

#[test]
fn commands_of_notebooks_inside_brackets_are_no_panic() {
    for text in [
        "qx(]ximport os\n%\n//",
        "qx( ] x import os \n % \n //",
        "f(\n//a\n)",
        "%\nx = /a b",
    ] {
        assert!(!acts("python", text).is_empty());
    }
}

/// Parts of which code is made, in any order.
const PARTS: &[&str] = &[
    "import os",
    "from os import *",
    "os",
    "remove",
    ".",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'a'",
    "\"b\"",
    "`",
    "${",
    "x",
    "=",
    "+",
    "%",
    "/",
    "=>",
    "function",
    "lambda",
    ":",
    ",",
    ";",
    "\n",
    "\n  ",
    "def f(x):",
    "if",
    "else",
    "for",
    "in",
    "await",
    "async",
    "return",
    "class A",
    "eval",
    "exec",
    "require",
    "fetch",
    "...",
    "*",
    "**",
    "!",
    "not",
    "f'{",
    "}'",
    "1",
    "system",
    "unlink",
    "é",
    "\u{2028}",
    "//",
    "/*",
    "*/",
    "#",
    "%%bash",
    "!ls",
    "@",
    "\\",
    "qx(",
    "|",
    ">",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_read(text in "\\PC{0,80}") {
        for language in ["python", "javascript", "ruby", "awk", "code"] {
            prop_assert!(!acts(language, &text).is_empty());
        }
    }

    #[test]
    fn any_parts_are_read(parts in prop::collection::vec(prop::sample::select(PARTS), 0..40)) {
        for between in ["", " "] {
            let text = parts.join(between);
            for language in ["python", "javascript", "perl", "code"] {
                prop_assert!(!acts(language, &text).is_empty());
            }
        }
    }
}

#[test]
fn a_call_of_call_itself_is_not_followed_for_ever() {
    for call in [
        "Function.prototype.call.call(f, 1)",
        "Function.prototype.apply.apply(f, [1])",
        "a.call.call.call(1)",
    ] {
        let found = acts("javascript", call);
        assert!(
            found
                .iter()
                .any(|(operation, _)| operation == "code:opaque"),
            "{call}: {found:?}"
        );
    }
    let plain = acts(
        "javascript",
        "Math.max.apply(null, [1, 2]); Math.max.call(null, 1)",
    );
    assert!(
        plain
            .iter()
            .all(|(operation, _)| operation != "code:opaque"),
        "{plain:?}"
    );
}

#[test]
fn escapes_of_notebooks_are_no_panic() {
    for slash in ["/", "\\/", "\\\n/", " $/", "\u{b7}/", "`?"] {
        assert!(!acts("python", &format!("!\nlambda\n{slash}")).is_empty());
        assert!(!acts("python", &format!("!a\nf(\n{slash}")).is_empty());
    }
}

/// Runs `work` on a stack of 512 KiB.
fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new()
        .stack_size(512 * 1024)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap()
}

/// Texts that are as deep as they can be: what opens, what stands inside, what closes.
const NESTED_PYTHON: &[(&str, &str, &str)] = &[
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("{", "1", "}"),
    ("{1:", "1", "}"),
    ("f(", "1", ")"),
    ("f[", "1", "]"),
    ("not ", "x", ""),
    ("-", "1", ""),
    ("~", "1", ""),
    ("await ", "x", ""),
    ("lambda a, b: ", "1", ""),
    ("lambda: ", "1", ""),
    ("a if b else ", "1", ""),
    ("1 ** ", "1", ""),
    ("a.b", "", ""),
    ("a()", "", ""),
    ("a[0]", "", ""),
    ("1 + ", "1", ""),
    ("1 < ", "1", ""),
    ("a and ", "a", ""),
    ("a = ", "1", ""),
    ("x := (", "1", ")"),
    ("f'{", "1", "}'"),
    ("f\"{", "1", "}\""),
    ("f'''{", "1", "}'''"),
    ("[x for x in ", "y", "]"),
    ("(*", "x", ")"),
    ("'a' ", "'b'", ""),
    ("@", "a", ""),
    ("yield ", "x", ""),
    ("print(a if ", "b", " else c)"),
    ("match (", "x", "):\n"),
    ("[", "", ""),
    ("(;", "", ""),
    ("((;\n", "", ""),
    ("f'{(", "", "\n"),
];

#[test]
fn deep_python_does_not_overflow_the_stack() {
    for (open, inside, close) in NESTED_PYTHON {
        for count in [8, 30, 33, 100, 159, 170, 1_000, 8_000] {
            let text = format!("{}{inside}{}", open.repeat(count), close.repeat(count));
            if text.len() <= 2 * limits::CODE_BYTES {
                on_small_stack(move || drop(python::read(&text)));
            }
        }
    }
}

#[test]
fn deep_blocks_of_python_do_not_overflow_the_stack() {
    for head in [
        "if x:",
        "for x in y:",
        "while x:",
        "with x:",
        "try:",
        "def f():",
        "class A:",
        "match x:",
        "async def f():",
    ] {
        for count in [10, 31, 40, 150] {
            let mut text = String::new();
            for depth in 0..count {
                text.push_str(&" ".repeat(depth));
                text.push_str(head);
                text.push('\n');
            }
            text.push_str(&" ".repeat(count));
            text.push_str("pass\n");
            on_small_stack(move || drop(python::read(&text)));
        }
    }
}

const NESTED_JAVASCRIPT: &[(&str, &str, &str)] = &[
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("({a:", "1", "})"),
    ("f(", "1", ")"),
    ("!", "x", ""),
    ("- ", "1", ""),
    ("-+", "1", ""),
    ("typeof ", "x", ""),
    ("void ", "x", ""),
    ("await ", "x", ""),
    ("new ", "x", ""),
    ("a => ", "1", ""),
    ("async a => ", "1", ""),
    ("(a, b) => ", "1", ""),
    ("a ? b : ", "1", ""),
    ("a ? ", "1", ": b"),
    ("1 ** ", "1", ""),
    ("a = ", "1", ""),
    ("a.b", "", ""),
    ("a()", "", ""),
    ("a?.b", "", ""),
    ("1 + ", "1", ""),
    ("a || ", "1", ""),
    ("a, ", "1", ""),
    ("`${", "1", "}`"),
    ("if (a) ", "b", ""),
    ("if (a)\n", "b", ""),
    ("if (a) {} else ", "b", ""),
    ("for (;;) ", "b", ""),
    ("while (a)\n", "b", ""),
    ("do ", "b", " while (1)"),
    ("a: ", "b", ""),
    ("{", "", "}"),
    ("function f() {", "", "}"),
    ("class A extends ", "B", " {}"),
    ("class A { static {", "", "} }"),
    ("[a] = ", "b", ""),
    ("({a} = ", "b", ")"),
    ("...", "a", ""),
    ("delete ", "a.b", ""),
    ("yield ", "a", ""),
    ("a<", "b", ">"),
    ("let x: A<", "b", ">"),
    ("let x: keyof ", "b", ""),
    ("<a>", "b", ""),
    ("/\"/; ((((\"))))\"", "", ""),
    ("if (a) /\"/; ((((\"))))\"", "", ""),
    ("x\n++\n", "y", ""),
    ("switch (a) { case ", "b", ": }"),
    ("try {", "", "} catch {}"),
    ("import(", "'a'", ")"),
    ("a`${", "1", "}`"),
    ("(a = ", "1", ") => 1"),
    ("((a) => ", "1", ")"),
    ("async (", "a", ")"),
];

#[test]
fn deep_javascript_does_not_overflow_the_stack() {
    for (open, inside, close) in NESTED_JAVASCRIPT {
        for count in [8, 30, 33, 100, 500, 1_000, 8_000] {
            let text = format!("{}{inside}{}", open.repeat(count), close.repeat(count));
            if text.len() <= 2 * limits::CODE_BYTES {
                on_small_stack(move || drop(javascript::read(&text)));
            }
        }
    }
}

#[test]
fn ordinary_code_is_not_too_deep() {
    let python = "import os\n\ndef main():\n    for x in range(3):\n        if x:\n            print(f'{x:>3} {os.getcwd()!r}')\n\nif __name__ == '__main__':\n    main()\n";
    assert!(python::read(python).is_some());
    for text in [
        "console.log(1 / 2, /a[/]b/.test('x'), `a ${b} c`)",
        "const a = 1\nconst b = 2\n".repeat(60).as_str(),
        "if (a) { b() } else if (c) { d() } else { e() }",
        "const f = async (x) => { const r = await fetch(x); return (await r.json()).map((y) => y.id) }",
        "for (const x of y) if (x) console.log(x)",
        "import fs from 'fs'\nexport const x = fs.readFileSync('a', 'utf8').split('\\n').filter(Boolean)",
        "const x: number = 1; interface A { b: string }",
        "a = b / c; d = (e + f) / g",
    ] {
        assert!(javascript::read(text).is_some(), "{text}");
    }
}

#[test]
fn what_cannot_be_parsed_is_not_guessed_at() {
    assert!(python::read("print 'x'").is_none());
    assert!(python::read("def f(:").is_none());
    assert!(javascript::read("const = 1").is_none());
    assert!(javascript::read("a <!-- b").is_none());
}

#[test]
fn the_name_of_a_tool_tells_its_language() {
    let read = |tool: &str, code: &str| {
        let call =
            serde_json::json!({"tool": tool, "arguments": {"code": code}, "agent": {"id": "a"}});
        interpret(&wire::call_from_json(call.to_string().as_bytes()).unwrap())
    };
    let both = "f(1)";
    for (tool, kinds) in [
        ("run_python", &["python"][..]),
        ("executeJavaScript", &["javascript"]),
        ("mcp__sandbox__run_ts", &["javascript"]),
        // A node may be a machine, and a name may tell of two.
        ("run_node", &["javascript", "python"]),
        ("python_to_js", &["javascript", "python"]),
        ("execute_code", &["javascript", "python"]),
    ] {
        let drafts = read(tool, both);
        let languages = drafts
            .iter()
            .filter_map(|draft| draft.operation.strip_prefix("code:"));
        let mut languages: Vec<&str> = languages.collect();
        languages.sort_unstable();
        languages.dedup();
        assert_eq!(languages, kinds, "{tool}");
    }
    // What only one of the languages would refuse for its length is read in none, and could be anything.
    let of_bytes = |bytes: usize| format!("f('{}')", "a".repeat(bytes));
    let long = of_bytes(limits::UNTOLD_CODE_BYTES);
    let mixed = of_bytes(limits::MIXED_CODE_BYTES);
    for (tool, text, unknown) in [
        ("execute_code", &long, true),
        ("execute_code", &mixed, true),
        ("execute_code", &both.to_owned(), false),
        ("run_python", &long, false),
        ("run_python", &mixed, false),
    ] {
        let drafts = read(tool, text);
        let found = drafts
            .iter()
            .any(|draft| draft.verb == crate::vocabulary::Verb::Unknown);
        assert_eq!(found, unknown, "{tool} {}", text.len());
    }
}

#[test]
fn more_code_than_is_read_could_be_anything() {
    for (language, piece) in [
        ("python", "f(x)\n"),
        ("javascript", "f(x);"),
        ("ruby", "f(x)\n"),
    ] {
        let code = |times: usize| {
            let call = serde_json::json!({
                "tool": "execute_code",
                "arguments": {"code": piece.repeat(times), "language": language},
                "agent": {"id": "a"},
            });
            interpret(&wire::call_from_json(call.to_string().as_bytes()).unwrap())
        };
        let unknown = |drafts: &[crate::action::Draft]| {
            drafts
                .iter()
                .any(|draft| draft.verb == crate::vocabulary::Verb::Unknown)
        };
        assert!(!unknown(&code(20)), "{language}");
        assert!(unknown(&code(2_000)), "{language}: too many tokens");
        assert!(unknown(&code(9_000)), "{language}: too long");
    }
}
