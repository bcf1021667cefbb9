//! The tables the build script made of `core/catalogue`.

use super::spec::*;
use super::sql::*;
use crate::vocabulary::*;

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));
