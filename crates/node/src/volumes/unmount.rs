//! Taking volumes away: mounts first, so that nothing below them is deleted.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::Error;
use rustix::{
    io::Errno,
    mount::{UnmountFlags, unmount},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const MOUNTINFO: &str = "/proc/self/mountinfo";

/// Unmounts what lies below a folder, then removes it; nothing is removed while something is mounted there.
pub fn remove(folder: &Path) -> Result<(), Error> {
    if !folder.try_exists().map_err(|error| Error::io("inspect", folder, error))? {
        return Ok(());
    }
    unmount_below(folder)?;
    runtime::remove_directory(folder).map_err(|error| Error::io("remove", folder, error))
}

/// Unmounts what lies below a folder, and leaves all else there as it is.
pub fn unmount_below(folder: &Path) -> Result<(), Error> {
    let mounts = fs::read_to_string(MOUNTINFO).map_err(|error| Error::io("read", Path::new(MOUNTINFO), error))?;
    mount_points_below(folder, &mounts).iter().try_for_each(|path| detach(path))
}

fn detach(path: &Path) -> Result<(), Error> {
    match unmount(path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
        // Not mounted any more, or not there.
        Ok(()) | Err(Errno::INVAL | Errno::NOENT) => Ok(()),
        Err(error) => Err(Error::io("unmount", path, error.into())),
    }
}

/// The mount points below `root` in /proc/self/mountinfo (proc(5)), the innermost first.
fn mount_points_below(root: &Path, mountinfo: &str) -> Vec<PathBuf> {
    let mut points: Vec<_> = mountinfo
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(|point| PathBuf::from(point.replace("\\040", " ").replace("\\134", "\\")))
        .filter(|point| point.starts_with(root))
        .collect();
    points.reverse();
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volumes::medium::Medium;

    #[test]
    fn what_is_in_memory_goes_and_what_is_on_disk_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (memory, disk) = (folder.path().join("volumes/memory"), folder.path().join("volumes/disk"));
        Medium::Memory(None).make(&memory, None).unwrap();
        Medium::Disk.make(&disk, None).unwrap();
        for volume in [&memory, &disk] {
            fs::write(volume.join("file"), "").unwrap();
        }
        for _ in 0..2 {
            unmount_below(folder.path()).unwrap();
            let mounts = fs::read_to_string(MOUNTINFO).unwrap();
            assert_eq!(mount_points_below(folder.path(), &mounts), Vec::<PathBuf>::new());
            assert_eq!(
                [&memory, &disk].map(|volume| (volume.exists(), volume.join("file").exists())),
                [(true, false), (true, true)]
            );
        }
    }

    #[test]
    fn inner_mounts_come_first_and_others_not_at_all() {
        let mountinfo = "\
            22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
            30 22 0:1 / /data/pods/u/volumes/a rw - tmpfs tmpfs rw\n\
            31 30 0:2 / /data/pods/u/volumes/a/b\\040c rw - tmpfs tmpfs rw\n\
            32 22 0:3 / /data/pods/u2/volumes/a rw - tmpfs tmpfs rw\n";
        assert_eq!(
            mount_points_below(Path::new("/data/pods/u/volumes"), mountinfo),
            [PathBuf::from("/data/pods/u/volumes/a/b c"), PathBuf::from("/data/pods/u/volumes/a")]
        );
    }
}
