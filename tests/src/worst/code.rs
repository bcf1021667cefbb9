//! Code in Python, in JavaScript and in languages without a parser here.

use checkrein::{ToolCall, limits};

use super::{count, fill, named};

const LIMIT: usize = limits::CODE_BYTES - 1;

pub fn calls() -> Vec<(String, ToolCall)> {
    let mut all = named("python", "execute_python", "code", python());
    all.extend(named("javascript", "run_javascript", "code", javascript()));
    all.extend(named("any", "execute_code", "code", any()));
    // A language that is not told is read as each there is.
    let untold = python().into_iter().chain(javascript()).chain(any());
    let untold = untold
        .filter_map(|(name, text)| Some((name, text.get(..limits::UNTOLD_CODE_BYTES)?.to_owned())));
    let untold = untold.map(|(name, text)| {
        let end = text.rfind(['\n', ';']).map_or(text.len(), |at| at + 1);
        (name, text[..end].to_owned())
    });
    all.extend(named("untold", "execute_code", "code", untold.collect()));
    all
}

fn python() -> Vec<(&'static str, String)> {
    vec![
        ("calls", fill("a.b.c.d.e.f.g()\n", LIMIT)),
        ("short calls", fill("f(x)\n", LIMIT)),
        ("objects", fill("x={'a':x,'b':[x]}\n", LIMIT)),
        ("files", fill("open('a','w').write(b)\n", LIMIT)),
        ("removed files", format!("import os\n{}", fill("os.remove('a')\n", LIMIT - 20))),
        ("removed files apart", format!("import os\n{}", count(LIMIT - 20, |n| format!("os.remove('a{n}')\n")))),
        ("folders", format!("from shutil import *\n{}", count(LIMIT - 40, |n| format!("rmtree('/a/{n}')\n")))),
        ("programs", format!("import os\n{}", fill("os.system('rm a')\n", LIMIT - 20))),
        ("programs apart", format!("import subprocess as s\n{}", count(LIMIT - 40, |n| format!("s.run(['rm','{n}'])\n")))),
        ("long programs", format!("import os\n{}", format!("os.system('{}')\n", fill("a;", 1000)).repeat(15))),
        ("long line", format!("import os\nos.system('{}')\n", fill("rm a;", LIMIT - 50))),
        ("requests", format!("import requests\n{}", fill("requests.delete('https://api.github.com/a')\n", LIMIT - 20))),
        ("request of a long list", format!("import requests\nrequests.post('https://api.stripe.com/v1/a',json=[{}])\n", fill("{'a':1},", LIMIT - 200))),
        ("statements", format!("cursor.execute('{}')\n", fill("drop table a;", LIMIT - 50))),
        ("statement calls", fill("c.execute('drop table a')\n", LIMIT)),
        ("assignments", count(LIMIT, |n| format!("a{n}=a{}\n", n.max(1) - 1))),
        ("chained assignments", format!("{}1\n", fill("a=", LIMIT - 8))),
        ("sums", count(LIMIT, |n| format!("a{n}=a{}+a{0}\n", n.max(1) - 1))),
        ("doubling", format!("a='x'\n{}open(a)\n", fill("a=a+a\n", LIMIT - 50))),
        ("doubling text", format!("a='xxxxxxxxxxxxxxxx'\n{}open(a)\n", fill("a=f'{a}{a}'\n", LIMIT - 50))),
        ("doubling lists", format!("a=[1,2]\n{}f(*a)\n", fill("a=a+a\n", LIMIT - 50))),
        ("doubling objects", format!("a={{}}\n{}f(a)\n", fill("a={'a':a,'b':a}\n", LIMIT - 50))),
        ("appended text", format!("a=''\n{}open(a)\n", fill("a+='x'\n", LIMIT - 50))),
        ("joined text", format!("a='x'\n{}open(a)\n", fill("a=','.join([a,a])\n", LIMIT - 50))),
        ("replaced text", format!("a='x'\n{}open(a)\n", fill("a=a.replace('x','xx')\n", LIMIT - 50))),
        ("repeated text", format!("a='x'\n{}open(a)\n", fill("a=a*9\n", LIMIT - 50))),
        ("functions", count(LIMIT, |n| format!("def f{n}(x):f{}(x)\n", n.max(1) - 1))),
        ("functions branching", count(LIMIT - 40, |n| format!("def f{n}(x):f{}(x);f{}(x)\n", n.max(1) - 1, n.max(2) - 2))),
        ("functions called", format!("def f(x):\n{}\n{}", fill(" g(x)\n", 2000), fill("f(1)\n", LIMIT - 2100))),
        ("recursion", format!("def f(x):\n f(x)\n f(x)\n{}", fill("f(1)\n", LIMIT - 100))),
        ("lambdas", fill("(lambda x:f(x))(1)\n", LIMIT)),
        ("classes", count(LIMIT, |n| format!("class A{n}(A{}):\n def f(s):s.f()\n", n.max(1) - 1))),
        ("methods", format!("class A:\n{}", count(LIMIT - 20, |n| format!(" def f{n}(s):s.g()\n")))),
        ("decorators", fill("@a\ndef f():b()\n", LIMIT)),
        ("branches", fill("if a:b()\n", LIMIT)),
        ("branches and names", count(3_000, |n| format!("a{n}=1\n")) + &fill("if a:b=1\n", LIMIT - 3_000)),
        ("branches nested", (0..20).map(|n| format!("{}if a:\n", " ".repeat(n))).collect::<String>() + &" ".repeat(20) + "b()\n"),
        ("elif", format!("if a:b()\n{}", fill("elif a:b()\n", LIMIT - 20))),
        ("loops", fill("for x in a:f(x)\n", LIMIT)),
        ("loops over lists", fill("for x in [1,2,3,4,5,6,7,8]:f(x)\n", LIMIT)),
        ("loops nested", (0..20).map(|n| format!("{}for a{n} in [1,2,3,4,5,6,7,8]:\n", " ".repeat(n))).collect::<String>() + &" ".repeat(20) + "b()\n"),
        ("loops and names", count(3_000, |n| format!("a{n}=1\n")) + &fill("for x in a:b=1\n", LIMIT - 3_000)),
        ("tries", fill("try:a()\nexcept:b()\n", LIMIT)),
        ("with", fill("with a() as b:b.c()\n", LIMIT)),
        ("matches", format!("match a:\n{}", fill(" case 1:b()\n", LIMIT - 20))),
        ("list", format!("f([{}])\n", fill("1,", LIMIT - 20))),
        ("texts", format!("f([{}])\n", fill("'a',", LIMIT - 20))),
        ("list of lists", format!("f([{}])\n", fill("[],", LIMIT - 20))),
        ("list of objects", format!("f([{}])\n", fill("{'a':1},", LIMIT - 20))),
        ("object", format!("f({{{}}})\n", count(LIMIT - 20, |n| format!("'a{n}':1,")))),
        ("arguments", format!("f({})\n", fill("a,", LIMIT - 20))),
        ("named arguments", format!("f({})\n", count(LIMIT - 20, |n| format!("a{n}=1,")))),
        ("calls in arguments", format!("f({})\n", fill("a(),", LIMIT - 20))),
        ("comprehensions", fill("[f(x) for x in a]\n", LIMIT)),
        ("formats", fill("f'{a}{b}'\n", LIMIT)),
        ("long format", format!("f'{}'\n", fill("{a}", LIMIT - 20))),
        ("attributes", format!("a{}\n", fill(".b", LIMIT - 20))),
        ("admitted attributes", fill(&format!("a{}\n", ".b".repeat(limits::CODE_CHAIN - 2)), LIMIT)),
        ("admitted calls", fill(&format!("a{}\n", ".b()".repeat(limits::CODE_CHAIN / 2 - 2)), LIMIT)),
        ("admitted sums", fill(&format!("a{}\n", "+b".repeat(limits::CODE_CHAIN - 2)), LIMIT)),
        ("operators", format!("a{}\n", fill("+a", LIMIT - 20))),
        ("comparisons", format!("a{}\n", fill("<a", LIMIT - 20))),
        ("nested", format!("{}a{}\n", "f(".repeat(30), ")".repeat(30)).repeat(170)),
        ("imports", fill("import os\n", LIMIT)),
        ("imports apart", count(LIMIT, |n| format!("import a{n}\n"))),
        ("imported names", format!("from os import {}a\n", fill("remove,", LIMIT - 30))),
        ("stars", fill("from os import *\n", LIMIT)),
        ("stars and calls", "from os import *\nfrom shutil import *\nfrom requests import *\nfrom subprocess import *\n".to_owned() + &fill("a(1)\n", LIMIT - 100)),
        ("semicolons", fill("a;", LIMIT)),
        ("lines", fill("\n", LIMIT)),
        ("comments", fill("#\n", LIMIT)),
        ("long text", format!("'{}'\n", fill("a", LIMIT - 20))),
        ("globals", fill("global a\n", LIMIT)),
        ("subscripts", fill("a['b']['c']=d\n", LIMIT)),
        ("unpacking", fill("a,b,c=c,b,a\n", LIMIT)),
        ("evals", fill("eval('f(x)')\n", LIMIT)),
        ("execs", format!("exec('{}')\n", fill("f(x);", LIMIT - 20))),
        ("evals of evals", fill("eval('eval(\"f(x)\")')\n", LIMIT)),
        ("shell escapes", fill("!rm a\n", LIMIT)),
        ("prints", fill("print('a')\n", LIMIT)),
        ("long prints", fill(&format!("print('{}')\n", fill("a", 1000)), LIMIT)),
        ("secrets", fill("a='AKIAIOSFODNN7EXAMPLE'\n", LIMIT)),
        ("environment", format!("import os,requests\n{}", fill("requests.post(u,os.environ['A'])\n", LIMIT - 40))),
        ("cloud", format!("import boto3\nc=boto3.client('s3')\n{}", fill("c.delete_bucket(Bucket='a')\n", LIMIT - 60))),
        ("errors", fill("a b\n", LIMIT)),
        ("broken texts", fill("sh', ", LIMIT)),
        ("broken paths", fill("-m', 'a, .claude/settings.json',, ", LIMIT)),
        ("broken names", format!("a'{}", fill("s3 ", LIMIT - 2))),
        ("unclosed", fill("(", LIMIT)),
        ("indents", (0..100).map(|n| format!("{}if a:\n", " ".repeat(n))).collect()),
    ]
}

