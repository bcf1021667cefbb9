//! Lines of PowerShell and of cmd.exe.

use checkrein::{ToolCall, limits};

use super::{count, fill, named};

const LIMIT: usize = limits::SHELL_BYTES - 1;

pub fn calls() -> Vec<(String, ToolCall)> {
    let mut all = named("powershell", "PowerShell", "command", powershell());
    all.extend(named("cmd", "cmd", "command", prompt()));
    all
}

fn powershell() -> Vec<(&'static str, String)> {
    vec![
        ("groups", fill("(a);", LIMIT)),
        ("commands", fill("del a;", LIMIT)),
        ("cmdlets", fill("Remove-Item a;", LIMIT)),
        ("pipes", format!("a{}", fill("|a", LIMIT - 2))),
        ("blocks", fill("{a}", LIMIT)),
        ("block commands", fill("& {a};", LIMIT)),
        (
            "nested blocks",
            format!("{}a{};", "& {".repeat(20), "}".repeat(20)).repeat(180),
        ),
        ("words", format!("Remove-Item {}", fill("a ", LIMIT - 20))),
        ("lists", format!("Remove-Item {}", fill("a,", LIMIT - 20))),
        (
            "strings",
            format!("Remove-Item {}", fill("\"$(a)\" ", LIMIT - 20)),
        ),
        (
            "variables",
            count(LIMIT, |n| format!("$a{n}=$a{}+$a{0};", n.max(1) - 1)),
        ),
        (
            "doubling",
            format!("$a='x';{}del $a", fill("$a=\"$a$a\";", LIMIT - 20)),
        ),
        (
            "functions",
            count(LIMIT, |n| format!("function f{n}{{f{} }};", n.max(1) - 1)),
        ),
        ("expressions", fill("iex 'a;b';", LIMIT)),
        ("expressions nested", fill("iex \"iex 'a;b'\";", LIMIT)),
        ("shells", fill("cmd /c 'del a';", LIMIT)),
        ("members", format!("$a{}", fill(".a()", LIMIT - 20))),
        ("types", fill("[a]::b();", LIMIT)),
        (
            "types that read",
            fill("[System.IO.File]::ReadAllText('a.txt') ", LIMIT),
        ),
        ("here-strings", fill("@'\na\n'@;", LIMIT)),
        ("hashes", format!("@{{{}}}", fill("a=b;", LIMIT - 20))),
        ("comments", fill("<##>", LIMIT)),
        ("unclosed", fill("$(", LIMIT)),
        ("unclosed blocks", fill("{", LIMIT)),
        ("unclosed strings", fill("\"$(", LIMIT)),
        ("pythons", fill("python -c 'f(x)';", LIMIT)),
        ("requests", fill("irm h -Method Delete;", LIMIT)),
    ]
}

fn prompt() -> Vec<(&'static str, String)> {
    vec![
        ("commands", fill("del a&", LIMIT)),
        ("pipes", format!("a{}", fill("|a", LIMIT - 2))),
        ("groups", fill("(del a)&", LIMIT)),
        (
            "nested groups",
            format!("{}a{}&", "(".repeat(20), ")".repeat(20)).repeat(380),
        ),
        ("words", format!("del {}", fill("a ", LIMIT - 20))),
        ("carets", fill("^a", LIMIT)),
        (
            "variables",
            count(LIMIT, |n| format!("set a{n}=%a{}%%a{0}%&", n.max(1) - 1)),
        ),
        ("loops", fill("for %i in (a) do del %i&", LIMIT)),
        ("conditions", fill("if a==b del a&", LIMIT)),
        ("nested conditions", fill("if a==b ", LIMIT)),
        ("shells", fill("cmd /c \"del a\"&", LIMIT)),
        ("nested shells", fill("cmd /c ", LIMIT)),
        ("redirects", format!("a {}", fill(">a ", LIMIT - 20))),
        ("powershells", fill("powershell -c \"del a\"&", LIMIT)),
    ]
}
