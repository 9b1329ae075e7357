//! The regular expressions of schemas, kept compiled.

use crate::re2::{self, Compiled, Error};
use regex::Regex;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

/// So many compiled expressions are kept, of so many bytes together; then all are let go.
const MOST_KEPT: usize = 256;
const MOST_BYTES: usize = 8 << 20;

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Kept {
    expressions: HashMap<String, Arc<Regex>>,
    bytes: usize,
}

impl Kept {
    fn keep(&mut self, text: &str, expression: Arc<Regex>, size: usize) {
        let bytes = size + text.len();
        if self.expressions.len() >= MOST_KEPT || self.bytes + bytes > MOST_BYTES {
            *self = Self::default();
        }
        if self.expressions.insert(text.to_owned(), expression).is_none() {
            self.bytes += bytes;
        }
    }
}

/// The compiled expression. Schemas hold the text: most of their expressions are seldom needed, and compiled ones large.
///
/// # Errors
///
/// It is no regular expression, or one that takes too much memory.
pub fn pattern(text: &str) -> Result<Arc<Regex>, Error> {
    if let Some(found) = kept().expressions.get(text) {
        return Ok(Arc::clone(found));
    }
    // Others do not wait while it is compiled.
    let Compiled { regex, size } = re2::compile(text)?;
    let compiled = Arc::new(regex);
    kept().keep(text, Arc::clone(&compiled), size);
    Ok(compiled)
}

fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_by_count_and_size() {
        let expression = Arc::new(Regex::new("a").unwrap());
        let mut kept = Kept::default();
        for index in 0..1000 {
            kept.keep(&format!("small {index}"), Arc::clone(&expression), 100);
            assert!(kept.expressions.len() <= MOST_KEPT);
        }
        kept.keep("small 999", Arc::clone(&expression), 100);
        let bytes: usize = kept.expressions.keys().map(|text| text.len() + 100).sum();
        assert_eq!(kept.bytes, bytes, "what is kept twice counts once");
        for index in 0..100 {
            kept.keep(&format!("large {index}"), Arc::clone(&expression), 1 << 20);
            assert!(kept.bytes <= MOST_BYTES);
        }
        assert!(kept.expressions.contains_key("large 99"));
    }
}
