//! The container's root: mounted from layers and entered.

use super::failure::{Explain, Result};
use crate::{
    confined::Confined,
    kernel,
    protocol::{Failure, Start, bundle_directories},
};
use rustix::{
    fs::{CWD, Mode, OFlags},
    io::Errno,
    mount::{MountFlags, MountPropagationFlags, MoveMountFlags, UnmountFlags, mount_change, move_mount, unmount},
};
use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
};

/// Makes what is mounted from now on invisible to the machine, while what the machine mounts still comes in.
pub fn leave_peer_groups() -> Result<()> {
    mount_change(c"/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .explain(|| "make all mounts slaves of the machine's".to_owned())
}

/// Mounts the layers as one file system on the bundle's `rootfs`: the root of the container that is being built.
pub fn mount(start: &Start) -> Result<Confined> {
    let [target, upper, work] = bundle_directories(&start.bundle);
    let layers = uppermost_of_each(&start.lower);
    mount_layers(&layers, &upper, &work, &target)
        .and_then(|()| Confined::open(&target))
        .explain(|| format!("mount {} image layers on {}", layers.len(), target.display()))
}

/// Makes a mounted directory the root of the process and lets go of the machine's.
pub fn enter(root: BorrowedFd<'_>) -> io::Result<()> {
    rustix::process::fchdir(root)?;
    match rustix::process::pivot_root(c".", c".") {
        Ok(()) => unmount(c".", UnmountFlags::DETACH)?,
        // The machine's root is the kernel's first one (an initramfs), which nobody can pivot away from: it is covered
        // instead, as runc does then. `..` at a root that is mounted on a root stays there.
        Err(Errno::INVAL) => {
            attach_by_moving(root)?;
            rustix::process::chroot(c".")?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(rustix::process::chdir(c"/")?)
}

fn attach_by_moving(root: BorrowedFd<'_>) -> io::Result<()> {
    Ok(move_mount(root, c"", CWD, c"/", MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
}

/// Makes the root what the specification says, when all is mounted.
pub fn finish(root: &Confined, read_only: bool, propagation: Option<&str>) -> Result<()> {
    if read_only {
        kernel::mount_setattr(root.as_fd(), libc::MOUNT_ATTR_RDONLY, 0, 0, false)
            .explain(|| "make the root read-only".to_owned())?;
    }
    let Some(propagation) = propagation.filter(|propagation| !propagation.is_empty()) else { return Ok(()) };
    let flags = match propagation {
        "shared" => MountPropagationFlags::SHARED,
        "rshared" => MountPropagationFlags::SHARED | MountPropagationFlags::REC,
        "slave" => MountPropagationFlags::DOWNSTREAM,
        "rslave" => MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC,
        "private" => MountPropagationFlags::PRIVATE,
        "rprivate" => MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
        "unbindable" => MountPropagationFlags::UNBINDABLE,
        "runbindable" => MountPropagationFlags::UNBINDABLE | MountPropagationFlags::REC,
        other => return Err(Failure::Create(format!("rootfsPropagation {other:?} is none"))),
    };
    mount_change(c"/", flags).explain(|| format!("make the root {propagation}"))
}

/// The layers without those that come again further up: overlayfs takes none twice, and what comes again above says all
/// that it said below.
fn uppermost_of_each(lower: &[PathBuf]) -> Vec<&Path> {
    let repeated = |(number, layer): (usize, &PathBuf)| lower.iter().skip(number + 1).any(|above| above == layer);
    lower.iter().enumerate().filter(|one| !repeated(*one)).map(|(_, layer)| layer.as_path()).collect()
}

/// Mounts overlayfs. Its options fit on one page, however many layers there are and however long their paths: each is
/// named by the number of a descriptor, as seen from `/proc/self/fd`.
fn mount_layers(lower: &[&Path], upper: &Path, work: &Path, target: &Path) -> io::Result<()> {
    let layers = lower.iter().rev().map(|layer| open_path(layer)).collect::<io::Result<Vec<_>>>()?;
    let number = |descriptor: &OwnedFd| descriptor.as_raw_fd().to_string();
    let (upper, work, target) = (open_path(upper)?, open_path(work)?, open_path(target)?);
    // `volatile`: the layer is lost with the container anyway, nobody need wait for the disk.
    let options = format!(
        "lowerdir={},upperdir={},workdir={},index=off,metacopy=off,volatile\0",
        layers.iter().map(number).collect::<Vec<_>>().join(":"),
        number(&upper),
        number(&work),
    );
    let options = std::ffi::CString::from_vec_with_nul(options.into_bytes()).map_err(io::Error::other)?;
    rustix::process::chdir(c"/proc/self/fd")?;
    let mounted =
        rustix::mount::mount(c"overlay", number(&target), c"overlay", MountFlags::empty(), options.as_c_str());
    rustix::process::chdir(c"/")?;
    Ok(mounted?)
}

fn open_path(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::thread::{UnshareFlags, unshare_unsafe};
    use std::os::fd::AsFd;

    /// A root that is no mount cannot be pivoted away from, as an initramfs cannot.
    #[test]
    fn a_root_that_cannot_be_left_is_covered() {
        let outer = tempfile::tempdir().unwrap();
        let machine = outer.path().join("machine");
        std::fs::create_dir_all(machine.join("new")).unwrap();
        std::fs::write(machine.join("secret"), "").unwrap();
        let confine = move || {
            // SAFETY: the root, the working directory and the mounts are this thread's own from now on.
            unsafe { unshare_unsafe(UnshareFlags::FS | UnshareFlags::NEWNS) }.unwrap();
            mount_change(c"/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).unwrap();
            rustix::mount::mount(c"new", machine.join("new"), c"tmpfs", MountFlags::empty(), None).unwrap();
            std::fs::write(machine.join("new/inside"), "").unwrap();
            rustix::process::chroot(&machine).unwrap();
            enter(open_path(Path::new("/new")).unwrap().as_fd()).unwrap();
            ["/inside", "/secret", "/../secret", "/new"].map(|path| Path::new(path).exists())
        };
        assert_eq!(std::thread::spawn(confine).join().unwrap(), [true, false, false, false]);
    }

    #[test]
    fn of_equal_layers_the_uppermost_stays() {
        let layers = |names: &str| names.split(' ').map(PathBuf::from).collect::<Vec<_>>();
        for (lower, expected) in [
            ("base top", "base top"),
            ("base empty other empty", "base other empty"),
            ("empty empty empty", "empty"),
            ("a b a b a", "b a"),
        ] {
            assert_eq!(uppermost_of_each(&layers(lower)), layers(expected), "{lower}");
        }
    }
}
