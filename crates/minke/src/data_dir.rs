//! The folder of an instance: what lies where in it, and the lock that keeps it to one server.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use anyhow::{Context, Result, bail};
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
    process::{Pid, test_kill_process},
};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// The data folder of the default instance, whose bridge and cgroup have plain names.
const DEFAULT: &str = "/var/lib/minke";

/// Where an instance keeps what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir {
    root: PathBuf,
}

/// Held by the server of a folder for as long as it runs.
pub struct Lock {
    _file: File,
}

/// The folder of one `minke run`.
pub struct PrivateInstance {
    data: DataDir,
    /// Where the folders of all runs are.
    runs: PathBuf,
    _lock: Lock,
}

impl PrivateInstance {
    /// The folder.
    pub fn data_dir(&self) -> &DataDir {
        &self.data
    }
}

impl Drop for PrivateInstance {
    fn drop(&mut self) {
        let removed = reserve(&self.runs).and_then(|_reserved| Ok(runtime::remove_directory(&self.data.root)?));
        if let Err(error) = removed {
            tracing::warn!(%error, folder = %self.data.root.display(), "cannot remove the folder of this run");
        }
    }
}

impl DataDir {
    /// The folder, made if it is missing. What is in it is for root's eyes only: Secrets, and programs of containers
    /// that run as root for whoever can reach them (CVE-2021-41103).
    pub fn open(root: &Path) -> Result<Self> {
        make_private(root, Existing::Leave)
            .with_context(|| format!("cannot make {}; choose another folder with --data-dir", root.display()))?;
        let root = root.canonicalize().with_context(|| format!("cannot open {}", root.display()))?;
        let data = Self { root };
        let folders = [data.state_folder(), data.images(), data.pki(), data.pods(), data.removed_pods(), data.runs()];
        for folder in folders {
            make_private(&folder, Existing::Close).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(data)
    }

    /// One folder a `minke run`.
    fn runs(&self) -> PathBuf {
        self.root.join("run")
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The store's database.
    pub fn state(&self) -> PathBuf {
        self.state_folder().join("minke.db")
    }

    fn state_folder(&self) -> PathBuf {
        self.root.join("state")
    }

    /// Images and their layers.
    pub fn images(&self) -> PathBuf {
        self.root.join("images")
    }

    /// Keys and certificates.
    pub fn pki(&self) -> PathBuf {
        self.root.join("pki")
    }

    /// One folder a pod.
    pub fn pods(&self) -> PathBuf {
        self.root.join("pods")
    }

    /// Pods' folders on their way out.
    fn removed_pods(&self) -> PathBuf {
        self.root.join("removed-pods")
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.root.join("admin.kubeconfig")
    }

    /// A folder for one `minke run`, which goes with it. The folder of a run that was killed is used again: its node
    /// finds what that run has left and, knowing no pods yet, removes it.
    pub fn private_instance(&self) -> Result<PrivateInstance> {
        let runs = self.runs();
        let _reserved = reserve(&runs)?;
        let abandoned = fs::read_dir(&runs).into_iter().flatten().flatten().find_map(|entry| {
            let data = Self::open(&entry.path()).ok()?;
            data.lock().ok().map(|lock| (data, lock))
        });
        let (data, lock) = if let Some(found) = abandoned {
            found
        } else {
            let data = Self::open(&runs.join(std::process::id().to_string()))?;
            let lock = data.lock()?;
            (data, lock)
        };
        Ok(PrivateInstance { data, runs, _lock: lock })
    }

    /// The cgroup of this instance's pods, in every hierarchy.
    pub fn cgroup_parent(&self) -> String {
        self.hash().map_or("/minke".into(), |hash| format!("/minke-{hash}"))
    }

    /// The bridge of this instance's pod network.
    pub fn bridge(&self) -> String {
        self.hash().map_or("minke0".into(), |hash| format!("mk{hash}"))
    }

    /// What sets names of instances on one machine apart; the default instance needs nothing.
    fn hash(&self) -> Option<String> {
        if self.root == Path::new(DEFAULT) {
            return None;
        }
        let digest = Sha256::digest(self.root.as_os_str().as_encoded_bytes());
        let first = digest.first_chunk().copied().map(u32::from_be_bytes).unwrap_or_default();
        Some(format!("{first:08x}"))
    }

    /// Takes the folder for this process, or says which one has it.
    pub fn lock(&self) -> Result<Lock> {
        let path = self.root.join("lock");
        let mut options = File::options();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut pid = String::new();
            let _ = file.read_to_string(&mut pid);
            let pid = pid.trim();
            if !is_dead(pid) {
                bail!(
                    "{} is in use by another minke (pid {pid}): end it, or choose another folder with --data-dir",
                    self.root.display()
                );
            }
            // It was killed while it started another program, which has the file until it is executed.
            flock(&file, FlockOperation::LockExclusive).with_context(|| format!("cannot lock {}", path.display()))?;
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Lock { _file: file })
    }
}

/// What becomes of a folder that is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Existing {
    /// It is the user's.
    Leave,
    /// It is an instance's own, perhaps of a version that left it open.
    Close,
}

