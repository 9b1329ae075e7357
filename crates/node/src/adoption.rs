//! After a restart of the node: what earlier runs left, laid against what the API server wants.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::{
    Error, blocking,
    pod_workers::{Inheritance, Leftover, Parts, finish_removals},
};
use futures::future::join_all;
use std::{collections::HashMap, path::Path};

/// Pods that earlier runs left, until they are settled.
#[derive(Default)]
pub struct Leftovers(Vec<Leftover>);

impl Leftovers {
    /// Reads all pod folders and looks for their supervisors.
    pub async fn find(parts: &Parts) -> Result<Self, Error> {
        finish_removals(parts.directory.removed().to_owned()).await;
        let root = parts.directory.path().to_owned();
        let names = blocking::run(move || names_in(&root)).await?;
        let uids = names.into_iter().filter(|name| is_uid(name));
        Ok(Self(join_all(uids.map(|uid| Leftover::find(parts, uid))).await))
    }

    /// Ends and removes what nobody wants; hands over the rest, by pod uid.
    pub async fn settle(self, parts: &Parts, is_wanted: impl Fn(&str) -> bool) -> HashMap<String, Inheritance> {
        let settled = self.0.into_iter().map(async |leftover| {
            let (uid, is_wanted) = (leftover.uid.clone(), is_wanted(&leftover.uid));
            leftover.settle(parts, is_wanted).await.map(|inheritance| (uid, inheritance))
        });
        join_all(settled).await.into_iter().flatten().collect()
    }
}

/// Whether a folder can be a pod's. Others, such as the `lost+found` of a file system, are none of the node's business.
fn is_uid(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What is in a folder; nothing, if there is no such folder yet.
fn names_in(folder: &Path) -> Result<Vec<String>, Error> {
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io("list", folder, error)),
        Ok(entries) => Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_others_are_told_by_their_names() {
        for (name, expected) in [
            ("6f1e1e9c-7f3f-4b43-a4ad-1f0d3f5f0b11", true),
            ("d41d8cd98f00b204e9800998ecf8427e", true),
            ("lost+found", false),
            (".snapshot", false),
        ] {
            assert_eq!(is_uid(name), expected, "{name}");
        }
    }
}
