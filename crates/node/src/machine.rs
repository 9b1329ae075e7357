//! The machine as containers are specified for it.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::{
    container::{CgroupVersion, Machine},
    node_status::{Facts, allocatable},
};
use oci_spec::runtime::{LinuxDevice, LinuxDeviceBuilder, LinuxDeviceType};
use std::{
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::Path,
};

/// Folders below /dev that belong to file systems of their own, and the console, which is each container's own
/// (containerd's `HostDevices`).
const NOT_DEVICES: [&str; 6] = ["pts", "shm", "fd", "mqueue", "console", ".udev"];

/// Looks at the cgroup hierarchy and at /dev.
pub fn read(facts: &Facts, max_pods: u32) -> Machine {
    let is_unified = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
    let mut devices = Vec::new();
    find_devices(Path::new("/dev"), &mut devices);
    Machine {
        cgroup_version: if is_unified { CgroupVersion::V2 } else { CgroupVersion::V1 },
        memory_capacity: facts.memory,
        allocatable: allocatable(facts, max_pods),
        devices,
    }
}

fn find_devices(folder: &Path, devices: &mut Vec<LinuxDevice>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_none_or(|name| NOT_DEVICES.contains(&name)) {
            continue;
        }
        match entry.file_type() {
            Ok(type_) if type_.is_dir() => find_devices(&entry.path(), devices),
            Ok(type_) if type_.is_char_device() || type_.is_block_device() => devices.extend(device(&entry.path())),
            _ => {}
        }
    }
}

fn device(path: &Path) -> Option<LinuxDevice> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    let type_ = if metadata.file_type().is_block_device() { LinuxDeviceType::B } else { LinuxDeviceType::C };
    let number = metadata.rdev();
    LinuxDeviceBuilder::default()
        .path(path)
        .typ(type_)
        .major(i64::from(rustix::fs::major(number)))
        .minor(i64::from(rustix::fs::minor(number)))
        .file_mode(metadata.mode() & 0o777)
        .uid(metadata.uid())
        .gid(metadata.gid())
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_null_device_is_found_with_its_numbers() {
        let mut devices = Vec::new();
        find_devices(Path::new("/dev"), &mut devices);
        let null = devices.iter().find(|device| device.path() == Path::new("/dev/null")).unwrap();
        assert_eq!((null.typ(), null.major(), null.minor()), (LinuxDeviceType::C, 1, 3));
        assert!(devices.iter().all(|device| !device.path().starts_with("/dev/pts")));
    }
}
