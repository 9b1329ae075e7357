//! What a container's mounts show, opened while the machine's files can still be named.

use super::{
    attach::{clone_mount_at, make_file_system},
    failure::{Explain, Result},
    mount_options::{MountOptions, is_bind, options},
    pid_namespace::Joined,
};
use crate::{cgroup::Cgroups, kernel};
use oci_spec::runtime::Mount;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    io,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
};

/// What is put on a mount's destination.
pub enum Source {
    /// A copy of a mount of the machine.
    Bind(OwnedFd),
    /// The procfs of a PID namespace that is joined.
    Procfs(OwnedFd),
    /// The hierarchy of cgroup version 2.
    Cgroup(OwnedFd),
    /// The hierarchies of cgroup version 1.
    Cgroups(Vec<Hierarchy>),
    /// A new file system.
    New,
}

/// A hierarchy of cgroup version 1.
pub struct Hierarchy {
    /// What the machine calls it.
    pub name: OsString,
    pub controllers: Vec<String>,
    pub mount: OwnedFd,
}

/// What is special about the container's view of the machine.
pub struct View<'a> {
    pub cgroups: &'a Cgroups,
    /// The container's cgroup, and whether the container has a cgroup namespace, whose root that is.
    pub cgroup: &'a str,
    pub own_cgroup: bool,
    pub joined: Option<&'a Joined>,
}

impl View<'_> {
    pub fn open(&self, mount: &Mount) -> Result<Source> {
        self.try_open(mount).explain(|| failed(mount))
    }

    fn try_open(&self, mount: &Mount) -> io::Result<Source> {
        let options = options(mount);
        if let Some(source) = mount.source().as_ref().filter(|_| is_bind(mount, &options)) {
            return Ok(Source::Bind(clone_mount_at(source, options.recursive_bind)?));
        }
        match (mount.typ().as_deref(), self.joined) {
            (Some("cgroup" | "cgroup2"), _) => self.cgroup(&options),
            (Some("proc"), Some(joined)) => Ok(Source::Procfs(joined.procfs()?)),
            _ => Ok(Source::New),
        }
    }

    /// Shows the container its own cgroup: on version 2 the one hierarchy, on version 1 each of them.
    fn cgroup(&self, options: &MountOptions) -> io::Result<Source> {
        let attributes = MountOptions { data: Vec::new(), ..options.clone() };
        match self.cgroups {
            Cgroups::V2(mount) => Ok(Source::Cgroup(self.hierarchy("cgroup2", &[], mount, &attributes)?)),
            Cgroups::V1(mounts) => {
                let hierarchies = controllers_by_mount(mounts).into_iter().map(|(point, controllers)| {
                    let name = point.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
                    let mount = self.hierarchy("cgroup", &controllers, point, &attributes)?;
                    Ok(Hierarchy { name, controllers, mount })
                });
                Ok(Source::Cgroups(hierarchies.collect::<io::Result<_>>()?))
            }
        }
    }

    /// With a namespace of its own the kernel shows the cgroup as the root; else it is bound from the machine's.
    fn hierarchy(
        &self,
        kind: &str,
        controllers: &[String],
        point: &Path,
        attributes: &MountOptions,
    ) -> io::Result<OwnedFd> {
        if self.own_cgroup {
            let data = controllers.iter().map(|controller| (controller.clone(), None)).collect();
            return make_file_system(kind, "cgroup", &MountOptions { data, ..attributes.clone() });
        }
        let mount = clone_mount_at(&point.join(self.cgroup.trim_start_matches('/')), false)?;
        kernel::mount_setattr(mount.as_fd(), attributes.set, attributes.clear, libc::MS_PRIVATE, false)?;
        Ok(mount)
    }
}

fn controllers_by_mount(mounts: &BTreeMap<String, PathBuf>) -> BTreeMap<&Path, Vec<String>> {
    let mut by_mount: BTreeMap<&Path, Vec<String>> = BTreeMap::new();
    for (controller, mount) in mounts {
        by_mount.entry(mount).or_default().push(controller.clone());
    }
    by_mount
}

/// In runc's words.
pub fn failed(mount: &Mount) -> String {
    let kind = mount.typ().as_deref().unwrap_or("none");
    let source = mount.source().as_ref().map_or(kind.to_owned(), |source| source.display().to_string());
    format!("error mounting {source:?} to rootfs at {:?}", mount.destination().display().to_string())
}
