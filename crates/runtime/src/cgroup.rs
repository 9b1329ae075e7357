//! Control groups: found, made, limited, joined, measured, emptied and removed, on version 1 (also hybrid) and 2.
//!
//! A cgroup is named by its path from the root of each hierarchy, `/minke/burstable/pod…/id`. The root itself, where all
//! processes of the machine are, has no name here: nothing can be done to it by mistake.

mod devices;
mod kill;
mod measure;
mod v1;
mod v2;

use crate::{Error, Result};
use oci_spec::runtime::LinuxResources;
use rustix::fs::{Mode, OFlags};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// The type of a cgroup2 file system (statfs(2)).
const CGROUP2_SUPER_MAGIC: i64 = 0x6367_7270;
const MOUNT: &str = "/sys/fs/cgroup";

/// The cgroup hierarchies of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cgroups {
    /// Where each controller is mounted; several may be mounted together.
    V1(BTreeMap<String, PathBuf>),
    /// Where the one hierarchy is mounted.
    V2(PathBuf),
}

/// A value for a file of a cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    controller: &'static str,
    file: String,
    value: String,
    /// The kernel may lack this file (swap accounting, huge pages of a size).
    optional: bool,
}

impl Setting {
    fn new(controller: &'static str, file: &str, value: &impl ToString) -> Self {
        Self { controller, file: file.to_owned(), value: value.to_string(), optional: false }
    }

    fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

impl Cgroups {
    /// Finds the hierarchies as runc does: version 2 if `/sys/fs/cgroup` itself is one, else version 1 (a cgroup2 mounted
    /// beside the others, hybrid, has no controllers that matter).
    pub fn detect() -> io::Result<Self> {
        if rustix::fs::statfs(MOUNT)?.f_type == CGROUP2_SUPER_MAGIC {
            return Ok(Self::V2(PathBuf::from(MOUNT)));
        }
        Ok(Self::V1(v1::mounts(&fs::read_to_string("/proc/self/mountinfo")?)))
    }

    /// Makes a cgroup with its ancestors and sets its limits. `devices`: also which devices may be used, as only the
    /// cgroup of a container says.
    pub fn create(&self, cgroup: &str, resources: &LinuxResources, devices: bool) -> Result<()> {
        named(cgroup)?;
        let settings = match self {
            Self::V1(_) => {
                for directory in self.directories(cgroup) {
                    fs::create_dir_all(&directory).map_err(|error| failure(cgroup, "make it", error))?;
                }
                if let Some(directory) = self.directory("cpuset", cgroup) {
                    v1::inherit_cpuset(&directory).map_err(|error| failure(cgroup, "inherit the cpuset", error))?;
                }
                v1::settings(resources)
            }
            Self::V2(mount) => {
                v2::create(mount, named(cgroup)?).map_err(|error| failure(cgroup, "make it", error))?;
                v2::settings(resources)
            }
        };
        for setting in &settings {
            self.set(cgroup, setting)?;
        }
        if devices {
            self.restrict_devices(cgroup, resources)?;
        }
        Ok(())
    }

    fn restrict_devices(&self, cgroup: &str, resources: &LinuxResources) -> Result<()> {
        let rules = devices::rules(resources.devices().as_deref().unwrap_or_default());
        match self {
            Self::V1(_) => devices::v1_writes(&rules)
                .into_iter()
                .try_for_each(|(file, value)| self.set(cgroup, &Setting::new("devices", file, &value))),
            Self::V2(mount) => devices::attach(&mount.join(named(cgroup)?), &rules)
                .map_err(|error| failure(cgroup, "restrict its devices", error)),
        }
    }

    fn set(&self, cgroup: &str, setting: &Setting) -> Result<()> {
        let action = || format!("set {} to {}", setting.file, setting.value);
        let Some(directory) = self.directory(setting.controller, cgroup) else {
            if setting.optional {
                return Ok(());
            }
            let missing = io::Error::other(format!("this kernel has no {} controller", setting.controller));
            return Err(failure(cgroup, &action(), missing));
        };
        match fs::write(directory.join(&setting.file), &setting.value) {
            Err(error) if setting.optional && error.kind() == ErrorKind::NotFound => Ok(()),
            result => result.map_err(|error| failure(cgroup, &action(), error)),
        }
    }

