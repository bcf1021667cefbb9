//! Lines of a shell: what is carried from command to command.

use checkrein::{ToolCall, limits};

use super::{count, fill, named};

const LIMIT: usize = limits::SHELL_BYTES - 1;

pub fn calls() -> Vec<(String, ToolCall)> {
    named("shell", "Bash", "command", state())
}

/// Much that is carried from command to command.
fn state() -> Vec<(&'static str, String)> {
    vec![
        (
            "variables",
            count(LIMIT, |n| format!("A{n}=$A{}x;", n.max(1) - 1)),
        ),
        (
            "doubling",
            format!("a=xxxxxxxxxxxxxxxx;{}rm $a", fill("a=$a$a;", LIMIT - 40)),
        ),
        (
            "doubling by default",
            format!("a=x;{}rm $a", fill("a=${a:-b}$a;", LIMIT - 40)),
        ),
        (
            "many long variables",
            format!(
                "a={};{}",
                fill("x", 4000),
                count(LIMIT - 4100, |n| format!("b{n}=$a$a;"))
            ),
        ),
        (
            "long variable used often",
            format!(
                "a={};{}",
                fill("x ", 4000).replace(' ', "\\ "),
                fill("rm $a;", 700)
            ),
        ),
        (
            "variables and subshells",
            count(700, |n| format!("a{n}={};", fill("x", 90))) + &fill("(a);", 700),
        ),
        (
            "variables and pipes",
            count(7000, |n| format!("a{n}=x;")) + "a" + &fill("|a", 300),
        ),
        (
            "variables and branches",
            count(1000, |n| format!("a{n}=x;")) + &fill("if a;then b;fi;", 1500),
        ),
        (
            "variables and loops",
            count(1000, |n| format!("a{n}=x;")) + &fill("while a;do b;done;", 1500),
        ),
        (
            "variables and arms",
            count(700, |n| format!("a{n}=x;")) + &format!("case a in {} esac", fill("a)b;;", 1000)),
        ),
        (
            "variables and or",
            count(900, |n| format!("a{n}=x;")) + "a" + &fill("||a", 250),
        ),
        (
            "prefixes",
            format!("{} a", count(LIMIT - 4, |n| format!("A{n}=1 "))),
        ),
        (
            "exports",
            format!("export {}", count(LIMIT - 10, |n| format!("A{n}=1 "))),
        ),
        (
            "reads",
            format!("read {}", count(LIMIT - 10, |n| format!("A{n} "))),
        ),
        ("sets", format!("set -- {}", fill("a ", LIMIT - 10))),
        (
            "parameters of all",
            format!("set -- {};{}", "a ".repeat(900), fill("b \"$@\";", 700)),
        ),
        ("arrays", fill("a=(b c);", LIMIT)),
        (
            "growing array",
            format!(
                "a=(x y);{}rm ${{a[@]}}",
                fill("a=(${a[@]} ${a[@]});", LIMIT - 40)
            ),
        ),
        (
            "appended array",
            format!("{}rm ${{a[@]}}", fill("a+=(b);", LIMIT - 40)),
        ),
        (
            "long array",
            format!("a=({});{}", "b ".repeat(900), fill("rm ${a[@]};", 1300)),
        ),
        (
            "aliases",
            count(LIMIT, |n| format!("alias a{n}=a{};a{n};", n.max(1) - 1)),
        ),
        (
            "long alias",
            format!("alias a='{}';{}", fill("b ", 1500), fill("a;", 120)),
        ),
        (
            "alias of aliases",
            count(400, |n| format!("alias a{n}='a{} ;a{} ';", n + 1, n + 2)) + "a0",
        ),
        ("evals", format!("{}a", fill("eval ", LIMIT - 2))),
        ("evals quoted", "eval 'eval \"a;b\"';".repeat(700)),
        (
            "eval of a long text",
            format!("a='{}';{}", fill("b;", 240), fill("eval $a;", 200)),
        ),
        (
            "eval of long variables",
            format!(
                "a='echo {}';{}",
                fill("b ", 1900),
                fill("eval \"$a\";", 1200)
            ),
        ),
        ("files", count(LIMIT, |n| format!("a>b{n};"))),
        (
            "files and subshells",
            count(1000, |n| format!("echo a>b{n};")) + &fill("(a);", 200),
        ),
        (
            "files read back",
            format!("echo '{}'>a;{}", fill("b;", 1000), fill("sh a;", 500)),
        ),
        ("files appended", fill("echo a>>b;", LIMIT)),
        (
            "long files appended",
            fill(&format!("echo {} >>b;", fill("a", 130)), LIMIT),
        ),
        (
            "files copied",
            format!(
                "echo {} >a;{}",
                fill("b", 8000),
                count(1000, |n| format!("cat a>b{n};"))
            ),
        ),
        ("directories", fill("cd a;", LIMIT)),
        ("pushed directories", fill("pushd a;", LIMIT)),
        (
            "deep directory",
            format!(
                "{}{}",
                fill("cd abcdefghi/abcdefghi;", 2500),
                fill("rm b;", 600)
            ),
        ),
        ("traps", fill("trap 'a;b' EXIT;", LIMIT)),
        ("sources", fill(". ./a;", LIMIT)),
        (
            "functions nested",
            format!("{}a{}", "f(){ ".repeat(20), ";};f".repeat(20)).repeat(80),
        ),
        (
            "one function called often",
            format!("f(){{ {}}};{}", fill("a;", 250), fill("f;", 500)),
        ),
        (
            "functions with long arguments",
            format!(
                "f(){{ g \"$@\";}};g(){{ h \"$@\";}};f {};",
                "a ".repeat(900)
            )
            .repeat(8),
        ),
        (
            "loops nested",
            format!(
                "{}a{}",
                "for i in 1 2 3 4 5 6 7 8;do ".repeat(12),
                ";done".repeat(12)
            ),
        ),
        (
            "loop of words",
            format!("for i in {};do a $i;done", fill("a ", LIMIT - 40)),
        ),
        (
            "loops of many",
            "for i in 1 2 3 4 5 6 7 8;do rm a $i;done;".repeat(300),
        ),
        ("hashes", fill("declare -A a;a[b]=c;", LIMIT)),
    ]
}
