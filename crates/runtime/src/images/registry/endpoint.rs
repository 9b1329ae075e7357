//! Which hosts to ask for an image, in which order. Pure.

use crate::images::RegistryConfig;
use std::{net::IpAddr, path::PathBuf};

/// A host that may have an image, and how to talk to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::images) struct Endpoint {
    /// With a port, if it is not the protocol's own.
    pub host: String,
    /// What a mirror has in front of repositories' names.
    prefix: Option<String>,
    pub is_mirror: bool,
    pub plain_http: bool,
    pub skip_verify: bool,
    pub ca: Option<PathBuf>,
}

impl Endpoint {
    fn new(location: &str, is_mirror: bool, config: &RegistryConfig) -> Self {
        let location = location.trim_end_matches('/');
        let (host, prefix) = location.split_once('/').map_or((location, None), |(host, prefix)| (host, Some(prefix)));
        let registry = config.registries.get(host).cloned().unwrap_or_default();
        Self {
            host: host.to_owned(),
            prefix: prefix.map(str::to_owned),
            is_mirror,
            plain_http: registry.plain_http.unwrap_or_else(|| is_loopback(host)),
            skip_verify: registry.skip_verify,
            ca: registry.ca,
        }
    }

    /// The name that a repository has there.
    pub fn repository(&self, repository: &str) -> String {
        self.prefix.as_ref().map_or_else(|| repository.to_owned(), |prefix| format!("{prefix}/{repository}"))
    }
}

/// The mirrors of a registry in the order of the configuration, then the registry itself.
pub(in crate::images) fn endpoints(registry: &str, config: &RegistryConfig) -> Vec<Endpoint> {
    let mirrors = config.registries.get(registry).map(|registry| registry.mirrors.as_slice()).unwrap_or_default();
    let mirrors = mirrors.iter().map(|mirror| Endpoint::new(mirror, true, config));
    mirrors.chain([Endpoint::new(registry, false, config)]).collect()
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::Registry;
    use std::collections::BTreeMap;

    #[test]
    fn mirrors_come_first_and_have_settings_of_their_own() {
        let docker =
            Registry { mirrors: vec!["127.0.0.1:5000/hub/".to_owned(), "m.example".to_owned()], ..Registry::default() };
        let mirror = Registry { skip_verify: true, plain_http: Some(true), ..Registry::default() };
        let registries = [("docker.io".to_owned(), docker), ("m.example".to_owned(), mirror)];
        let config = RegistryConfig { registries: BTreeMap::from(registries) };
        let endpoints = endpoints("docker.io", &config);
        let seen: Vec<_> = endpoints
            .iter()
            .map(|e| (e.host.as_str(), e.repository("library/x"), e.is_mirror, e.plain_http, e.skip_verify))
            .collect();
        let expected = [
            ("127.0.0.1:5000", "hub/library/x".to_owned(), true, true, false),
            ("m.example", "library/x".to_owned(), true, true, true),
            ("docker.io", "library/x".to_owned(), false, false, false),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn loopback_is_plain_unless_told_otherwise() {
        let table = [
            ("localhost", true),
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("127.9.9.9", true),
            ("[::1]:5000", true),
            ("10.0.0.1:5000", false),
            ("localhost.example", false),
        ];
        for (host, plain) in table {
            assert_eq!(endpoints(host, &RegistryConfig::default())[0].plain_http, plain, "{host}");
        }
        let registry = Registry { plain_http: Some(false), ..Registry::default() };
        let config = RegistryConfig { registries: BTreeMap::from([("localhost".to_owned(), registry)]) };
        assert!(!endpoints("localhost", &config)[0].plain_http);
    }
}
