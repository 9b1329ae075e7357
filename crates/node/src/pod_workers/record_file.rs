//! What the node knows of a pod, on disk: `pod.json`, and `container.json` in the folder of each container. Written
//! without fsync: after a crash of the machine nothing of a pod is alive, and the API server knows what shall be.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::{
    Error, blocking,
    directories::PodDirectory,
    pod::{ContainerRecord, Observed},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{fs, path::Path};

const CONTAINER: &str = "container.json";

/// What `pod.json` holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodRecord {
    /// The pod's cgroup, which is cleaned up even when nobody knows the pod any more.
    pub cgroup: String,
    pub observed: Observed,
}

/// Writes `pod.json` whenever what it holds has changed.
#[derive(Debug)]
pub struct RecordFile {
    directory: PodDirectory,
    cgroup: String,
    written: Vec<u8>,
}

impl RecordFile {
    pub fn new(directory: PodDirectory, cgroup: String) -> Self {
        Self { directory, cgroup, written: Vec::new() }
    }

    /// Makes the pod's folder and notes the pod, before anything of it is there.
    pub async fn create(&mut self, observed: &Observed) -> Result<(), Error> {
        let folder = self.directory.path().to_owned();
        blocking::run(move || fs::create_dir_all(&folder).map_err(|error| Error::io("create", &folder, error))).await?;
        self.save(observed).await
    }

    /// Saves what is known; nothing happens if it is what the file holds, or if the pod has no folder (any more).
    pub async fn save(&mut self, observed: &Observed) -> Result<(), Error> {
        let (folder, path) = (self.directory.path().to_owned(), self.directory.record());
        let record = PodRecord { cgroup: self.cgroup.clone(), observed: observed.clone() };
        let json = serde_json::to_vec(&record).map_err(|source| Error::Record { path: path.clone(), source })?;
        if json == self.written {
            return Ok(());
        }
        let write = move || if folder.exists() { replace(&path, &json).map(|()| json) } else { Ok(Vec::new()) };
        self.written = blocking::run(write).await?;
        Ok(())
    }
}

/// Notes a container before it is started, so that a crash right after leaves no process of unknown name.
pub fn save_container(directory: &PodDirectory, record: &ContainerRecord) -> Result<(), Error> {
    let folder = directory.container(&record.id);
    fs::create_dir_all(&folder).map_err(|error| Error::io("create", &folder, error))?;
    save(&folder.join(CONTAINER), record)
}

/// Reads back what is known of a pod, with containers that were being started at the end; None if there is no record:
/// the folder is half-made.
pub fn load(directory: &PodDirectory) -> Result<Option<PodRecord>, Error> {
    let Some(mut pod) = read::<PodRecord>(&directory.record())? else { return Ok(None) };
    let containers = directory.path().join("containers");
    for entry in fs::read_dir(&containers).into_iter().flatten().flatten() {
        let Some(record) = read::<ContainerRecord>(&entry.path().join(CONTAINER))? else { continue };
        if pod.observed.containers.iter().all(|known| known.id != record.id) {
            pod.observed.containers.insert(record);
        }
    }
    Ok(Some(pod))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let json = match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| Error::io("read", path, error))?,
    };
    serde_json::from_slice(&json).map(Some).map_err(|source| Error::Record { path: path.to_owned(), source })
}

fn save(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let json = serde_json::to_vec(value).map_err(|source| Error::Record { path: path.to_owned(), source })?;
    replace(path, &json)
}

/// A reader finds the old content or the new, never a part.
fn replace(path: &Path, content: &[u8]) -> Result<(), Error> {
    let new = path.with_extension("new");
    fs::write(&new, content).and_then(|()| fs::rename(&new, path)).map_err(|error| Error::io("write", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{directories::PodsDirectory, pod::ContainerState};
    use jiff::Timestamp;

    fn record(id: &str) -> ContainerRecord {
        ContainerRecord {
            name: "server".to_owned(),
            id: id.to_owned(),
            sandbox_id: "s".to_owned(),
            attempt: 0,
            image: "shop:1".to_owned(),
            image_id: String::new(),
            created_at: Timestamp::UNIX_EPOCH,
            killed_for: None,
            state: ContainerState::Created,
        }
    }

    #[tokio::test]
    async fn what_was_saved_is_found_again_with_what_was_being_started() {
        let root = tempfile::tempdir().unwrap();
        let directory = PodsDirectory::new(root.path()).pod("u");
        assert_eq!(load(&directory).unwrap(), None);
        let mut file = RecordFile::new(directory.clone(), "minke/podu".to_owned());
        let mut observed = Observed::default();
        file.save(&observed).await.unwrap();
        assert!(!directory.path().exists(), "saving makes no folder");

        save_container(&directory, &record("a")).unwrap();
        save_container(&directory, &record("b")).unwrap();
        assert_eq!(load(&directory).unwrap(), None, "a folder without pod.json is half-made");
        observed.containers.insert(ContainerRecord { attempt: 7, ..record("a") });
        file.save(&observed).await.unwrap();

        let found = load(&directory).unwrap().unwrap();
        assert_eq!(found.cgroup, "minke/podu");
        assert_eq!(*found.observed.containers, [record("b"), ContainerRecord { attempt: 7, ..record("a") }]);
    }

    #[test]
    fn a_damaged_record_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let directory = PodsDirectory::new(root.path()).pod("u");
        fs::create_dir_all(directory.path()).unwrap();
        fs::write(directory.record(), "{").unwrap();
        assert!(matches!(load(&directory), Err(Error::Record { .. })));
    }
}