/// Makes a folder that nobody but its owner may enter.
fn make_private(folder: &Path, existing: Existing) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {
            if existing == Existing::Close && fs::metadata(folder)?.mode() & 0o077 != 0 {
                fs::set_permissions(folder, Permissions::from_mode(0o700))?;
            }
            Ok(())
        }
        made => made,
    }
}

/// Whether this is the id of a process that is no more.
fn is_dead(pid: &str) -> bool {
    pid.parse().ok().and_then(Pid::from_raw).is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH))
}

/// Keeps other runs from choosing or removing folders: one that is being made or removed looks abandoned.
fn reserve(runs: &Path) -> Result<File> {
    let folder = File::open(runs).with_context(|| format!("cannot open {}", runs.display()))?;
    flock(&folder, FlockOperation::LockExclusive).with_context(|| format!("cannot lock {}", runs.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_do_not_share_names() {
        let at = |root: &str| DataDir { root: root.into() };
        assert_eq!((at(DEFAULT).bridge(), at(DEFAULT).cgroup_parent()), ("minke0".into(), "/minke".into()));
        assert_ne!(at("/a").bridge(), at("/b").bridge());
        assert!(at("/a").bridge().len() <= 15);
    }

    #[test]
    fn nobody_else_enters_what_is_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        let new = DataDir::open(&folder.path().join("new")).unwrap();
        assert_eq!((mode(new.root()), mode(&new.pods())), (0o700, 0o700));

        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("images")).unwrap();
        fs::set_permissions(folder.path().join("images"), Permissions::from_mode(0o755)).unwrap();
        let users_own = DataDir::open(folder.path()).unwrap();
        assert_eq!((mode(users_own.root()), mode(&users_own.images())), (0o755, 0o700));
    }

    #[test]
    fn runs_that_begin_and_end_together_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let abandoned = data.private_instance().unwrap();
        fs::create_dir(abandoned.runs.join("1")).unwrap();
        let second = data.private_instance().unwrap();
        assert_eq!(second.data.root, abandoned.runs.join("1"));
        assert!(data.private_instance().is_err(), "both folders of this process are in use");
        let roots = [abandoned.data.root.clone(), second.data.root.clone()];
        drop((abandoned, second));
        assert!(roots.iter().all(|root| !root.exists()));
    }

    #[test]
    fn only_a_process_that_is_no_more_is_dead() {
        let own = std::process::id().to_string();
        // No process has the highest number there is.
        for (pid, expected) in [(own.as_str(), false), ("1", false), ("", false), ("2147483647", true)] {
            assert_eq!(is_dead(pid), expected, "{pid:?}");
        }
    }

    #[test]
    fn a_second_server_is_told_the_pid_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let first = data.lock().unwrap();
        let refusal = data.lock().err().unwrap().to_string();
        assert!(refusal.contains(&std::process::id().to_string()), "{refusal}");
        drop(first);
        assert!(data.lock().is_ok());
    }
}
