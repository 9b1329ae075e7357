//! The environment of a container (`makeEnvironmentVariables` in `pkg/kubelet/kubelet_pods.go`).

#[cfg(test)]
mod tests;

use super::{
    ConfigError, Machine, ObjectLookup, PodFacts,
    argument_space::{ArgumentSpace, LONGEST},
    expansion::{TooLong, expand},
    field_ref,
};
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Container, EnvFromSource, EnvVarSource, Pod, Secret},
};
use std::collections::{BTreeMap, HashMap};

/// Search path of a container whose image and spec set none (containerd's default).
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Variables in the order in which they were first set; no more than a process can be given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    variables: Vec<(String, String)>,
    /// Where each stands among them.
    positions: HashMap<String, usize>,
    space: ArgumentSpace,
}

impl Environment {
    pub fn set(&mut self, name: &str, value: String) -> Result<(), ConfigError> {
        self.space.take(name.len() + 1 + value.len())?;
        if let Some((_, old)) = self.positions.get(name).and_then(|position| self.variables.get_mut(*position)) {
            *old = value;
        } else {
            self.positions.insert(name.to_owned(), self.variables.len());
            self.variables.push((name.to_owned(), value));
        }
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.positions.get(name).and_then(|position| self.variables.get(*position)).map(|(_, value)| value.as_str())
    }

    /// The texts with references to these variables replaced, as arguments that stand beside the variables.
    pub fn expand_all(&self, texts: &[String]) -> Result<Vec<String>, ConfigError> {
        let mut space = self.space.clone();
        let expanded = texts.iter().map(|text| {
            let expanded = expand(text, LONGEST, |name| self.get(name))?;
            space.take(expanded.len()).map(|()| expanded)
        });
        expanded.collect()
    }

    /// `NAME=value`, as a process gets it.
    pub fn into_strings(self) -> Vec<String> {
        self.variables.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }
}

impl From<TooLong> for ConfigError {
    fn from(_: TooLong) -> Self {
        Self::ArgumentListTooLong
    }
}

/// What the pod's spec sets: `envFrom`, then `env`, then what the services add. References in values see the
/// variables before them, and the services'.
pub(crate) fn declared(
    pod: &Pod,
    container: &Container,
    facts: &PodFacts,
    objects: &ObjectLookup,
    machine: &Machine,
) -> Result<Environment, ConfigError> {
    let mut environment = Environment::default();
    for source in container.env_from.iter().flatten() {
        add_all(source, objects, &mut environment)?;
    }
    for variable in container.env.iter().flatten() {
        let value = match (variable.value.as_deref().filter(|value| !value.is_empty()), &variable.value_from) {
            (Some(value), _) => Some(expand(value, LONGEST, |name| {
                environment.get(name).or_else(|| facts.service_env.get(name).map(String::as_str))
            })?),
            (None, Some(source)) => {
                value_from(&variable.name, source, &Sources { pod, container, facts, objects, machine })?
            }
            (None, None) => Some(String::new()),
        };
        if let Some(value) = value {
            environment.set(&variable.name, value)?;
        }
    }
    for (name, value) in &facts.service_env {
        if environment.get(name).is_none() {
            environment.set(name, value.clone())?;
        }
    }
    Ok(environment)
}

/// All that the process gets: defaults, what the image sets, what the pod's spec sets.
pub(crate) fn complete(
    declared: &Environment,
    container: &Container,
    image: &oci_spec::image::Config,
    hostname: &str,
    home: &str,
) -> Result<Environment, ConfigError> {
    let mut environment = Environment::default();
    environment.set("PATH", DEFAULT_PATH.to_owned())?;
    environment.set("HOSTNAME", hostname.to_owned())?;
    if container.tty == Some(true) {
        environment.set("TERM", "xterm".to_owned())?;
    }
    for variable in image.env().iter().flatten() {
        let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
        environment.set(name, value.to_owned())?;
    }
    for (name, value) in &declared.variables {
        environment.set(name, value.clone())?;
    }
    if environment.get("HOME").is_none() {
        environment.set("HOME", home.to_owned())?;
    }
    Ok(environment)
}

struct Sources<'a> {
    pod: &'a Pod,
    container: &'a Container,
    facts: &'a PodFacts,
    objects: &'a ObjectLookup,
    machine: &'a Machine,
}

/// The value of one variable; `None` if what it refers to is optional and missing.
fn value_from(variable: &str, source: &EnvVarSource, from: &Sources) -> Result<Option<String>, ConfigError> {
    let namespace = from.pod.metadata.namespace.clone().unwrap_or_default();
    if let Some(field) = &source.field_ref {
        return field_ref::field(from.pod, from.facts, &field.field_path).map(Some);
    }
    if let Some(resource) = &source.resource_field_ref {
        return field_ref::resource(from.pod, from.container, resource, from.machine).map(Some);
    }
    if let Some(key) = &source.config_map_key_ref {
        let optional = key.optional == Some(true);
        let Some(map) = config_map(from.objects, &key.name, optional)? else { return Ok(None) };
        let value = map.data.as_ref().and_then(|data| data.get(&key.key)).cloned();
        return present(value, optional, || ConfigError::ConfigMapKeyNotFound {
            namespace,
            name: key.name.clone(),
            key: key.key.clone(),
        });
    }
    if let Some(key) = &source.secret_key_ref {
        let optional = key.optional == Some(true);
        let Some(secret) = secret(from.objects, &key.name, optional)? else { return Ok(None) };
        let value = secret.data.as_ref().and_then(|data| data.get(&key.key)).map(text);
        return present(value, optional, || ConfigError::SecretKeyNotFound {
            namespace,
            name: key.name.clone(),
            key: key.key.clone(),
        });
    }
    match source.file_key_ref {
        Some(_) => Err(ConfigError::FileKeyRef(variable.to_owned())),
        None => Ok(Some(String::new())),
    }
}

fn add_all(source: &EnvFromSource, objects: &ObjectLookup, environment: &mut Environment) -> Result<(), ConfigError> {
    let mut found = BTreeMap::new();
    if let Some(reference) = &source.config_map_ref {
        let map = config_map(objects, &reference.name, reference.optional == Some(true))?;
        found.extend(map.and_then(|map| map.data.clone()).unwrap_or_default());
    } else if let Some(reference) = &source.secret_ref {
        let secret = secret(objects, &reference.name, reference.optional == Some(true))?;
        let data = secret.and_then(|secret| secret.data.as_ref());
        found.extend(data.into_iter().flatten().map(|(key, value)| (key.clone(), text(value))));
    }
    let prefix = source.prefix.as_deref().unwrap_or_default();
    for (key, value) in found {
        environment.set(&format!("{prefix}{key}"), value)?;
    }
    Ok(())
}

fn config_map<'a>(objects: &'a ObjectLookup, name: &str, optional: bool) -> Result<Option<&'a ConfigMap>, ConfigError> {
    present(objects.config_maps.get(name), optional, || ConfigError::ConfigMapNotFound(name.to_owned()))
}

fn secret<'a>(objects: &'a ObjectLookup, name: &str, optional: bool) -> Result<Option<&'a Secret>, ConfigError> {
    present(objects.secrets.get(name), optional, || ConfigError::SecretNotFound(name.to_owned()))
}

fn present<T>(
    value: Option<T>,
    optional: bool,
    missing: impl FnOnce() -> ConfigError,
) -> Result<Option<T>, ConfigError> {
    match value {
        None if !optional => Err(missing()),
        value => Ok(value),
    }
}

fn text(bytes: &ByteString) -> String {
    String::from_utf8_lossy(&bytes.0).into_owned()
}
