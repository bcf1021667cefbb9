//! Reading code, on stacks as small as those of threads and of WebAssembly.

use super::{javascript, python};
use crate::limits;

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
