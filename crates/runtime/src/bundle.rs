//! A container's bundle: its specification, filter and directories, written before its process is made.

use crate::{
    ContainerConfig, Error, Result, container,
    error::OOM_KILLED,
    leftovers,
    machine::Machine,
    protocol::{Start, bundle_directories},
};
use oci_spec::runtime::{LinuxNamespace, LinuxNamespaceType, Process, Spec};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The kernel takes no longer argument or variable (`MAX_ARG_STRLEN`), and no more of all (three quarters of
/// `_STK_LIM`), whatever the limits of the process (execve(2)).
const LONGEST_ARGUMENT: usize = 32 * 4096 - 1;
const MOST_ARGUMENTS: usize = 6 << 20;

/// Writes the bundle and makes the cgroup: all that can be done without the supervisor. Of a failure nothing is left.
pub fn prepare(machine: &Machine, pod: &str, config: ContainerConfig) -> Result<Start> {
    if let Some(message) = refusal(&config.spec) {
        return Err(Error::Create { container: config.id, message });
    }
    let bundle = config.bundle.clone();
    let prepared = try_prepare(machine, pod, config);
    if prepared.is_err() {
        // The error that matters is the first one.
        let _ = leftovers::remove_directory(&bundle);
    }
    prepared
}

fn try_prepare(machine: &Machine, pod: &str, config: ContainerConfig) -> Result<Start> {
    let spec = config.spec.clone();
    let start = start(pod, config);
    leftovers::make_directory(&start.bundle)?;
    for directory in bundle_directories(&start.bundle) {
        // From an earlier attempt; a container begins with an empty layer of its own.
        leftovers::remove_directory(&directory)?;
        // The upper one's mode is that of the container's root.
        fs::create_dir(&directory).map_err(leftovers::file("make", &directory))?;
    }
    write(&start.specification(), serde_json::to_vec(&spec))?;
    let linux = spec.linux().as_ref();
    if let Some(profile) = linux.and_then(|linux| linux.seccomp().as_ref()) {
        write(&start.seccomp(), serde_json::to_vec(&*machine.filters.get(profile)?))?;
    }
    let resources = linux.and_then(|linux| linux.resources().clone()).unwrap_or_default();
    match machine.cgroups.create(&start.cgroup, &resources, true) {
        Ok(()) => Ok(start),
        Err(error) => {
            // The error that matters is the first one.
            let _ = machine.cgroups.remove(&start.cgroup);
            let message = OOM_KILLED.to_owned();
            Err(if error.is_out_of_memory() { Error::Start { container: start.container, message } } else { error })
        }
    }
}

fn start(pod: &str, config: ContainerConfig) -> Start {
    let ContainerConfig { id, bundle, spec, target, root, volumes, log, stdin, stdin_once } = config;
    let linux = spec.linux().as_ref();
    let namespaces = linux.and_then(|linux| linux.namespaces().as_deref()).unwrap_or_default();
    let cgroup = linux.and_then(|linux| linux.cgroups_path().as_deref()).and_then(Path::to_str);
    Start {
        cgroup: cgroup.map_or_else(|| format!("{pod}/{id}"), str::to_owned),
        namespaces: container::clone_flags(namespaces),
        pid_namespace: pid_namespace(namespaces),
        target,
        container: id,
        bundle,
        lower: root.lower,
        volumes,
        log: log.path,
        log_max_size: log.max_size,
        log_max_files: log.max_files,
        stdin,
        stdin_once,
    }
}

fn pid_namespace(namespaces: &[LinuxNamespace]) -> Option<PathBuf> {
    let mut pid = namespaces.iter().filter(|namespace| namespace.typ() == LinuxNamespaceType::Pid);
    pid.find_map(|namespace| namespace.path().clone())
}

fn write(path: &Path, json: serde_json::Result<Vec<u8>>) -> Result<()> {
    let written = json.map_err(std::io::Error::from).and_then(|json| fs::write(path, json));
    written.map_err(leftovers::file("write", path))
}

/// Why a specification cannot be done at all.
fn refusal(spec: &Spec) -> Option<String> {
    let unsupported = container::find_unsupported(spec).map(|name| format!("{name} is not supported"));
    unsupported.or_else(|| too_long(spec.process().as_ref()?))
}

fn too_long(process: &Process) -> Option<String> {
    let strings = || process.args().iter().chain(process.env()).flatten();
    // Each takes its length, a NUL and a pointer.
    let all: usize = strings().map(|string| string.len() + 1 + size_of::<usize>()).sum();
    let longest = strings().map(String::len).max().unwrap_or_default();
    if longest > LONGEST_ARGUMENT {
        return Some(format!(
            "argument list too long: an argument or variable of {longest} bytes, the kernel takes {LONGEST_ARGUMENT}"
        ));
    }
    (all > MOST_ARGUMENTS).then(|| {
        format!("argument list too long: {all} bytes of arguments and environment, the kernel takes {MOST_ARGUMENTS}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_kernel_would_not_take_is_refused_before() {
        let many = vec!["x".repeat(100_000); 63];
        for (arguments, expected) in [
            (vec!["x".repeat(LONGEST_ARGUMENT)], None),
            (vec!["x".repeat(LONGEST_ARGUMENT + 1)], Some("argument list too long: an argument or variable of 131072")),
            (many[..62].to_vec(), None),
            (many.clone(), Some("argument list too long: 6300567 bytes of arguments")),
        ] {
            for field in ["args", "env"] {
                let process = json!({"user": {"uid": 0, "gid": 0}, "cwd": "/", field: arguments});
                let spec = serde_json::from_value(json!({"ociVersion": "1.2.0", "process": process})).unwrap();
                let refusal = refusal(&spec);
                assert_eq!(refusal.is_some(), expected.is_some(), "{refusal:?}");
                assert!(refusal.unwrap_or_default().starts_with(expected.unwrap_or_default()));
            }
        }
    }
}
