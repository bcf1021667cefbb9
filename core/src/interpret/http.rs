//! stub
use super::{place::Setting, value::*, argument::Argument};
use crate::{action::Draft, catalogue::spec::HttpClient};
use std::collections::BTreeMap;
pub struct ClientCall<'a> { pub client: HttpClient, pub options: Vec<(&'a str, Value)>, pub operands: Vec<Value>, pub stdin: &'a Stream, pub files: &'a BTreeMap<String, Stream>, pub span: (u32,u32) }
pub fn client_drafts(_c: &ClientCall<'_>, _s: &Setting<'_>) -> Vec<Draft> { vec![] }
pub fn tool_drafts(_a: &Argument, _v: &Value, _s: &Setting<'_>) -> Vec<Draft> { vec![] }
