//! What a sandbox leaves on the machine, and how it goes away: processes, cgroups, the shared memory, the socket.

use crate::{Error, Result, cgroup::Cgroups, protocol::SOCKET, remove};
use rustix::mount::{MountFlags, UnmountFlags};
use std::{
    fs::{self, DirBuilder},
    io::{self, ErrorKind},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// Where a sandbox's shared memory is mounted.
pub fn shm(directory: &Path) -> PathBuf {
    directory.join("shm")
}

/// Mounts the memory that the containers of a sandbox share as `/dev/shm`; of 64 MiB, as containerd does.
pub fn mount_shm(directory: &Path) -> Result<()> {
    let path = shm(directory);
    fs::create_dir_all(&path).map_err(file("make", &path))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount(c"shm", &path, c"tmpfs", flags, c"mode=1777,size=64m")
        .map_err(|error| file("mount a tmpfs on", &path)(error.into()))
}

/// Kills what still runs in a sandbox's cgroup and removes everything but its directory. Does nothing where nothing is
/// left.
pub fn remove(cgroups: &Cgroups, directory: &Path, cgroup: &str) -> Result<()> {
    cgroups.kill(cgroup)?;
    cgroups.remove(cgroup)?;
    let path = shm(directory);
    match rustix::mount::unmount(&path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
        // Not mounted, or not there.
        Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => {}
        Err(error) => return Err(file("unmount", &path)(error.into())),
    }
    absent_is_fine(fs::remove_dir(&path)).map_err(file("remove", &path))?;
    let socket = directory.join(SOCKET);
    absent_is_fine(fs::remove_file(&socket)).map_err(file("remove", &socket))
}

/// Makes a directory that is nobody's business but root's: images have programs with setuid bits (CVE-2024-25621).
pub fn make_directory(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(file("make", path))
}

/// Removes a directory with all in it.
pub fn remove_directory(path: &Path) -> Result<()> {
    remove::remove_directory(path).map_err(file("remove", path))
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Says what was done to which file when it failed.
pub fn file(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::File { action, path: path.to_owned(), source }
}
