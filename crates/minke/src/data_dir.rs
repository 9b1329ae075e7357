//! The folder of an instance: what lies where in it, and the lock that keeps it to one server.

use anyhow::{Context, Result, bail};
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
    process::{Pid, test_kill_process},
};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{Read, Write},
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
        let removed = reserve(&self.runs).and_then(|_reserved| Ok(fs::remove_dir_all(&self.data.root)?));
        if let Err(error) = removed {
            tracing::warn!(%error, folder = %self.data.root.display(), "cannot remove the folder of this run");
        }
    }
}

impl DataDir {
    /// The folder, made if it is missing.
    pub fn open(root: &Path) -> Result<Self> {
        fs::create_dir_all(root)
            .with_context(|| format!("cannot make {}; choose another folder with --data-dir", root.display()))?;
        let root = root.canonicalize().with_context(|| format!("cannot open {}", root.display()))?;
        let data = Self { root };
        for folder in [data.state_folder(), data.pods()] {
            fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(data)
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

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.root.join("admin.kubeconfig")
    }

    /// A folder for one `minke run`, which goes with it. The folder of a run that was killed is used again: its node
    /// finds what that run has left and, knowing no pods yet, removes it.
    pub fn private_instance(&self) -> Result<PrivateInstance> {
        let runs = self.root.join("run");
        fs::create_dir_all(&runs).with_context(|| format!("cannot make {}", runs.display()))?;
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
