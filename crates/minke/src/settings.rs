//! What a user can set, on the command line or in the configuration file, and what follows where nothing is set.

#![expect(clippy::disallowed_methods, reason = "read once, before anything else runs")]

use crate::{node_name, yaml};
use anyhow::{Context, Result, bail};
use api::kinds::served;
use clap::Args;
use machinery::catalog::Catalog;
use network::Cidrs;
use runtime::images::RegistryConfig;
use serde::Deserialize;
use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

/// Settings with the same names on the command line and in the file.
#[derive(Debug, Clone, Default, PartialEq, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// State, images, pod folders and certificates [default: /var/lib/minke]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address of the API server [default: 127.0.0.1:6443 and the node's own address]
    #[arg(long, global = true, value_name = "IP:PORT")]
    pub listen: Option<SocketAddr>,
    /// Where the administrator's kubeconfig is written [default: DIR/admin.kubeconfig]
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Addresses of pods, of one family or of each [default: 10.42.0.0/16, or the next network that is free]
    #[arg(long, global = true, value_name = "CIDR[,CIDR]")]
    pub pod_cidr: Option<Cidrs>,
    /// Addresses of Services, likewise [default: 10.43.0.0/16, or the next network that is free]
    #[arg(long, global = true, value_name = "CIDR[,CIDR]")]
    pub service_cidr: Option<Cidrs>,
    /// Name of this node [default: the machine's host name]
    #[arg(long, global = true, value_name = "NAME")]
    pub node_name: Option<String>,
    /// API versions to serve or not, such as api/beta=false,resource.k8s.io/v1beta2=true [default: every kind, in
    /// its stable versions or else its most mature one]
    #[arg(long, global = true, value_name = "KEY=BOOL,...")]
    pub runtime_config: Option<String>,
    /// Address of a DNS server for pods with the cluster's DNS policy [default: none, they use the node's]
    #[arg(long, global = true, value_name = "IP")]
    pub cluster_dns: Option<IpAddr>,
    /// error, warn, info, debug, trace, or a filter such as info,node=debug [default: `RUST_LOG`, else info]
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// Mirrors and transport of registries; in the file only.
    #[arg(skip)]
    #[serde(default)]
    pub registries: Option<RegistryConfig>,
}

impl Settings {
    /// Reads a configuration file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&path.display().to_string(), &text)
    }

    fn parse(name: &str, text: &str) -> Result<Self> {
        // A file of comments says nothing, which is no mistake.
        let settings: Option<Self> = serde_saphyr::from_str(text).map_err(|error| yaml::complaint(name, &error))?;
        Ok(settings.unwrap_or_default())
    }

    /// These settings, and where they are silent those of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            data_dir: self.data_dir.or(other.data_dir),
            listen: self.listen.or(other.listen),
            kubeconfig: self.kubeconfig.or(other.kubeconfig),
            pod_cidr: self.pod_cidr.or(other.pod_cidr),
            service_cidr: self.service_cidr.or(other.service_cidr),
            node_name: self.node_name.or(other.node_name),
            runtime_config: self.runtime_config.or(other.runtime_config),
            cluster_dns: self.cluster_dns.or(other.cluster_dns),
            log_level: self.log_level.or(other.log_level),
            registries: self.registries.or(other.registries),
        }
    }

    /// The folder with everything of this instance.
    pub fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| PathBuf::from("/var/lib/minke"))
    }

    /// The kinds that the API server serves.
    pub fn served_kinds(&self) -> Result<Catalog> {
        let config = self.runtime_config.as_deref().unwrap_or_default();
        served(config).context("runtime-config")
    }

    /// The name of the node: what was set, else one made of the host name, which is said if it differs.
    pub fn node_name(&self) -> Result<String> {
        let Some(name) = &self.node_name else {
            let host_name = rustix::system::uname().nodename().to_string_lossy().into_owned();
            let name = node_name::from_host_name(&host_name);
            if !host_name.eq_ignore_ascii_case(&name) {
                tracing::warn!(host_name, name, "the host name cannot name a node; choose another with --node-name");
            }
            return Ok(name);
        };
        let errors = machinery::format::dns1123_subdomain(name);
        if !errors.is_empty() {
            bail!("{name:?} cannot name a node: {}; choose another with --node-name", errors.join(", "));
        }
        Ok(name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_the_names_of_the_flags() {
        let text = "data-dir: /tmp/x\nlisten: 127.0.0.1:7000\npod-cidr: 10.9.0.0/16\nlog-level: debug\n";
        let settings = Settings::parse("c.yaml", text).unwrap();
        assert_eq!(settings.data_dir(), Path::new("/tmp/x"));
        assert_eq!(settings.listen, Some("127.0.0.1:7000".parse().unwrap()));
        assert_eq!(settings.pod_cidr, Some("10.9.0.0/16".parse().unwrap()));
        assert_eq!(Settings::parse("c.yaml", "# nothing\n").unwrap(), Settings::default());
    }

    #[test]
    fn mistakes_in_the_file_are_named() {
        for (text, expected) in [
            ("data-dri: /x\n", "c.yaml:1:1: unknown field `data-dri`"),
            ("# where\nlisten: here\n", "c.yaml:2:9: "),
            ("listen: [\n", "c.yaml:"),
        ] {
            let error = Settings::parse("c.yaml", text).unwrap_err().to_string();
            assert!(error.starts_with(expected) && !error.contains('\n'), "{text:?}: {error}");
        }
    }

    #[test]
    fn flags_win_over_the_file() {
        let flags = Settings { node_name: Some("a".into()), ..Settings::default() };
        let file = Settings { node_name: Some("b".into()), log_level: Some("debug".into()), ..Settings::default() };
        let merged = flags.or(file);
        assert_eq!((merged.node_name.as_deref(), merged.log_level.as_deref()), (Some("a"), Some("debug")));
    }

    #[test]
    fn every_kind_is_served_unless_it_is_turned_off() {
        let workloads = |config: Option<&str>| {
            let settings = Settings { runtime_config: config.map(String::from), ..Settings::default() };
            Ok::<_, anyhow::Error>(settings.served_kinds()?.find("scheduling.k8s.io", "v1beta1", "workloads").is_some())
        };
        assert!(workloads(None).unwrap());
        assert!(!workloads(Some("api/beta=false")).unwrap());
        let error = format!("{:#}", workloads(Some("api/beat=false")).unwrap_err());
        assert!(error.starts_with("runtime-config: there is no API \"api/beat\""), "{error}");
    }

    #[test]
    fn a_node_has_a_dns_name() {
        let named = |name: &str| Settings { node_name: Some(name.into()), ..Settings::default() }.node_name();
        assert_eq!(named("edge-1.local").unwrap(), "edge-1.local");
        assert!(named("Edge_1").unwrap_err().to_string().contains("--node-name"));
    }
}
