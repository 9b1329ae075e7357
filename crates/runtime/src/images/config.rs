//! An image's config document (OCI image specification, section "Image Configuration"; Docker writes `null` a lot).

use super::{Error, ImageConfig, Result, digest::Digest};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the store needs of the document.
#[derive(Debug, Deserialize)]
pub(super) struct ConfigDocument {
    /// RFC 3339.
    pub created: Option<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub architecture: String,
    #[serde(default, deserialize_with = "null_is_default")]
    config: Execution,
    rootfs: RootFs,
}

#[derive(Debug, Deserialize)]
struct RootFs {
    #[serde(default, deserialize_with = "null_is_default")]
    diff_ids: Vec<Digest>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Execution {
    #[serde(deserialize_with = "null_is_default")]
    entrypoint: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    cmd: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    env: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    working_dir: String,
    #[serde(deserialize_with = "null_is_default")]
    user: String,
    stop_signal: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    exposed_ports: BTreeMap<String, Value>,
    #[serde(deserialize_with = "null_is_default")]
    volumes: BTreeMap<String, Value>,
    #[serde(deserialize_with = "null_is_default")]
    labels: BTreeMap<String, String>,
}

impl ConfigDocument {
    /// Parses the document; `what` says whose it is.
    pub fn parse(what: &str, json: &[u8]) -> Result<Self> {
        serde_json::from_slice(json).map_err(|error| Error::corrupted(format!("config of {what}"), error))
    }

    /// The digests of the layers' uncompressed archives, bottom to top.
    pub fn diff_ids(&self) -> &[Digest] {
        &self.rootfs.diff_ids
    }

    /// How to run the image.
    pub fn into_image_config(self) -> ImageConfig {
        let Execution { entrypoint, cmd, env, working_dir, user, stop_signal, exposed_ports, volumes, labels } =
            self.config;
        ImageConfig {
            entrypoint,
            cmd,
            env,
            working_dir,
            user,
            stop_signal: stop_signal.filter(|signal| !signal.is_empty()),
            exposed_ports: exposed_ports.into_keys().collect(),
            volumes: volumes.into_keys().collect(),
            labels,
        }
    }
}

fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_full_config_is_understood() {
        let json = json!({
            "created": "2024-01-01T00:00:00Z", "architecture": "amd64", "os": "linux",
            "config": {
                "Entrypoint": ["/entry"], "Cmd": ["a", "b"], "Env": ["A=1"], "WorkingDir": "/w", "User": "1:2",
                "StopSignal": "SIGQUIT", "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Volumes": {"/data": {}},
                "Labels": {"k": "v"}
            },
            "rootfs": {"type": "layers", "diff_ids": [Digest::of(b"1").as_str()]}
        });
        let document = ConfigDocument::parse("x", json.to_string().as_bytes()).unwrap();
        assert_eq!(document.diff_ids(), [Digest::of(b"1")]);
        let config = document.into_image_config();
        assert_eq!(config.exposed_ports, ["53/udp", "80/tcp"]);
        assert_eq!(config.stop_signal.as_deref(), Some("SIGQUIT"));
        assert_eq!((config.user.as_str(), config.working_dir.as_str()), ("1:2", "/w"));
    }

    #[test]
    fn null_and_absence_are_the_same() {
        for config in [
            json!({"rootfs": {"diff_ids": null}, "config": null}),
            json!({"rootfs": {}, "config": {"Entrypoint": null, "Volumes": null, "Labels": null, "StopSignal": ""}}),
        ] {
            let document = ConfigDocument::parse("x", config.to_string().as_bytes()).unwrap();
            assert!(document.diff_ids().is_empty());
            assert_eq!(document.into_image_config(), ImageConfig::default());
        }
    }

    #[test]
    fn a_diff_id_that_is_no_digest_is_refused() {
        let error = ConfigDocument::parse("img", br#"{"rootfs": {"diff_ids": ["../../etc"]}}"#).unwrap_err();
        assert!(error.to_string().starts_with("config of img: "), "{error}");
    }
}
