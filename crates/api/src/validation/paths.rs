//! File paths that users give: they may not lead out of where they belong.

use machinery::field::{Error, ErrorList, Path};

/// A relative path without `..` elements.
pub fn local_descending(target: &str, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if target.starts_with('/') {
        errors.push(Error::invalid(path, target, "must be a relative path"));
    }
    errors.extend(no_backsteps(target, path));
    errors
}

/// A path without `..` elements.
pub fn no_backsteps(target: &str, path: &Path) -> Option<Error> {
    target.split('/').any(|part| part == "..").then(|| Error::invalid(path, target, "must not contain '..'"))
}

/// A relative path without `..` elements that does not start with `..`: such names are the volume's own.
pub fn local_non_reserved(target: &str, path: &Path) -> ErrorList {
    let mut errors = local_descending(target, path);
    if target.starts_with("..") && !target.starts_with("../") {
        errors.push(Error::invalid(path, target, "must not start with '..'"));
    }
    errors
}

/// Permission bits of a file.
pub fn file_mode(mode: Option<i32>, path: &Path) -> Option<Error> {
    let mode = mode.filter(|mode| !(0..=0o777).contains(mode))?;
    Some(Error::invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive"))
}
