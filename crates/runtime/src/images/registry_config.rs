//! How to reach registries: a small part of minke's configuration file, with the semantic of containerd's hosts.toml.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// Settings per registry host (`registry.example.com`, `10.0.0.1:5000`, `docker.io`); hosts without any get the defaults.
///
/// ```yaml
/// docker.io:
///   mirrors: [mirror.example.com, "10.0.0.1:5000/hub"]
/// "10.0.0.1:5000":
///   plainHttp: true
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegistryConfig {
    /// By host, with its port if it is not the protocol's own.
    pub registries: BTreeMap<String, Registry>,
}

/// One registry host, be it an origin or a mirror.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Registry {
    /// Hosts to ask first, in this order, each `host[:port][/repository prefix]`; the registry itself comes last.
    pub mirrors: Vec<String>,
    /// HTTP instead of HTTPS. Without a word: HTTP for loopback addresses only.
    pub plain_http: Option<bool>,
    /// Accept any certificate.
    pub skip_verify: bool,
    /// PEM file with certificate authorities to trust besides the system's.
    pub ca: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_configuration_is_a_map_of_hosts() {
        let config: RegistryConfig = serde_json::from_value(json!({
            "docker.io": {"mirrors": ["mirror.example", "10.0.0.1:5000/hub"]},
            "10.0.0.1:5000": {"plainHttp": true},
            "private.example": {"skipVerify": true, "ca": "/etc/ca.pem"},
        }))
        .unwrap();
        assert_eq!(config.registries["docker.io"].mirrors.len(), 2);
        assert_eq!(config.registries["10.0.0.1:5000"].plain_http, Some(true));
        assert_eq!(config.registries["private.example"].ca, Some(PathBuf::from("/etc/ca.pem")));
        let misspelt = serde_json::from_value::<RegistryConfig>(json!({"docker.io": {"mirror": []}}));
        assert!(misspelt.unwrap_err().to_string().contains("unknown field `mirror`"));
    }
}
