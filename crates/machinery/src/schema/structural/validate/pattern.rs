//! Regular expressions of schemas: those of RE2, like Go's.

use regex::{Regex, RegexBuilder};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// What a compiled expression may take.
const MOST_BYTES: usize = 1 << 20;
/// So many compiled expressions are kept; then all are let go.
const MOST_KEPT: usize = 256;

static KEPT: LazyLock<Mutex<HashMap<String, Arc<Regex>>>> = LazyLock::new(Mutex::default);

/// The compiled expression. Schemas hold the text: most of their expressions are seldom needed, and compiled ones large.
///
/// # Errors
///
/// It is no regular expression, or one that takes too much memory.
pub fn pattern(text: &str) -> Result<Arc<Regex>, regex::Error> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = kept.get(text) {
        return Ok(Arc::clone(found));
    }
    let compiled = Arc::new(RegexBuilder::new(text).size_limit(MOST_BYTES).dfa_size_limit(MOST_BYTES).build()?);
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    kept.insert(text.to_owned(), Arc::clone(&compiled));
    Ok(compiled)
}
