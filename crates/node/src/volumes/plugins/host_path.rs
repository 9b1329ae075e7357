//! hostPath volumes: a path of the node, checked or created by its `type` (`pkg/volume/hostpath`).

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::{
    Error, blocking,
    container::VolumeOnNode,
    volumes::plugin::{Plugin, Request},
};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::HostPathVolumeSource;
use std::{
    fs::{self, Metadata},
    os::unix::fs::{DirBuilderExt, FileTypeExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

impl Plugin for HostPathVolumeSource {
    fn name(&self) -> &'static str {
        "host-path"
    }

    fn set_up<'a>(&'a self, _: &'a Request<'a>) -> BoxFuture<'a, Result<VolumeOnNode, Error>> {
        let source = self.clone();
        blocking::run(move || check(&source).map(|path| VolumeOnNode { path, read_only: false })).boxed()
    }
}

/// Checks (and for the `OrCreate` types makes) the path; it is then mounted as it is.
fn check(source: &HostPathVolumeSource) -> Result<PathBuf, Error> {
    let path = Path::new(&source.path);
    let type_ = source.type_.as_deref().unwrap_or_default();
    match type_ {
        // A container runtime makes a missing source of a bind mount, so an unchecked path comes into being.
        "" | "DirectoryOrCreate" if !path.exists() => create_directory(path)?,
        "FileOrCreate" if !path.exists() => create_file(path)?,
        _ => {}
    }
    match wanted(type_) {
        None if type_.is_empty() => Ok(path.to_owned()),
        None => Err(Error::UnknownHostPathType(type_.to_owned())),
        Some((is_wanted, name)) => match fs::metadata(path) {
            Ok(metadata) if is_wanted(&metadata) => Ok(path.to_owned()),
            _ => Err(Error::HostPathType { path: path.to_owned(), wanted: name }),
        },
    }
}

type Test = fn(&Metadata) -> bool;

/// The check that a type stands for, and what upstream calls the thing.
fn wanted(type_: &str) -> Option<(Test, &'static str)> {
    Some(match type_ {
        "Directory" | "DirectoryOrCreate" => (Metadata::is_dir, "directory"),
        "File" | "FileOrCreate" => (Metadata::is_file, "file"),
        "Socket" => (|metadata| metadata.file_type().is_socket(), "socket file"),
        "CharDevice" => (|metadata| metadata.file_type().is_char_device(), "character device"),
        "BlockDevice" => (|metadata| metadata.file_type().is_block_device(), "block device"),
        _ => return None,
    })
}

fn create_directory(path: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(|error| Error::io("create", path, error))
}

fn create_file(path: &Path) -> Result<(), Error> {
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o644)
        .open(path)
        .map(drop)
        .map_err(|error| Error::io("create", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_up_type(path: &Path, type_: &str) -> Result<PathBuf, String> {
        let source = HostPathVolumeSource { path: path.display().to_string(), type_: Some(type_.to_owned()) };
        check(&source).map_err(|error| error.to_string())
    }

    #[test]
    fn each_type_accepts_its_own_kind_of_file_only() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("directory");
        let file = root.path().join("file");
        let socket = root.path().join("socket");
        fs::create_dir(&directory).unwrap();
        fs::write(&file, "").unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let device = PathBuf::from("/dev/null");
        let things = [(&directory, "Directory"), (&file, "File"), (&socket, "Socket"), (&device, "CharDevice")];
        let names = [
            ("Directory", "directory"),
            ("File", "file"),
            ("Socket", "socket file"),
            ("CharDevice", "character device"),
            ("BlockDevice", "block device"),
        ];
        for (path, own) in things {
            for (type_, name) in names {
                let expected = if type_ == own {
                    Ok(path.clone())
                } else {
                    Err(format!("hostPath type check failed: {} is not a {name}", path.display()))
                };
                assert_eq!(set_up_type(path, type_), expected);
            }
            assert_eq!(set_up_type(path, ""), Ok(path.clone()));
        }
    }

    #[test]
    fn what_is_missing_is_made_only_if_asked() {
        let root = tempfile::tempdir().unwrap();
        for type_ in ["Directory", "File", "Socket"] {
            assert!(set_up_type(&root.path().join("absent"), type_).is_err(), "{type_}");
        }
        let directory = root.path().join("a/b");
        assert!(set_up_type(&directory, "DirectoryOrCreate").is_ok() && directory.is_dir());
        let file = root.path().join("a/c");
        assert!(set_up_type(&file, "FileOrCreate").is_ok() && file.is_file());
        assert!(set_up_type(&file, "DirectoryOrCreate").is_err());
        assert_eq!(set_up_type(&file, "Wrong"), Err("unknown hostPath type \"Wrong\"".to_owned()));
    }
}
