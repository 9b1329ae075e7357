//! The device nodes and links of a container's `/dev`.

use super::failure::{Explain, Result};
use crate::confined::{Confined, Place};
use oci_spec::runtime::{LinuxDevice, LinuxDeviceType};
use rustix::fs::{AtFlags, FileType, Gid, Mode, Uid, makedev};
use std::{io, path::Path};

/// The default devices of the OCI specification, with major and minor numbers.
const DEFAULTS: [(&str, u32, u32); 6] =
    [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

/// The links every container's `/dev` has (OCI runtime specification, "Dev symbolic links").
const LINKS: [(&str, &str); 6] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
    ("core", "/proc/kcore"),
];

/// Makes the default nodes and links, and the devices of the specification.
pub fn make(root: &Confined, devices: &[LinuxDevice]) -> Result<()> {
    let directory = root.make_directory(Path::new("/dev")).explain(|| "make /dev".to_owned())?;
    for (name, major, minor) in DEFAULTS {
        let mode = Mode::from_raw_mode(0o666);
        exists_or(rustix::fs::mknodat(&directory, name, FileType::CharacterDevice, mode, makedev(major, minor)))
            .explain(|| format!("make /dev/{name}"))?;
    }
    for (name, target) in LINKS {
        exists_or(rustix::fs::symlinkat(target, &directory, name)).explain(|| format!("make /dev/{name}"))?;
    }
    devices.iter().try_for_each(|device| node(root, device).explain(|| format!("make {}", device.path().display())))
}

fn node(root: &Confined, device: &LinuxDevice) -> io::Result<()> {
    let kind = match device.typ() {
        LinuxDeviceType::B => FileType::BlockDevice,
        LinuxDeviceType::P => FileType::Fifo,
        LinuxDeviceType::C | LinuxDeviceType::U | LinuxDeviceType::A => FileType::CharacterDevice,
    };
    let number = |number: i64| u32::try_from(number).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput));
    let Place { folder: parent, name } = root.make_way(device.path())?;
    let mode = Mode::from_raw_mode(device.file_mode().unwrap_or(0o666) & 0o7777);
    exists_or(rustix::fs::mknodat(
        &parent,
        &name,
        kind,
        mode,
        makedev(number(device.major())?, number(device.minor())?),
    ))?;
    let (uid, gid) = (device.uid().map(Uid::from_raw), device.gid().map(Gid::from_raw));
    Ok(rustix::fs::chownat(&parent, &name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?)
}

fn exists_or(result: rustix::io::Result<()>) -> io::Result<()> {
    match result {
        Err(rustix::io::Errno::EXIST) => Ok(()),
        result => Ok(result?),
    }
}
