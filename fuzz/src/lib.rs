//! What must hold of every answer, whatever is asked: for the fuzz targets, and for the test that runs
//! their corpus without a fuzzer.
#![forbid(unsafe_code)]

use std::sync::OnceLock;

use checkrein::decision::DenyReason;
use checkrein::policy::{Bundle, Sources};
use checkrein::vocabulary::{Completeness, Verdict};
use checkrein::{Decision, authorize, wire};
use serde_json::{Value, json};

/// What runs one text.
pub type Target = fn(&[u8]);

/// Every target by name: `fuzz_targets/NAME.rs`, `corpus/NAME`.
pub const TARGETS: [(&str, Target); 7] = [
    ("call", call),
    ("graphql", |bytes| text(bytes, graphql)),
    ("javascript", |bytes| text(bytes, javascript)),
    ("powershell", |bytes| text(bytes, powershell)),
    ("python", |bytes| text(bytes, python)),
    ("shell", |bytes| text(bytes, shell)),
    ("sql", |bytes| text(bytes, sql)),
];

/// Ends a here-document.
const END: &str = "END_OF_CODE";

/// A call as it comes in.
///
/// # Panics
/// When its answer has a property that no answer may have.
pub fn call(bytes: &[u8]) {
    let decision = decide(bytes);
    if let Some(value) = object(bytes) {
        sound(&value, &decision);
        // The order of members and the white space between them mean nothing.
        let again = decide(wire::canonical(&value).as_bytes());
        assert_eq!(
            wire::decision_value(&decision),
            wire::decision_value(&again)
        );
    } else {
        assert_eq!(decision.verdict, Verdict::Deny, "unreadable, not denied");
    }
}

/// A line of a shell.
///
/// # Panics
/// When its answer, or that of a line around it, has a property that none may have.
pub fn shell(line: &str) {
    let plain = bash(line);
    holds(line, &plain, [format!("true\n{line}")], |line| bash(&line));
    // A line by itself may be meant for a shell of Windows, and has arguments that cannot be seen; text
    // that is given to a shell is and has not.
    let given = format!("sh -c -- {}", quoted(line));
    let around = [
        format!("bash -c -- {}", quoted(&given)),
        format!("env A=1 {given}"),
        format!("cd /repo && {given}"),
    ];
    holds(line, &bash(&given), around, |line| bash(&line));
    if plain.verdict == Verdict::Allow && !line.contains("<<") {
        let open = bash(&format!("{line}\n("));
        assert_ne!(open.verdict, Verdict::Allow, "an open parenthesis: {line}");
    }
}

/// SQL, one statement or more.
///
/// # Panics
/// As [`shell`].
pub fn sql(text: &str) {
    let ask = |query: String| asked("execute_sql", &json!({ "query": query }));
    let around = [format!("SELECT 1;\n{text}"), format!("-- a word\n{text}")];
    holds(text, &ask(text.to_owned()), around, ask);
}

/// Python, as a tool takes it and as an interpreter does.
///
/// # Panics
/// As [`shell`].
pub fn python(code: &str) {
    asked("execute_code", &json!({"language": "python", "code": code}));
    interpreter(["python3 -c", "python3 -"], code);
}

/// JavaScript, as a tool takes it and as an interpreter does.
///
/// # Panics
/// As [`shell`].
pub fn javascript(code: &str) {
    let arguments = json!({"language": "javascript", "code": code});
    asked("execute_code", &arguments);
    interpreter(["node -e", "node -"], code);
}

/// A line of PowerShell.
///
/// # Panics
/// As [`shell`].
pub fn powershell(line: &str) {
    let ask = |line: String| asked("PowerShell", &json!({ "command": line }));
    let around = [format!("Get-Date\n{line}")];
    holds(line, &ask(line.to_owned()), around, ask);
}

/// A GraphQL document.
///
/// # Panics
/// As [`shell`].
pub fn graphql(document: &str) {
    let url = "https://backboard.railway.app/graphql/v2";
    let ask = |document: String| {
        let body = json!({ "query": document }).to_string();
        let arguments = json!({"url": url, "method": "POST", "body": body});
        asked("fetch", &arguments)
    };
    let around = [format!("# a word\n{document}")];
    holds(document, &ask(document.to_owned()), around, ask);
}

