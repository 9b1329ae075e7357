//! Files that a container needs before it is.

use crate::{Error, blocking};
use oci_spec::runtime::LinuxSeccomp;
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
};

/// Makes the folder of the log, and the termination log: whoever the container runs as may write its last words.
pub async fn make(log: PathBuf, termination_log: PathBuf) -> Result<(), Error> {
    let make = move || {
        for folder in [log.parent(), termination_log.parent()].into_iter().flatten() {
            fs::create_dir_all(folder).map_err(|error| Error::io("create", folder, error))?;
        }
        fs::write(&termination_log, "")
            .and_then(|()| fs::set_permissions(&termination_log, Permissions::from_mode(0o666)))
            .map_err(|error| Error::io("create", &termination_log, error))
    };
    blocking::run(make).await
}

/// A profile of the node. What cannot be read is missing, and so no container comes about.
pub async fn seccomp_profile(path: PathBuf) -> Option<LinuxSeccomp> {
    blocking::run(move || serde_json::from_slice(&fs::read(path).ok()?).ok()).await
}
