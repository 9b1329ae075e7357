//! What is read of the machine before anything starts.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::{admission, container::Machine, machine, node_status::Facts, pod_files::ResolvConf};
use std::path::Path;

/// The machine as the node finds it.
pub struct Surroundings {
    pub facts: Facts,
    pub machine: Machine,
    pub resolv_conf: ResolvConf,
    pub admission: admission::Facts,
}

impl Surroundings {
    pub fn read(data_dir: &Path, max_pods: u32) -> Self {
        let facts = Facts::read(data_dir);
        Self {
            machine: machine::read(&facts, max_pods),
            resolv_conf: ResolvConf::parse(&std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default()),
            admission: admission::Facts::read(&facts.kernel),
            facts,
        }
    }
}
