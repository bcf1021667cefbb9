//! Compiling: parse, check and validate policies, and report every mistake with its place.

use std::collections::HashMap;
use std::ops::Range;

use cedar_policy::{Policy, PolicyId, PolicySet};

use super::compiled::{Compiled, CompiledPolicy, annotation, effect_word};
use super::scan::{ScanError, Statement, scan};
use super::scope::Scope;
use super::source::{Parts, SourceFile};
use super::validate::Validators;
use crate::error::{LoadError, LoadErrors};
use crate::limits;

/// Told how many policies are done and how many there are.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// The annotations that mean something, each with what it is.
pub(crate) const ANNOTATIONS: &[(&str, &str)] = &[
    ("id", "the policy's own name, as it appears in decisions"),
    (
        "reason",
        "the sentence the agent and the operator will read",
    ),
    ("advice", "what to do instead"),
];

/// Texts of policies that passed validation, with their parsed form: neither asks for anything but the
/// text.
pub(super) type Known<'a> = HashMap<&'a str, &'a Policy>;

/// A policy that passed every check, with its parsed form.
pub(super) struct Checked {
    pub(super) compiled: CompiledPolicy,
    pub(super) parsed: Policy,
}

/// Compiles a shipped pack: the content of its `compiled.json`.
///
/// # Errors
/// Every mistake in the pack.
pub fn compile_pack(name: &str, text: &str) -> Result<String, LoadErrors> {
    let file = SourceFile {
        name: format!("{name}/policy.cedar"),
        text: text.to_owned(),
    };
    let checked = check(
        std::slice::from_ref(&file),
        &HashMap::new(),
        &Known::new(),
        &mut None,
        &mut |_, _| {},
    )?;
    let policies = checked.into_iter().map(|policy| policy.compiled).collect();
    let compiled = Compiled {
        digest: pack_digest(text),
        policies,
    };
    let json = serde_json::to_string_pretty(&compiled);
    let mut json = json.map_err(|error| LoadError::whole(&file.name, error.to_string()))?;
    json.push('\n');
    Ok(json)
}

/// What a pack's compiled form is bound to.
pub(super) fn pack_digest(text: &str) -> String {
    let mut parts = Parts::new("pack");
    parts.add(text);
    parts.digest()
}

/// Checks every policy of `files`. `taken` holds the ids that packs use, with the pack's name; the
/// policies in `known` are not read and validated again, and `validators` are kept for the next time.
pub(super) fn check(
    files: &[SourceFile],
    taken: &HashMap<&str, &str>,
    known: &Known<'_>,
    validators: &mut Option<Validators>,
    progress: Progress<'_>,
) -> Result<Vec<Checked>, LoadErrors> {
    let bytes = files
        .iter()
        .fold(0_usize, |sum, file| sum.saturating_add(file.text.len()));
    if bytes > limits::POLICY_BYTES {
        let message = format!(
            "the policies are longer than {} bytes",
            limits::POLICY_BYTES
        );
        return Err(LoadError::whole("policies", message).into());
    }
    let mut checker = Checker {
        files,
        errors: Vec::new(),
        seen: HashMap::new(),
        taken,
    };
    let statements = checker.statements();
    let total = statements.len();
    if total > limits::POLICIES {
        let message = format!("there are more than {} policies", limits::POLICIES);
        return Err(LoadError::whole("policies", message).into());
    }
    let mut checked = Vec::with_capacity(total);
    for (done, (file, statement)) in statements.into_iter().enumerate() {
        progress(done, total);
        if checker.errors.len() >= limits::MISTAKES {
            break;
        }
        let text = files.get(file).map(|file| file.text.as_str());
        let text = text.and_then(|text| text.get(statement.range.clone()));
        let valid = text.and_then(|text| known.get(text).copied());
        let Some(policy) = checker.policy(file, &statement, valid) else {
            continue;
        };
        if valid.is_none() {
            if validators.is_none() {
                let made = Validators::new();
                *validators = Some(made.map_err(|error| LoadError::whole("schema", error))?);
            }
            if let Some(validators) = validators {
                checker.validate(file, &policy, validators);
            }
        }
        checked.push(policy);
    }
    progress(total, total);
    LoadErrors::none_or(checker.errors, checked)
}

