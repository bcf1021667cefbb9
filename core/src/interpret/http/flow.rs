//! What flows out with a request: secrets and private files.

use super::call::Call;
use super::credential::is_credential_header;
use super::pieces::parameters;
use crate::action::Draft;
use crate::catalogue::spec::Api;
use crate::interpret::credential::{is_credential_parameter, is_secret_variable};
use crate::interpret::value::{Origin, Value};
use crate::vocabulary::Effect;

/// What a request carries out.
#[derive(Debug, Default)]
pub(super) struct Flow {
    reads_secret: bool,
    sends: bool,
    evidence: Vec<String>,
}

impl Flow {
    /// Marks a draft with it. `leaves`: the request leaves this machine.
    pub(super) fn mark(&self, draft: &mut Draft, leaves: bool) {
        if self.reads_secret {
            draft.effects = draft.effects.with(Effect::SecretRead);
        }
        if self.sends && leaves {
            draft.effects = draft.effects.with(Effect::Exfiltration);
        }
        draft.evidence.extend(self.evidence.iter().cloned());
    }
}

pub(super) fn of(call: &Call<'_>, api: Option<&Api>) -> Flow {
    let mut flow = Flow::default();
    let own: &[&str] = api
        .and_then(|api| api.credential.as_ref())
        .map_or(&[], |rule| rule.env);
    let request = call.request;
    for value in std::iter::once(&request.url).chain(&request.query) {
        flow.add_address(call, value, own, api.is_some());
    }
    for value in request.body.sent() {
        flow.add(call, value, own, true);
    }
    for (name, value) in &request.headers {
        if is_credential_header(name, call.setting.catalogue) {
            flow.add_credential(call, value, api.is_some());
        } else {
            flow.add(call, value, own, true);
        }
    }
    for value in request
        .user
        .iter()
        .chain(&request.bearer)
        .chain(&request.cookies)
    {
        flow.add_credential(call, value, api.is_some());
    }
    flow
}

impl Flow {
    fn add(&mut self, call: &Call<'_>, value: &Value, own: &[&str], sends: bool) {
        for origin in value.origins() {
            match origin {
                Origin::File(path) if call.setting.is_secret(path) => {
                    self.reads_secret = true;
                    self.sends |= sends;
                    self.note(format!("carries the secret file {path}"));
                }
                Origin::File(path) if sends && call.setting.is_private(path) => {
                    self.sends = true;
                    self.note(format!("carries the private file {path}"));
                }
                Origin::Variable(name)
                    if is_secret_variable(name, call.setting.catalogue)
                        && !own.contains(&name.as_str()) =>
                {
                    self.reads_secret = true;
                    self.sends |= sends;
                    self.note(format!("carries the secret variable {name}"));
                }
                Origin::Secret(program) => {
                    self.reads_secret = true;
                    self.sends |= sends;
                    self.note(format!("carries a secret that {program} reads"));
                }
                _ => {}
            }
        }
    }

    /// A URL or a part of its query string. A token in a parameter that is there for one is handed
    /// over as in a header.
    fn add_address(&mut self, call: &Call<'_>, value: &Value, own: &[&str], known: bool) {
        let mut tokens: Vec<Value> = parameters(value)
            .into_iter()
            .filter(|(name, _)| is_credential_parameter(name, call.setting.catalogue))
            .map(|(_, token)| token)
            .collect();
        if tokens.is_empty() {
            return self.add(call, value, own, true);
        }
        for token in &tokens {
            self.add_credential(call, token, known);
        }
        let mut rest = value.clone();
        rest.pieces.retain(|piece| {
            let place = tokens.iter_mut().find_map(|token| {
                token
                    .pieces
                    .iter()
                    .position(|one| one == piece)
                    .map(|at| (token, at))
            });
            match place {
                Some((token, at)) if matches!(piece.origin, Origin::Variable(_)) => {
                    token.pieces.remove(at);
                    false
                }
                _ => true,
            }
        });
        self.add(call, &rest, own, true);
    }

    /// A credential is meant to be sent to the API it is for; a file sent as one to an unknown host
    /// is a leak. Variables are the usual way to hand over a credential.
    fn add_credential(&mut self, call: &Call<'_>, value: &Value, known: bool) {
        let files = Value {
            pieces: value
                .pieces
                .iter()
                .filter(|piece| matches!(piece.origin, Origin::File(_)))
                .cloned()
                .collect(),
            span: value.span,
        };
        self.add(call, &files, &[], !known);
    }

    fn note(&mut self, text: String) {
        if !self.evidence.contains(&text) {
            self.evidence.push(text);
        }
    }
}
