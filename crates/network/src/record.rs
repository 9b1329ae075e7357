//! `network.json` in a pod's folder: the pod's addresses, so that a restarted node knows it again.
//!
//! It is renamed into place, so it is whole or absent. It is not synced to disk: after a power cut no pod is left that
//! has them.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{io::ErrorKind, net::IpAddr, path::Path};

const FILE: &str = "network.json";
const UNFINISHED: &str = "network.json.new";

#[derive(Serialize, Deserialize)]
struct Record {
    ips: Vec<IpAddr>,
}

pub fn write(pods_dir: &Path, pod_uid: &str, ips: Vec<IpAddr>) -> Result<()> {
    let folder = pods_dir.join(pod_uid);
    std::fs::create_dir_all(&folder).map_err(|error| Error::file("create", &folder, error))?;
    let (file, unfinished) = (folder.join(FILE), folder.join(UNFINISHED));
    let json = serde_json::to_vec(&Record { ips }).map_err(|error| Error::file("write", &file, error))?;
    std::fs::write(&unfinished, json).map_err(|error| Error::file("write", &unfinished, error))?;
    std::fs::rename(&unfinished, &file).map_err(|error| Error::file("write", file, error))
}

pub fn remove(pods_dir: &Path, pod_uid: &str) -> Result<()> {
    let file = pods_dir.join(pod_uid).join(FILE);
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file("remove", file, error)),
        _ => Ok(()),
    }
}

/// The recorded addresses of all pods, ordered by pod. Folders without a record, and records that cannot be read, are
/// those of pods that have no address.
pub fn read_all(pods_dir: &Path) -> Result<Vec<(String, Vec<IpAddr>)>> {
    let entries = match std::fs::read_dir(pods_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::file("read", pods_dir, error)),
    };
    let mut records = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Error::file("read", pods_dir, error))?;
        let Ok(pod_uid) = entry.file_name().into_string() else { continue };
        if let Some(ips) = read(&entry.path().join(FILE)) {
            records.push((pod_uid, ips));
        }
    }
    records.sort();
    Ok(records)
}

/// What is unreadable costs its pod the network, and nobody else anything.
fn read(file: &Path) -> Option<Vec<IpAddr>> {
    let unreadable = |error: &dyn std::fmt::Display| {
        tracing::warn!(file = %file.display(), %error, "unreadable record of a pod's addresses");
    };
    match std::fs::read(file) {
        Ok(json) => {
            let record = serde_json::from_slice::<Record>(&json).inspect_err(|error| unreadable(error));
            record.ok().map(|record| record.ips)
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
        Err(error) => {
            unreadable(&error);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_and_half_made_folders_have_none() {
        let dir = tempfile::tempdir().unwrap();
        let pods = dir.path().join("pods");
        assert_eq!(read_all(&pods).unwrap(), []);
        let [a, b] = ["10.42.0.2", "fd42::3"].map(|ip| vec![ip.parse::<IpAddr>().unwrap()]);
        for (pod, ips) in [("b", &a), ("a", &a), ("b", &b)] {
            write(&pods, pod, ips.clone()).unwrap();
        }
        std::fs::create_dir(pods.join("empty")).unwrap();
        std::fs::create_dir(pods.join("unfinished")).unwrap();
        std::fs::write(pods.join("unfinished").join(UNFINISHED), "{\"ips\":[\"10.4").unwrap();
        std::fs::create_dir(pods.join("broken")).unwrap();
        std::fs::write(pods.join("broken").join(FILE), "").unwrap();
        std::fs::create_dir_all(pods.join("folder").join(FILE)).unwrap();
        std::fs::write(pods.join("stray"), "").unwrap();
        assert_eq!(read_all(&pods).unwrap(), [("a".to_owned(), a), ("b".to_owned(), b.clone())]);
        remove(&pods, "a").unwrap();
        remove(&pods, "a").unwrap();
        assert_eq!(read_all(&pods).unwrap(), [("b".to_owned(), b)]);
    }
}