fn javascript() -> Vec<(&'static str, String)> {
    vec![
        (
            "flags of an expression",
            format!("/a/{}", fill("g", LIMIT - 3)),
        ),
        ("flags of expressions", fill("/a/gggggggg;", LIMIT)),
        ("closures", fill("[1,2].map(x=>f(`${x}`));", LIMIT)),
        ("calls", fill("a.b.c.d.e();", LIMIT)),
        ("short calls", fill("f(x);", LIMIT)),
        ("objects", fill("x={a:x,b:[x]};", LIMIT)),
        (
            "removed files",
            format!(
                "const fs=require('fs');{}",
                fill("fs.rmSync('a');", LIMIT - 40)
            ),
        ),
        (
            "removed files apart",
            format!(
                "const fs=require('fs');{}",
                count(LIMIT - 40, |n| format!("fs.rmSync('a{n}');"))
            ),
        ),
        (
            "programs",
            format!(
                "const c=require('child_process');{}",
                fill("c.execSync('rm a');", LIMIT - 40)
            ),
        ),
        (
            "long line",
            format!(
                "require('child_process').execSync('{}');",
                fill("rm a;", LIMIT - 60)
            ),
        ),
        (
            "requests",
            fill(
                "fetch('https://api.github.com/a',{method:'DELETE'});",
                LIMIT,
            ),
        ),
        (
            "functions",
            count(LIMIT, |n| {
                format!("function f{n}(){{f{}()}};", n.max(1) - 1)
            }),
        ),
        (
            "functions branching",
            count(LIMIT, |n| {
                format!(
                    "function f{n}(){{f{}();f{}()}};",
                    n.max(1) - 1,
                    n.max(2) - 2
                )
            }),
        ),
        ("arrows", format!("{}1", fill("x=>", LIMIT - 3))),
        ("called arrows", fill("(x=>f(x))(1);", LIMIT)),
        ("promises", fill("a().then(x=>f(x));", LIMIT)),
        ("awaits", fill("await a();", LIMIT)),
        (
            "classes",
            count(LIMIT, |n| format!("class A{n}{{f(){{this.f()}}}};")),
        ),
        (
            "assignments",
            count(LIMIT, |n| format!("a{n}=a{};", n.max(1) - 1)),
        ),
        (
            "doubling",
            format!("a='x';{}f(a);", fill("a=a+a;", LIMIT - 50)),
        ),
        (
            "doubling text",
            format!("a='x';{}f(a);", fill("a=`${a}${a}`;", LIMIT - 50)),
        ),
        (
            "doubling lists",
            format!("a=[1,2];{}f(a);", fill("a=[...a,...a];", LIMIT - 50)),
        ),
        (
            "doubling objects",
            format!("a={{}};{}f(a);", fill("a={a:a,b:a};", LIMIT - 50)),
        ),
        (
            "spread objects",
            format!("a={{b:1}};{}f(a);", fill("a={...a,c:a};", LIMIT - 50)),
        ),
        ("branches", fill("if(a)b();", LIMIT)),
        ("conditionals", format!("{}1", fill("a?b:", LIMIT - 3))),
        (
            "switches",
            format!("switch(a){{{}}}", fill("case 1:b();", LIMIT - 20)),
        ),
        ("loops", fill("for(const x of a)f(x);", LIMIT)),
        (
            "loops over lists",
            fill("for(const x of [1,2,3,4,5,6,7,8])f(x);", LIMIT),
        ),
        (
            "loops nested",
            format!("{}b()", "for(const x of [1,2,3,4,5,6,7,8])".repeat(20)),
        ),
        ("tries", fill("try{a()}catch{b()};", LIMIT)),
        ("list", format!("f([{}])", fill("1,", LIMIT - 20))),
        ("holes", format!("f([{}])", fill(",", LIMIT - 20))),
        ("broken holes", format!("f(), {}", fill(", ", LIMIT - 6))),
        (
            "object",
            format!("f({{{}}})", count(LIMIT - 20, |n| format!("a{n}:1,"))),
        ),
        ("arguments", format!("f({})", fill("a,", LIMIT - 20))),
        ("sequence", format!("({}1)", fill("a,", LIMIT - 20))),
        ("members", format!("a{}", fill(".b", LIMIT - 20))),
        (
            "admitted members",
            fill(&format!("a{};", ".b".repeat(limits::CODE_CHAIN - 2)), LIMIT),
        ),
        (
            "admitted calls",
            fill(
                &format!("a{};", ".b()".repeat(limits::CODE_CHAIN / 2 - 2)),
                LIMIT,
            ),
        ),
        ("operators", format!("a{}", fill("+a", LIMIT - 20))),
        ("templates", fill("`${a}${b}`;", LIMIT)),
        ("regular expressions", fill("/a/;", LIMIT)),
        (
            "nested",
            format!("{}a{};", "f(".repeat(30), ")".repeat(30)).repeat(170),
        ),
        ("blocks", fill("{}", LIMIT)),
        ("semicolons", fill(";", LIMIT)),
        (
            "variables",
            format!("let {}z", count(LIMIT - 20, |n| format!("a{n}=1,"))),
        ),
        ("patterns", fill("({a,b:[c]}=d);", LIMIT)),
        ("imports", fill("import 'fs';", LIMIT)),
        ("evals", fill("eval('f(x)');", LIMIT)),
        ("types", fill("let a:b=c as d;", LIMIT)),
        ("elements", fill("<a b={c}/>;", LIMIT)),
        ("errors", fill("a b ", LIMIT)),
        ("unclosed", fill("(", LIMIT)),
        ("generics", fill("a<b,c<d>>(e);", LIMIT)),
        ("ambiguous arrows", fill("(a,", LIMIT)),
        ("ambiguous nested", format!("{}1", fill("(a=", LIMIT - 2))),
    ]
}

fn any() -> Vec<(&'static str, String)> {
    vec![
        ("calls", fill("f(x)\n", LIMIT)),
        ("members", fill("a.b.c.d.e()\n", LIMIT)),
        ("removed files", fill("os.remove('a')\n", LIMIT)),
        ("ruby", fill("File.delete 'a'\n", LIMIT)),
        ("php", fill("unlink('a');$b->c();", LIMIT)),
        ("words", fill("a ", LIMIT)),
        ("backticks", fill("`rm a`\n", LIMIT)),
        ("strings", fill("'a' \"b\"\n", LIMIT)),
    ]
}
