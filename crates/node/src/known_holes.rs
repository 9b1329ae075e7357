//! Holes that kubelets have had, each with what closes it here. Their names are CVE numbers.

use crate::{
    container::{ConfigError, examples},
    server::route::Route,
    volumes,
};
use http::Method;
use rustix::fs::{CWD, Mode, OFlags, RenameFlags, open, renameat_with};
use serde_json::json;
use std::{
    os::fd::AsRawFd,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

/// CVE-2021-25741: the part of a volume that a `subPath` names was looked at, and could be exchanged for a link to the
/// node's files before it was mounted.
#[test]
fn cve_2021_25741_a_sub_path_cannot_be_exchanged_after_the_look() {
    let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (folder, link) = (root.path().join("data"), root.path().join("link"));
    std::fs::create_dir_all(folder.join("sub")).unwrap();
    std::fs::create_dir(outside.path().join("sub")).unwrap();
    std::os::unix::fs::symlink(outside.path(), &link).unwrap();
    let volume = open(root.path(), OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                renameat_with(CWD, &folder, CWD, &link, RenameFlags::EXCHANGE).unwrap();
            }
        });
        for path in ["data", "data/sub", "data/made/here"].iter().cycle().take(3000) {
            if let Ok(found) = volumes::reach(&volume, path.as_ref()) {
                let found = std::fs::read_link(format!("/proc/self/fd/{}", found.as_raw_fd())).unwrap();
                assert!(found.starts_with(root.path()), "{} is outside", found.display());
            }
        }
        is_over.store(true, Relaxed);
    });
    assert!(!outside.path().join("made").exists());
}

/// CVE-2023-2431: a seccomp profile of type Localhost without a name ran unconfined.
#[test]
fn cve_2023_2431_a_profile_without_a_name_is_refused() {
    for profile in [json!({ "type": "Localhost" }), json!({ "type": "Localhost", "localhostProfile": "" })] {
        let context = json!({ "securityContext": { "seccompProfile": profile } });
        for (container, pod) in [(&context, &json!({})), (&json!({}), &context)] {
            let refused = Err(ConfigError::SeccompProfile(String::new(), "it was not read".to_owned()));
            assert_eq!(examples::spec_of(container, pod).map(drop), refused, "{container} {pod}");
        }
    }
}

/// CVE-2024-10220: a gitRepo volume ran the hooks of what it cloned, as root on the node.
#[test]
fn cve_2024_10220_no_git_runs_for_a_volume() {
    let source = json!({ "repository": "https://example.com/x", "directory": "../.git/hooks" });
    let volume = serde_json::from_value(json!({ "name": "v", "gitRepo": source })).unwrap();
    assert!(volumes::plugin_of(&volume).is_err());
}

/// CVE-2025-0426: anybody could fill the node's disk with checkpoints through the kubelet's read-only port. What is not
/// asked for by GET, or not known, is not done.
#[test]
fn cve_2025_0426_nothing_is_made_on_request() {
    let path = "/checkpoint/shop/web/server";
    for (method, expected) in [(Method::POST, Route::MethodNotAllowed), (Method::GET, Route::NotFound)] {
        assert_eq!(Route::of(&method, path), expected, "{method}");
    }
}

/// CVE-2020-8559: a node that answered with a redirect sent the API server, with its credentials, where it liked. This
/// one has no such answer: a path that others would redirect to a tidier one is served or not found.
#[test]
fn cve_2020_8559_the_node_redirects_nobody() {
    for (path, expected) in [
        ("/", Route::NotFound),
        ("//evil.example.com/", Route::NotFound),
        ("/containerLogs", Route::NotFound),
        ("/containerLogs/a/b/../c", Route::NotFound),
        ("/pods/../stats", Route::NotFound),
        ("//pods//", Route::Pods),
    ] {
        assert_eq!(Route::of(&Method::GET, path), expected, "{path}");
    }
}
