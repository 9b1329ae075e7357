//! Fields of which exactly one must be set (a volume's sources, a probe's handlers), and those with one of a few values.

use crate::validation::text;
use machinery::field::{Error, ErrorList, Path};

/// Goes through the alternatives in order: validates the first that is set, forbids the others.
pub struct OneOf<'path> {
    path: &'path Path,
    what: &'static str,
    found: bool,
    errors: ErrorList,
}

impl<'path> OneOf<'path> {
    /// `what` names an alternative in messages, such as "volume".
    pub fn new(path: &'path Path, what: &'static str) -> Self {
        Self { path, what, found: false, errors: ErrorList::new() }
    }

    /// Considers the alternative `name`.
    pub fn alternative<T>(&mut self, name: &str, value: Option<&T>, validate: impl FnOnce(&T, &Path) -> ErrorList) {
        self.misnamed(name, name, value, validate);
    }

    /// Considers the alternative `name` that Kubernetes calls `alias` when it forbids it.
    pub fn misnamed<T>(
        &mut self,
        alias: &str,
        name: &str,
        value: Option<&T>,
        validate: impl FnOnce(&T, &Path) -> ErrorList,
    ) {
        let Some(value) = value else { return };
        if self.found {
            let detail = format!("may not specify more than 1 {} type", self.what);
            self.errors.push(Error::forbidden(&self.path.child(alias), detail));
        } else {
            self.found = true;
            self.errors.extend(validate(value, &self.path.child(name)));
        }
    }

    /// What is wrong whether or not the alternative is the first.
    pub fn also(&mut self, error: Option<Error>) {
        self.errors.extend(error);
    }

    /// What was wrong, including that no alternative was set.
    pub fn finish(mut self) -> ErrorList {
        if !self.found {
            self.errors.push(Error::required(self.path, format!("must specify a {} type", self.what)));
        }
        self.errors
    }
}

/// A required text that must be one of a few.
pub fn one_of_values(value: Option<&String>, supported: &[&str], path: &Path, field: &str) -> Option<Error> {
    let path = path.child(field);
    match text(value) {
        "" => Some(Error::required(&path, "")),
        value if supported.contains(&value) => None,
        value => Some(Error::not_supported(&path, value, supported)),
    }
}
