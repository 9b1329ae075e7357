//! The OpenAPI schemas, compressed.

use std::path::Path;

use crate::{Schemas, merge_facts::Facts};

pub fn write(_out: &Path, _schemas: Schemas, _facts: &Facts) {}