/// Code means the same as an argument and on standard input.
fn interpreter([argument, input]: [&str; 2], code: &str) {
    if code.contains(END) || code.trim().is_empty() {
        return;
    }
    let inline = bash(&format!("{argument} {}", quoted(code)));
    let piped = bash(&format!("{input} <<'{END}'\n{code}\n{END}\n"));
    // What no parser reads is searched for calls only; it runs nowhere.
    let broken = |decision: &Decision| {
        let mut actions = decision.actions.iter();
        actions.any(|judged| judged.action.completeness == Completeness::Opaque)
    };
    if !broken(&inline) && !broken(&piped) {
        holds(code, &inline, [()], |()| piped.clone());
        holds(code, &piped, [()], |()| inline.clone());
    }
}

fn text(bytes: &[u8], run: fn(&str)) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        run(text);
    }
}

fn bash(line: &str) -> Decision {
    asked("Bash", &json!({ "command": line }))
}

fn asked(tool: &str, arguments: &Value) -> Decision {
    let call = json!({
        "tool": tool,
        "arguments": arguments,
        "agent": {"id": "fuzz"},
        "workspace": {"root": "/repo", "cwd": "/repo"},
    });
    let decision = decide(call.to_string().as_bytes());
    sound(&call, &decision);
    decision
}

/// What a surface does with bytes.
fn decide(bytes: &[u8]) -> Decision {
    static BUNDLE: OnceLock<Bundle> = OnceLock::new();
    let bundle = BUNDLE.get_or_init(|| {
        Bundle::load(&Sources::default(), &mut |_, _| {}).expect("the baseline loads")
    });
    match wire::call_from_json(bytes) {
        Ok(call) => authorize(bundle, &call),
        Err(error) => Decision::refuse(DenyReason::from(error), bundle.digest()),
    }
}

/// What must hold of a decision by itself.
fn sound(call: &Value, decision: &Decision) {
    if decision.verdict != Verdict::Deny {
        assert!(decision.errors.is_empty(), "errors, not denied: {call}");
        assert!(!decision.actions.is_empty(), "nothing understood: {call}");
    }
    let value = wire::decision_value(decision);
    let written = wire::canonical(&value);
    assert_eq!(object(written.as_bytes()).as_ref(), Some(&value));
    for action in value["actions"].as_array().into_iter().flatten() {
        let span = &action["span"];
        let place = |name: &str| span[name].as_u64().and_then(|at| usize::try_from(at).ok());
        let (Some(start), Some(end)) = (place("start"), place("end")) else {
            continue;
        };
        assert!(start <= end, "a span that ends before it starts: {call}");
        let argument = span["argument"].as_str().unwrap_or_default();
        if let Some(text) = call["arguments"][argument].as_str() {
            assert!(
                text.get(start..end).is_some(),
                "{start}..{end} is no part of {text:?}"
            );
        }
    }
}

/// What is stopped is stopped also when it is said in other ways.
fn holds<T, const N: usize>(
    text: &str,
    plain: &Decision,
    ways: [T; N],
    ask: impl Fn(T) -> Decision,
) {
    // A text that does nothing, such as a comment, is asked about when it is all there is.
    let mut actions = plain.actions.iter();
    let nothing = actions.all(|judged| judged.action.operation == "tool:unread");
    if plain.verdict == Verdict::Allow || nothing {
        return;
    }
    for way in ways {
        let otherwise = ask(way);
        assert_ne!(
            otherwise.verdict,
            Verdict::Allow,
            "stopped ({}), and allowed when said otherwise ({}): {text}",
            plain.reason,
            otherwise.reason
        );
        // Only what is too long or too deep to be read may be asked about instead of denied.
        let mut actions = otherwise.actions.iter();
        let opaque = actions.any(|judged| judged.action.completeness != Completeness::Exact);
        assert!(
            plain.verdict != Verdict::Deny || otherwise.verdict == Verdict::Deny || opaque,
            "denied ({}), and asked about when said otherwise ({}): {text}",
            plain.reason,
            otherwise.reason
        );
    }
}

fn object(bytes: &[u8]) -> Option<Value> {
    wire::object_from_json(bytes, &[]).ok().map(Value::Object)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
