//! Files that a container needs before it is.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

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

/// A profile of the node, or why there is none, in which case no container comes about. Where the node keeps its files
/// is nobody's business but its own.
pub async fn seccomp_profile(path: PathBuf) -> Result<LinuxSeccomp, String> {
    blocking::run(move || {
        let text = fs::read(path).map_err(|error| format!("cannot read it from the node's folder seccomp: {error}"))?;
        serde_json::from_slice(&text).map_err(|error| format!("it is no profile: {error}"))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_wrong_with_a_profile_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.json");
        let read = || seccomp_profile(path.clone());
        let missing = "cannot read it from the node's folder seccomp: No such file or directory";
        assert!(read().await.unwrap_err().starts_with(missing));
        fs::write(&path, "{").unwrap();
        assert!(read().await.unwrap_err().starts_with("it is no profile: EOF"));
        fs::write(&path, r#"{"defaultAction": "SCMP_ACT_ALLOW"}"#).unwrap();
        assert!(read().await.is_ok());
    }
}
