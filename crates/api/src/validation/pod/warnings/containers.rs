//! Containers with profiles in annotations, fractions of bytes and variables that hide others.

use super::USE_SECCOMP_FIELD;
use crate::validation::{
    pod::{
        containers::as_container,
        profiles::{APP_ARMOR_PREFIX, SECCOMP_PREFIX},
    },
    text,
};
use k8s_openapi::{
    api::core::v1::{Container, EnvVar, PodSpec},
    apimachinery::pkg::api::resource::Quantity as RawQuantity,
};
use machinery::{field::Path, quantity::Quantity};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

const USE_APP_ARMOR_FIELD: &str = r#"deprecated since v1.30; use the \"appArmorProfile\" field instead"#;

/// All containers, ephemeral ones last, and where they are.
pub fn visit_containers<'pod>(spec: &'pod PodSpec, path: &Path) -> Vec<(Path, Cow<'pod, Container>)> {
    let init_containers = spec.init_containers.iter().flatten().enumerate();
    let ephemeral = spec.ephemeral_containers.iter().flatten().enumerate();
    let at = |list: &str, index: usize| path.child(list).index(index);
    let mut visited = Vec::new();
    visited.extend(init_containers.map(|(index, found)| (at("initContainers", index), Cow::Borrowed(found))));
    visited.extend(
        spec.containers.iter().enumerate().map(|(index, found)| (at("containers", index), Cow::Borrowed(found))),
    );
    visited.extend(ephemeral.map(|(index, found)| (at("ephemeralContainers", index), Cow::Owned(as_container(found)))));
    visited
}

/// Warnings about one container; `app_armor`: also about a profile that only an annotation names.
pub fn container_warnings(
    container: &Container,
    (annotations, annotations_path): (&BTreeMap<String, String>, &Path),
    app_armor: bool,
    path: &Path,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let context = container.security_context.as_ref();
    let mut annotation = |prefix: &str, message: &str| {
        let key = format!("{prefix}{}", container.name);
        if annotations.contains_key(&key) {
            warnings.push(format!("{}: {message}", annotations_path.key(&key)));
        }
    };
    if context.is_none_or(|context| context.seccomp_profile.is_none()) {
        annotation(SECCOMP_PREFIX, USE_SECCOMP_FIELD);
    }
    if app_armor && context.is_none_or(|context| context.app_armor_profile.is_none()) {
        annotation(APP_ARMOR_PREFIX, USE_APP_ARMOR_FIELD);
    }
    let resources = container.resources.clone().unwrap_or_default();
    let resources_path = path.child("resources");
    for name in ["memory", "ephemeral-storage"] {
        warnings.extend(fractional(resources.limits.as_ref(), name, &resources_path.child("limits")));
        warnings.extend(fractional(resources.requests.as_ref(), name, &resources_path.child("requests")));
    }
    warnings.extend(hidden_variables(container.env.as_deref().unwrap_or_default(), &path.child("env")));
    warnings
}

/// A number of bytes that is not whole.
pub fn fractional(list: Option<&BTreeMap<String, RawQuantity>>, name: &str, path: &Path) -> Option<String> {
    let quantity: Quantity = list?.get(name)?.0.parse().ok()?;
    let is_whole = quantity.is_integer() || quantity.milli_value() % 1000 == 0;
    (!is_whole)
        .then(|| format!("{}: fractional byte value \"{quantity}\" is invalid, must be an integer", path.key(name)))
}

/// Only a value that extends the one before it makes sense of a name used twice.
fn hidden_variables(variables: &[EnvVar], path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut names = HashSet::new();
    for (index, variable) in variables.iter().enumerate() {
        let name = variable.name.as_str();
        if names.insert(name) {
            continue;
        }
        let (value, reference) = (text(variable.value.as_ref()), format!("$({name})"));
        let extends = value != reference && value.contains(&reference);
        if variable.value_from.is_some() || !extends {
            let path = path.index(index);
            let message = format!("hides previous definition of {name:?}, which may be dropped when using apply");
            warnings.push(format!("{path}: {message}"));
        }
    }
    warnings
}
