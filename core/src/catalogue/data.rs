//! The tables the build script made of `core/catalogue`.

use super::spec::{
    Act, Api, Arity, Catalogue, Command, Cond, CredentialRule, HttpClient, Language, Opt, Output,
    PathClass, PathRule, Place, Route, Run, RunForm, Source, Syntax, Test, Tool,
};
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, SelectorKind, Verb};

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));
