//! What a pod is called in its network, and how it resolves names.

use crate::validation::text;
use k8s_openapi::api::core::v1::{HostAlias, PodDNSConfig, PodSpec};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::json;

/// Limits of libc's resolver (resolv.conf(5)).
const MAX_NAMESERVERS: usize = 3;
const MAX_SEARCH_PATHS: usize = 32;
const MAX_SEARCH_LIST: usize = 2048;
/// `HOST_NAME_MAX` of Linux.
const MAX_HOSTNAME: usize = 64;

/// `dnsConfig`, which `dnsPolicy: None` requires.
pub fn dns_config(config: Option<&PodDNSConfig>, policy: &str, path: &Path) -> ErrorList {
    let Some(config) = config else {
        let detail = "must provide `dnsConfig` when `dnsPolicy` is None";
        return (policy == "None").then(|| Error::required(path, detail)).into_iter().collect();
    };
    let mut errors = ErrorList::new();
    let nameservers = config.nameservers.as_deref().unwrap_or_default();
    let servers_path = path.child("nameservers");
    if policy == "None" && nameservers.is_empty() {
        let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
        return vec![Error::required(&servers_path, detail)];
    }
    if nameservers.len() > MAX_NAMESERVERS {
        let detail = format!("must not have more than {MAX_NAMESERVERS} nameservers");
        errors.push(Error::invalid(&servers_path, json!(nameservers), detail));
    }
    for (index, server) in nameservers.iter().enumerate() {
        errors.extend(invalid_each(&servers_path.index(index), server, format::ip(server)));
    }
    errors.extend(searches(config.searches.as_deref().unwrap_or_default(), &path.child("searches")));
    for (index, option) in config.options.iter().flatten().enumerate() {
        if text(option.name.as_ref()).is_empty() {
            errors.push(Error::required(&path.child("options").index(index), "must not be empty"));
        }
    }
    errors
}

fn searches(searches: &[String], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if searches.len() > MAX_SEARCH_PATHS {
        let detail = format!("must not have more than {MAX_SEARCH_PATHS} search paths");
        errors.push(Error::invalid(path, json!(searches), detail));
    }
    if searches.join(" ").len() > MAX_SEARCH_LIST {
        let detail =
            format!("must not have more than {MAX_SEARCH_LIST} characters (including spaces) in the search list");
        errors.push(Error::invalid(path, json!(searches), detail));
    }
    for (index, search) in searches.iter().enumerate().filter(|(_, search)| *search != ".") {
        let search = search.strip_suffix('.').unwrap_or(search);
        errors.extend(invalid_each(&path.index(index), search, format::dns1123_subdomain_with_underscore(search)));
    }
    errors
}

/// `hostAliases`.
pub fn host_aliases(aliases: &[HostAlias], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, alias) in aliases.iter().enumerate() {
        let path = path.index(index);
        errors.extend(invalid_each(&path.child("ip"), &alias.ip, format::ip(&alias.ip)));
        for (index, name) in alias.hostnames.iter().flatten().enumerate() {
            let path = path.child("hostnames").index(index);
            errors.extend(invalid_each(&path, name, format::dns1123_subdomain(name)));
        }
    }
    errors
}

/// `hostname` and `subdomain`.
pub fn hostnames(spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (field, name) in [("hostname", &spec.hostname), ("subdomain", &spec.subdomain)] {
        let name = text(name.as_ref());
        if !name.is_empty() {
            errors.extend(invalid_each(&path.child(field), name, format::dns1123_label(name)));
        }
    }
    errors
}

/// `hostnameOverride` (KEP-4762).
pub fn hostname_override(spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(name) = &spec.hostname_override else { return errors };
    for (set, other) in [(spec.set_hostname_as_fqdn, "setHostnameAsFQDN"), (spec.host_network, "hostNetwork")] {
        if set == Some(true) {
            errors.push(Error::forbidden(path, format!("may not be specified when {other} is true")));
        }
    }
    if name.len() > MAX_HOSTNAME {
        errors.push(Error::too_long(path, MAX_HOSTNAME));
    }
    errors.extend(invalid_each(path, name, format::dns1123_subdomain(name)));
    errors
}
