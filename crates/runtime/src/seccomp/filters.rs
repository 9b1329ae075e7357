//! Compiled profiles: each is compiled once, however many containers use it.

use super::{Filter, compile};
use crate::{Error, Result};
use oci_spec::runtime::LinuxSeccomp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// By the profile's JSON, which is the same for equal profiles.
#[derive(Default)]
pub struct Filters(Mutex<HashMap<Vec<u8>, Arc<Filter>>>);

impl Filters {
    pub fn get(&self, profile: &LinuxSeccomp) -> Result<Arc<Filter>> {
        let key = serde_json::to_vec(profile).map_err(|error| Error::Seccomp(error.to_string()))?;
        let mut filters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(filter) = filters.get(&key) {
            return Ok(Arc::clone(filter));
        }
        let filter = Arc::new(compile(profile)?);
        filters.insert(key, Arc::clone(&filter));
        Ok(filter)
    }
}