    /// Moves the calling process, which must have a single thread. On version 1 through `tasks`: `cgroup.procs` waits for
    /// an RCU grace period of some 15 ms.
    pub fn join(&self, cgroup: &str) -> Result<()> {
        let file = match self {
            Self::V1(_) => "tasks",
            Self::V2(_) => "cgroup.procs",
        };
        for directory in self.directories(cgroup) {
            fs::write(directory.join(file), "0").map_err(|error| failure(cgroup, "join it", error))?;
        }
        Ok(())
    }

    /// The directory to be born in, on version 2.
    pub fn birthplace(&self, cgroup: &str) -> Result<Option<OwnedFd>> {
        let Self::V2(mount) = self else { return Ok(None) };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::open(mount.join(named(cgroup)?), flags, Mode::empty())
            .map(Some)
            .map_err(|error| failure(cgroup, "open it", error.into()))
    }

    /// The directory of the cgroup that a process has gone to, below this one: where it runs a systemd or the like it has
    /// given this one's controllers to cgroups of its own, and nobody can be born in it any more (version 2).
    pub fn birthplace_beside(&self, process: u32, cgroup: &str) -> Result<Option<OwnedFd>> {
        let Self::V2(_) = self else { return Ok(None) };
        let file = format!("/proc/{process}/cgroup");
        let text = fs::read_to_string(file).map_err(|error| failure(cgroup, "find its process", error))?;
        match v2::below(&text, cgroup) {
            Some(lower) => self.birthplace(lower),
            None => Ok(None),
        }
    }

    /// Removes a cgroup and those below it, which must be empty. What does not exist is fine.
    pub fn remove(&self, cgroup: &str) -> Result<()> {
        for directory in self.directories(cgroup) {
            remove_tree(&directory).map_err(|error| failure(cgroup, "remove it", error))?;
        }
        Ok(())
    }

    /// The directories of a cgroup, one for each hierarchy that is used; none for what names no cgroup.
    fn directories(&self, cgroup: &str) -> Vec<PathBuf> {
        let Ok(name) = named(cgroup) else { return Vec::new() };
        let mut mounts: Vec<&PathBuf> = match self {
            Self::V1(mounts) => mounts.values().collect(),
            Self::V2(mount) => vec![mount],
        };
        mounts.sort();
        mounts.dedup();
        mounts.into_iter().map(|mount| mount.join(name)).collect()
    }

    fn directory(&self, controller: &str, cgroup: &str) -> Option<PathBuf> {
        let mount = match self {
            Self::V1(mounts) => mounts.get(controller)?,
            Self::V2(mount) => mount,
        };
        named(cgroup).ok().map(|name| mount.join(name))
    }
}

/// The path of a cgroup below the root of its hierarchy.
fn named(cgroup: &str) -> Result<&str> {
    let name = cgroup.trim_matches('/');
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(failure(cgroup, "use it", io::Error::other("it names no cgroup below the root")));
    }
    Ok(name)
}

fn failure(cgroup: &str, action: &str, source: io::Error) -> Error {
    Error::Cgroup { cgroup: cgroup.to_owned(), action: action.to_owned(), source }
}

fn remove_tree(directory: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    // A process that has just been reaped may still count for a moment.
    for _ in 0..1000 {
        match fs::remove_dir(directory) {
            Err(error) if error.kind() == ErrorKind::ResourceBusy => thread::sleep(Duration::from_millis(1)),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            result => return result,
        }
    }
    Err(ErrorKind::ResourceBusy.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_cannot_be_named() {
        for name in ["", "/", "//", ".", "/minke/..", "/../minke", "/minke//pod"] {
            assert!(named(name).is_err(), "{name:?}");
            let cgroups = Cgroups::V2(MOUNT.into());
            assert!(cgroups.directories(name).is_empty() && cgroups.directory("", name).is_none());
        }
        assert_eq!(named("/minke/pod1/c").unwrap(), "minke/pod1/c");
    }
}
