//! Whiteouts that would be seen.
//!
//! overlayfs takes a whiteout for one only in a directory that several layers have; elsewhere its name is listed, though
//! nothing is there. A layer that is unpacked does not know what will be below it. So for each directory with whiteouts it
//! brings an empty one along, in a folder of its own, to be put below the layer.

use super::place;
use crate::confined::Confined;
use rustix::fs::getxattr;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

pub(super) const OPAQUE_XATTR: &str = "trusted.overlay.opaque";

#[derive(Default)]
pub(super) struct Whiteouts(BTreeSet<PathBuf>);

impl Whiteouts {
    pub fn note(&mut self, hidden: PathBuf) {
        self.0.insert(hidden);
    }

    /// Makes what has to be below. An opaque directory hides all there is below, and has no need of whiteouts.
    pub fn finish(&self, root: &Confined, below: &Path) -> io::Result<()> {
        for hidden in &self.0 {
            // A later member may have put something else in the directory's place.
            let Ok(place) = root.place(hidden) else { continue };
            let folder = place::path(&place).with_file_name(".");
            let mut value = [0; 1];
            if getxattr(&folder, OPAQUE_XATTR, &mut value).is_ok() {
                remove_whiteout(&place)?;
                continue;
            }
            let directory = root.resolved(hidden.parent().unwrap_or(Path::new("")))?;
            if !directory.as_os_str().is_empty() {
                fs::create_dir_all(below)?;
                Confined::open(below)?.make_directory(&directory)?;
            }
        }
        Ok(())
    }
}

fn remove_whiteout(place: &crate::confined::Place) -> io::Result<()> {
    use rustix::fs::{AtFlags, FileType, statat, unlinkat};
    let Ok(stat) = statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW) else { return Ok(()) };
    if FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0 {
        unlinkat(&place.folder, &place.name, AtFlags::empty())?;
    }
    Ok(())
}
