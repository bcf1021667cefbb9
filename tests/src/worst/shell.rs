//! Lines of a shell: structure and words.

use checkrein::{ToolCall, limits};

use super::{count, fill, named};

const LIMIT: usize = limits::SHELL_BYTES - 1;

pub fn calls() -> Vec<(String, ToolCall)> {
    let mut all = named("shell", "Bash", "command", commands());
    all.extend(named("shell", "Bash", "command", words()));
    all
}

/// Much structure.
fn commands() -> Vec<(&'static str, String)> {
    vec![
        ("commands", fill("rm a;", LIMIT)),
        ("lines", fill("a\n", LIMIT)),
        ("background", fill("a&", LIMIT)),
        ("pipes", format!("a{}", fill("|a", LIMIT - 1))),
        ("and", format!("a{}", fill("&&a", LIMIT - 1))),
        ("or and", format!("a{}", fill("||a&&b", LIMIT - 1))),
        ("groups", fill("{ a;};", LIMIT)),
        ("subshells", fill("(a);", LIMIT)),
        ("tests", fill("[[ a ]];", LIMIT)),
        ("brackets", fill("[ a ];", LIMIT)),
        ("arithmetic", fill("((a));", LIMIT)),
        ("if", fill("if a;then b;fi;", LIMIT)),
        (
            "elif",
            format!("if a;then b;{} fi", fill("elif a;then b;", LIMIT - 30)),
        ),
        ("for", fill("for i in a b;do c;done;", LIMIT)),
        ("while", fill("while a;do b;done;", LIMIT)),
        ("case", fill("case a in a)b;;esac;", LIMIT)),
        (
            "arms",
            format!("case a in {}esac", fill("a)b;;", LIMIT - 20)),
        ),
        (
            "empty arms",
            format!("case a in {}esac", fill("a);;", LIMIT - 20)),
        ),
        (
            "patterns",
            format!("case a in {}a) b;;esac", fill("a|", LIMIT - 30)),
        ),
        ("functions", fill("f(){ f; g; };f;", LIMIT)),
        (
            "unused functions",
            count(LIMIT, |n| format!("f{n}(){{ a;}};")),
        ),
        (
            "calling functions",
            count(LIMIT, |n| {
                format!("f{n}(){{ f{}; f{};}};", n.max(1) - 1, n.max(2) - 2)
            }),
        ),
        ("redirects", format!("a {}", fill(">a", LIMIT - 2))),
        ("redirects apart", count(LIMIT, |n| format!(">{n} "))),
        (
            "redirects with backslashes",
            fill("echo a > .git\\hooks\\pre-commit ", LIMIT),
        ),
        (
            "defaults of variables",
            fill(
                "a=${B:-c}; d \"$a ${E:-300}\"; rm \"${F:-/tmp}/g\"; ",
                LIMIT,
            ),
        ),
        ("only redirects", fill(">a;", LIMIT)),
        (
            "copies of descriptors",
            format!("a {}", fill("2>&1 ", LIMIT - 2)),
        ),
        ("here-strings", format!("a {}", fill("<<<a ", LIMIT - 2))),
        ("here-strings of commands", fill("a<<<b;", LIMIT)),
        ("heredocs", fill("a<<E\nE\n", LIMIT)),
        ("heredocs of one command", {
            let n = LIMIT / 9;
            format!("a {}\n{}", "<<E ".repeat(n), "E\n".repeat(n))
        }),
        (
            "long heredoc",
            format!("cat <<E\n{}E\n", fill("a b\n", LIMIT - 20)),
        ),
        (
            "long heredoc to a shell",
            format!("sh <<'E'\n{}E\n", fill("rm a\n", LIMIT - 20)),
        ),
        ("comments", fill("#\n", LIMIT)),
        (
            "commands nested",
            format!("{}a{}", "{ ".repeat(20), ";}".repeat(20)).repeat(200),
        ),
        ("conditions", fill("if (a) { b; }\n", LIMIT)),
        ("groups in a word", fill("a(b)", LIMIT / 2)),
        ("groups behind groups", fill("( rm -rf /a )", LIMIT / 4)),
        ("groups behind braces", fill("{ a b; }(a b c)", LIMIT / 4)),
        ("words of groups", fill("a(b)c(d)e(f) ", LIMIT)),
        (
            "few conditions",
            "if (a) { b; }\n".repeat(2) + &fill("c;", 1_200),
        ),
        ("coprocesses", fill("coproc a;", LIMIT)),
        ("not", fill("! a;", LIMIT)),
        ("time", fill("time a;", LIMIT)),
        ("unclosed", fill("if a;then ", LIMIT)),
        ("semicolons", fill(";", LIMIT)),
        (
            "process substitutions",
            format!("a {}", "<(a) ".repeat(limits::SHELL_SUBSTITUTIONS)),
        ),
        (
            "process substitutions of commands",
            format!("a {}", fill("a;", 240)).repeat(1)
                + &format!(" <({})", fill("a;", 230)).repeat(limits::SHELL_SUBSTITUTIONS),
        ),
        (
            "substitutions of commands",
            format!("$({})", fill("a;", 240)).repeat(limits::SHELL_SUBSTITUTIONS),
        ),
        ("substitutions", fill("$(a)", LIMIT)),
        (
            "admitted substitutions",
            "$(a)".repeat(limits::SHELL_SUBSTITUTIONS),
        ),
        ("backticks", "`a`".repeat(limits::SHELL_SUBSTITUTIONS)),
        (
            "nested",
            format!("{}x{}", "echo $(".repeat(20), ")".repeat(20)),
        ),
        (
            "nested long",
            format!(
                "{}{}{}",
                "echo $(".repeat(20),
                fill("a ", LIMIT - 200),
                ")".repeat(20)
            ),
        ),
        (
            "nested quoted",
            format!(
                "{}{}{}",
                "echo \"$(".repeat(11),
                fill("a ", LIMIT - 200),
                ")\"".repeat(11)
            ),
        ),
        (
            "nested backticks",
            format!("`echo \\`{}\\``", fill("a ", LIMIT - 200)),
        ),
    ]
}

