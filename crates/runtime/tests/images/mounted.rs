//! Mounts that end with the test.

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::{ffi::CString, path::Path};

/// A mounted file system, gone with this.
pub struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    pub fn new(kind: &str, path: &'a Path, options: &str) -> Self {
        let options = CString::new(options).unwrap();
        mount(kind, path, kind, MountFlags::empty(), Some(options.as_c_str())).unwrap();
        Self(path)
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = unmount(self.0, UnmountFlags::DETACH);
    }
}