struct Checker<'a> {
    files: &'a [SourceFile],
    errors: Vec<LoadError>,
    /// Where each id was first used.
    seen: HashMap<String, (usize, Range<usize>)>,
    taken: &'a HashMap<&'a str, &'a str>,
}

impl<'a> Checker<'a> {
    fn statements(&mut self) -> Vec<(usize, Statement)> {
        let mut all = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            match scan(&file.text) {
                Ok(statements) => all.extend(statements.into_iter().map(|s| (index, s))),
                Err(error) => {
                    let at = error.at();
                    let help = match error {
                        ScanError::Depth { .. } => "split the condition into several policies",
                        ScanError::Chain { .. } => "test a set with `contains` instead",
                        ScanError::Elements { .. } => "split it into several policies",
                        ScanError::Annotations { .. } => "use a comment for what is not read",
                    };
                    let range = at..at.saturating_add(1);
                    self.error(index, range, error.to_string(), Some(help.to_owned()));
                }
            }
        }
        all
    }

    /// Parses one statement, unless its parsed form is known, and checks its annotations.
    fn policy(
        &mut self,
        file: usize,
        statement: &Statement,
        known: Option<&Policy>,
    ) -> Option<Checked> {
        let files: &'a [SourceFile] = self.files;
        let text = files.get(file)?.text.get(statement.range.clone())?;
        let parsed = match known {
            Some(policy) => Ok(policy.clone()),
            None => Policy::parse(None, text),
        };
        let policy = match parsed {
            Ok(policy) => policy,
            Err(errors) => {
                self.parse_errors(file, statement, text, &errors);
                return None;
            }
        };
        let start = statement.range.start;
        let head = start..start.saturating_add(text.find('\n').unwrap_or(text.len()));
        let id = self.id(file, &head, &policy);
        let reason = annotation(&policy, "reason").map(str::to_owned);
        if reason
            .as_ref()
            .is_none_or(|reason| reason.trim().is_empty())
        {
            let help = "add `@reason(\"…\")`: the sentence the agent and the operator will read";
            self.error(
                file,
                head.clone(),
                "policy without a reason",
                Some(help.to_owned()),
            );
        }
        self.unknown_annotations(file, &head, &policy);
        let id = id?;
        let compiled = CompiledPolicy {
            file: u32::try_from(file).ok()?,
            start: u32::try_from(start).ok()?,
            end: u32::try_from(statement.range.end).ok()?,
            effect: effect_word(policy.effect()).to_owned(),
            reason: reason?,
            advice: annotation(&policy, "advice").map(str::to_owned),
            scope: Scope::of(&policy),
            id: id.clone(),
        };
        Some(Checked {
            compiled,
            parsed: policy.new_id(PolicyId::new(id)),
        })
    }

    /// The policy's id, when it is a good one.
    fn id(&mut self, file: usize, head: &Range<usize>, policy: &Policy) -> Option<String> {
        let id = annotation(policy, "id").unwrap_or_default();
        let (message, help) = if id.is_empty() {
            (
                "policy without an id".to_owned(),
                "add `@id(\"…\")` with a name of its own",
            )
        } else if !id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-/:".contains(&b))
        {
            (
                "bad policy id".to_owned(),
                "use letters, digits and `.`, `_`, `-`, `/`, `:`",
            )
        } else if id.starts_with("checkrein.") {
            (
                "reserved policy id".to_owned(),
                "ids that start with `checkrein.` are built in",
            )
        } else if let Some(pack) = self.taken.get(id) {
            (
                format!("policy id `{id}` is used by pack `{pack}`"),
                "choose another id",
            )
        } else if let Some((other, place)) = self.seen.get(id) {
            let first = self.files.get(*other).map(|file| {
                let line = LoadError::at("", &file.text, place.clone(), "").line;
                format!("{}:{line}", file.name)
            });
            let message = format!("policy id `{id}` is used at {}", first.unwrap_or_default());
            (message, "choose another id")
        } else {
            self.seen.insert(id.to_owned(), (file, head.clone()));
            return Some(id.to_owned());
        };
        self.error(file, head.clone(), message, Some(help.to_owned()));
        None
    }

    /// A misspelt annotation would be lost without a word.
    fn unknown_annotations(&mut self, file: usize, head: &Range<usize>, policy: &Policy) {
        let mut unknown: Vec<_> = policy
            .annotations()
            .map(|(name, _)| name.to_owned())
            .filter(|name| ANNOTATIONS.iter().all(|(known, _)| known != name))
            .collect();
        unknown.sort();
        for name in unknown {
            let help = "checkrein reads `@id`, `@reason` and `@advice`; use a comment for the rest";
            let message = format!("unknown annotation `@{name}`");
            self.error(file, head.clone(), message, Some(help.to_owned()));
        }
    }

    fn parse_errors(
        &mut self,
        file: usize,
        statement: &Statement,
        text: &str,
        errors: &cedar_policy::ParseErrors,
    ) {
        if cedar_policy::Template::parse(None, text).is_ok_and(|t| t.slots().next().is_some()) {
            let slot = text
                .find("?principal")
                .or_else(|| text.find("?resource"))
                .unwrap_or(0);
            let at = statement.range.start.saturating_add(slot);
            let range = at..at.saturating_add("?".len());
            let help = "write one policy for each principal or resource it should hold for";
            let message = "templates are not supported";
            return self.error(file, range, message, Some(help.to_owned()));
        }
        for error in errors.iter() {
            self.diagnostic(file, statement.range.start, text.len(), error);
        }
    }

    fn validate(&mut self, file: usize, policy: &Checked, validators: &mut Validators) {
        let start = policy.compiled.start as usize;
        let length = (policy.compiled.end as usize).saturating_sub(start);
        let result = PolicySet::from_policies([policy.parsed.clone()])
            .map_err(|error| error.to_string())
            .and_then(|set| validators.validate(&set, &policy.compiled.scope));
        let result = match result {
            Ok(result) => result,
            Err(error) => return self.error(file, start..start, error, None),
        };
        let id = &policy.compiled.id;
        let prefix = format!("for policy `{id}`, ");
        let before = self.errors.len();
        for error in result.validation_errors() {
            self.diagnostic(file, start, length, error);
        }
        // A warning is a policy that can never match, or text that looks like other text.
        if self.errors.len() == before {
            for warning in result.validation_warnings() {
                self.diagnostic(file, start, length, warning);
            }
        }
        for error in self.errors.iter_mut().skip(before) {
            if let Some(rest) = error.message.strip_prefix(&prefix) {
                error.message = rest.to_owned();
            }
        }
    }

    /// Reports one of Cedar's errors about a statement at byte `start`.
    fn diagnostic(
        &mut self,
        file: usize,
        start: usize,
        length: usize,
        error: &(impl miette::Diagnostic + ?Sized),
    ) {
        let label = error.labels().and_then(|mut labels| labels.next());
        let (offset, width) = label.map_or((0, length), |label| (label.offset(), label.len()));
        let from = start.saturating_add(offset);
        let range = from..from.saturating_add(width);
        let help = error.help().map(|help| one_line(&help.to_string()));
        self.error(
            file,
            range,
            without_action(&one_line(&error.to_string())),
            help,
        );
    }

    fn error(
        &mut self,
        file: usize,
        range: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let Some(file) = self.files.get(file) else {
            return;
        };
        let mut error = LoadError::at(&file.name, &file.text, range, message);
        error.help = help;
        self.errors.push(error);
    }
}

/// The same mistake is found once for each verb; without the verb it is reported once.
fn without_action(message: &str) -> String {
    const VERB: &str = " for Action::\"";
    match message
        .split_once(VERB)
        .and_then(|(before, rest)| Some((before, rest.split_once('"')?)))
    {
        Some((before, (_, after))) => format!("{before}{after}"),
        None => message.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split('\n')
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
}