/// Much in words.
fn words() -> Vec<(&'static str, String)> {
    vec![
        ("words", format!("rm {}", fill("a ", LIMIT - 4))),
        (
            "admitted words",
            format!("rm {}", "a ".repeat(limits::COMMAND_WORDS - 2)),
        ),
        (
            "long admitted words",
            format!("rm {}", "/etc/abcdef/a ".repeat(limits::COMMAND_WORDS - 2)),
        ),
        (
            "many admitted words",
            format!("rm {};", "a ".repeat(990)).repeat(8),
        ),
        (
            "many admitted paths",
            format!("rm {};", "../a/b ".repeat(200)).repeat(11),
        ),
        ("braces", fill("{a,b}", LIMIT)),
        ("open braces", fill("{a ", LIMIT)),
        ("open brackets", fill("a[b ", LIMIT)),
        ("open brackets of commands", fill("a['b && ", LIMIT)),
        ("brace words", fill("{a,b} ", LIMIT)),
        (
            "brace ranges",
            format!("rm {}", fill("{1..250} ", LIMIT - 4)),
        ),
        (
            "brace lists",
            format!(
                "rm {}",
                fill("{a,b,c,d,e,f,g,h}{a,b,c,d,e,f,g,h} ", LIMIT - 4)
            ),
        ),
        (
            "brace lists of globs",
            format!("rm {}", fill("{*,b,?,d}{a,[b],c,d}{a,b} ", LIMIT - 4)),
        ),
        (
            "long brace list",
            format!("rm {{{}}}", fill("a,", LIMIT - 8)),
        ),
        (
            "long words in braces",
            format!("rm {}{{1..250}}", fill("a", LIMIT - 20)),
        ),
        ("open braces", fill("{ ", LIMIT)),
        (
            "braces as arguments",
            fill("f {; echo a/b/c/d/e; ls -l; ", LIMIT),
        ),
        ("quotes", fill("'a'\"b\"", LIMIT)),
        ("empty quotes", fill("''", LIMIT)),
        ("dollar quotes", fill("$'\\x41'", LIMIT)),
        ("escapes", fill("\\a", LIMIT)),
        ("joined lines", fill("a \\\n", LIMIT)),
        ("globs", format!("rm {}", fill("*?[a]", LIMIT - 4))),
        ("glob words", format!("rm {}", fill("*?[a] ", LIMIT - 4))),
        ("stars", format!("rm {}", fill("*", LIMIT - 4))),
        ("slashes", format!("rm {}", fill("/", LIMIT - 4))),
        ("parents", format!("rm {}", fill("../", LIMIT - 4))),
        (
            "parent words",
            format!("rm {}", fill("a/../../b/ ", LIMIT - 4)),
        ),
        ("extended globs", format!("rm {}", fill("@(a)", LIMIT - 4))),
        (
            "nested extended globs",
            format!(
                "rm {}",
                format!("{}a{} ", "@(".repeat(20), ")".repeat(20)).repeat(260)
            ),
        ),
        ("parameters", format!("a {}", fill("$a", LIMIT - 4))),
        ("parameter words", format!("a {}", fill("$a ", LIMIT - 4))),
        ("defaults", format!("a {}", fill("${a:-b}", LIMIT - 4))),
        (
            "nested defaults",
            format!(
                "a {}",
                format!("{}b{} ", "${a:-".repeat(20), "}".repeat(20)).repeat(120)
            ),
        ),
        (
            "replacements",
            format!("a=bbbb;a {}", fill("${a//b/cc}", LIMIT - 20)),
        ),
        (
            "slices",
            format!("a=bbbb;a {}", fill("${a:1:2}", LIMIT - 20)),
        ),
        (
            "indirections",
            format!("a=b;b=a;a {}", fill("${!a}", LIMIT - 20)),
        ),
        ("sums", format!("a {}", fill("$((1+1))", LIMIT - 4))),
        ("long sum", format!("a $((1{}))", fill("+1", LIMIT - 12))),
        ("tildes", format!("rm {}", fill("~ ", LIMIT - 4))),
        ("one word", format!("rm {}", fill("a", LIMIT - 4))),
        ("long options", format!("rm {}", fill("-a ", LIMIT - 4))),
        ("option bundle", format!("rm -{}", fill("rf", LIMIT - 6))),
        (
            "option bundles",
            format!("rm {}", "-rfrfrfrfrfrf ".repeat(limits::COMMAND_WORDS - 2)),
        ),
        ("non-ASCII", format!("rm {}", fill("é", LIMIT - 4))),
        ("non-ASCII words", format!("rm {}", fill("é ", LIMIT - 4))),
        (
            "secrets",
            format!("echo {}", fill("AKIAIOSFODNN7EXAMPLE ", LIMIT - 6)),
        ),
        (
            "tokens",
            format!(
                "curl -H {}",
                fill("ghp_0123456789abcdefghijklmnopqrstuvwxyzAB ", LIMIT - 10)
            ),
        ),
        (
            "secret options",
            format!("psql {}", fill("--password=a ", LIMIT - 10)),
        ),
        (
            "URLs",
            format!("curl {}", fill("http://u:p@h/?a=b&c=d ", LIMIT - 10)),
        ),
        (
            "URL globs",
            format!("curl {}", fill("h{a,b}[1-99] ", LIMIT - 10)),
        ),
    ]
}
