//! Pulling when something goes wrong: what is said, and that nothing is left.

use super::{
    archives::{Compression, digest, image},
    assert_empty, assert_layers,
    pull::{hello, mirrors, pull, user},
    registry::{Auth, Fault, Registry},
};
use runtime::images::{Credentials, Error, ImageStore, RegistryConfig};
use std::{sync::Arc, time::Duration};
use tempfile::tempdir;

#[tokio::test]
async fn an_image_that_is_not_there_is_not_found() {
    let registry = Registry::start(Auth::Nothing).await;
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let error = pull(&store, &registry.reference("no/such:v1")).await.unwrap_err();
    assert!(matches!(error.root(), Error::NotFound { .. }));
    let name = format!("{}/no/such:v1", registry.host);
    assert_eq!(
        error.to_string(),
        format!("failed to pull and unpack image {name:?}: failed to resolve reference {name:?}: {name}: not found")
    );
    assert_empty(&store, "not found");
}

#[tokio::test]
async fn without_the_right_credentials_access_is_denied() {
    let wrong = Credentials::Basic { username: "user".to_owned(), password: "wrong".to_owned() };
    for auth in [Auth::Basic, Auth::Token] {
        for credentials in [None, Some(&wrong)] {
            let registry = Registry::start(auth).await;
            registry.add("hello", "latest", &hello());
            let folder = tempdir().unwrap();
            let store = ImageStore::open(folder.path()).unwrap();
            let reference = registry.reference("hello");
            let error =
                store.pull(&reference, credentials, &RegistryConfig::default(), Arc::new(())).await.unwrap_err();
            assert!(matches!(error.root(), Error::Unauthorized { .. }), "{error}");
            assert!(
                error.to_string().contains("pull access denied, repository does not exist or may require"),
                "{error}"
            );
            assert_empty(&store, "denied");
        }
    }
}

#[tokio::test]
async fn what_registries_say_reaches_the_user() {
    let table = [
        (Fault::Status(500, "out of order"), "unexpected answer from registry", "out of order"),
        (
            Fault::Status(429, r#"{"errors": [{"code": "TOOMANYREQUESTS", "message": "slow down"}]}"#),
            "registry",
            "slow down",
        ),
        (Fault::Status(403, r#"{"errors": [{"code": "DENIED", "message": "no"}]}"#), "pull access denied", "no"),
        (Fault::Break, "failed to do request to registry", "/hello:latest"),
        (Fault::Content(b"<html>".to_vec()), "manifest sha256:", "expected value"),
    ];
    for (fault, expected, detail) in table {
        let registry = Registry::start(Auth::Nothing).await;
        registry.add("hello", "latest", &hello());
        registry.fault("hello/manifests/latest", fault);
        let folder = tempdir().unwrap();
        let store = ImageStore::open(folder.path()).unwrap();
        let error = pull(&store, &registry.reference("hello")).await.unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(detail), "{error}");
        assert_empty(&store, &error);
    }
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_unavailable() {
    let reference = "127.0.0.1:1/hello".parse().unwrap();
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let error = pull(&store, &reference).await.unwrap_err();
    assert!(matches!(error.root(), Error::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("Connection refused"), "{error}");
}

#[tokio::test]
async fn mirrors_and_the_registry_are_named_with_what_each_said() {
    let (mirror, origin) = (Registry::start(Auth::Nothing).await, Registry::start(Auth::Nothing).await);
    mirror.add("hello", "latest", &hello());
    mirror.fault("hello/manifests/latest", Fault::Status(500, "out of order"));
    let config = mirrors(&origin.host, &["127.0.0.1:1".to_owned(), mirror.host.clone()]);
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let error = store.pull(&origin.reference("hello"), None, &config, Arc::new(())).await.unwrap_err();
    assert!(matches!(error.root(), Error::NotFound { .. }), "what the registry itself says counts: {error}");
    let text = error.to_string();
    let positions: Vec<_> =
        ["127.0.0.1:1: ", "Connection refused", "; ", &mirror.host, "out of order", "; ", "not found"]
            .iter()
            .scan(0, |from, part| {
                let found = text[*from..].find(part)? + *from;
                *from = found + part.len();
                Some(found)
            })
            .collect();
    assert_eq!(positions.len(), 7, "{text}");
    assert_empty(&store, "no host has it");
}

#[tokio::test]
async fn wrong_bytes_are_named_with_both_digests_and_leave_nothing() {
    let registry = Registry::start(Auth::Nothing).await;
    registry.add("hello", "latest", &hello());
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let wrong = b"something else".to_vec();
    let by_digest = registry.reference(&format!("hello@{}", hello().digest()));
    for blob in hello().blobs.into_keys() {
        let kind = if blob == hello().digest() { "manifests" } else { "blobs" };
        registry.fault(&format!("hello/{kind}/{blob}"), Fault::Content(wrong.clone()));
        let error = pull(&store, &by_digest).await.unwrap_err();
        assert!(matches!(error.root(), Error::DigestMismatch { .. }), "{error}");
        let expected = format!("digest mismatch: expected {blob}, got {}", digest(&wrong));
        assert!(error.to_string().contains(&expected), "{error}");
        assert_empty(&store, &blob);
        registry.heal();
    }
    pull(&store, &by_digest).await.unwrap();
}

#[tokio::test]
async fn a_layer_that_breaks_off_leaves_nothing_and_stops_the_others() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let hello = image(&[("base", "b"), ("hello", &"world".repeat(100_000)), ("slow", "s")]).oci(&[compression]);
        let registry = Registry::start(Auth::Nothing).await;
        registry.add("hello", "latest", &hello);
        registry.fault(&format!("hello/blobs/{}", hello.layers[1]), Fault::Break);
        registry.fault(&format!("hello/blobs/{}", hello.layers[2]), Fault::Hang);
        let folder = tempdir().unwrap();
        let store = ImageStore::open(folder.path()).unwrap();
        let error = pull(&store, &registry.reference("hello")).await.unwrap_err();
        assert!(matches!(error.root(), Error::Unavailable { .. }), "{error}");
        assert!(
            error.to_string().contains(&format!("layer {} of {}/hello", hello.layers[1], registry.host)),
            "{error}"
        );
        assert_empty(&store, "broken off");
        registry.heal();
        pull(&store, &registry.reference("hello")).await.unwrap();
        assert_layers(&store, 3);
    }
}

#[tokio::test]
async fn the_registry_itself_has_the_last_word_after_its_mirrors() {
    let (mirror, origin) = (Registry::start(Auth::Basic).await, Registry::start(Auth::Nothing).await);
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let config = mirrors(&origin.host, std::slice::from_ref(&mirror.host));
    let error = store.pull(&origin.reference("x"), Some(&user()), &config, Arc::new(())).await.unwrap_err();
    assert!(matches!(error.root(), Error::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn readers_do_not_wait_for_a_pull_and_a_pull_given_up_leaves_nothing() {
    let registry = Registry::start(Auth::Nothing).await;
    registry.add("slow", "latest", &hello());
    registry.add("fast", "latest", &image(&[("fast", "f")]).oci(&[Compression::Gzip]));
    registry.fault(&format!("slow/blobs/{}", hello().layers[1]), Fault::Hang);
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let slow = tokio::spawn({
        let (store, reference) = (store.clone(), registry.reference("slow"));
        async move { pull(&store, &reference).await }
    });
    while !registry.fetched().contains_key(&hello().layers[1]) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let fast = pull(&store, &registry.reference("fast")).await.unwrap();
    assert_eq!(store.list().unwrap().len(), 1);
    store.lease(&fast.id, "container").await.unwrap();
    store.release("container").await.unwrap();
    store.remove(&fast.id).await.unwrap();
    assert_eq!(store.list().unwrap().len(), 0);
    // As long as the slow pull runs, layers may be in use that the index does not have.
    assert!(fast.layers[0].exists());
    slow.abort();
    assert!(slow.await.unwrap_err().is_cancelled());
    // The threads that unpack find out by themselves.
    while !fs_is_empty(&store) {
        ImageStore::open(store.root()).unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_empty(&store, "given up");
}

fn fs_is_empty(store: &ImageStore) -> bool {
    super::names(store, "layers").is_empty()
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_named() {
    let registry = Registry::start(Auth::Nothing).await;
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let mut config = mirrors(&registry.host, &[]);
    config.registries.get_mut(&registry.host).unwrap().ca = Some(folder.path().join("no-such.pem"));
    let reference = registry.reference("x");
    let error = store.pull(&reference, None, &config, Arc::new(())).await.unwrap_err().to_string();
    assert!(error.contains("no-such.pem: No such file"), "{error}");
    std::fs::write(folder.path().join("bad.pem"), "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
        .unwrap();
    config.registries.get_mut(&registry.host).unwrap().ca = Some(folder.path().join("bad.pem"));
    let error = store.pull(&reference, None, &config, Arc::new(())).await.unwrap_err();
    assert!(matches!(error.root(), Error::RegistryConfig { .. }), "{error}");
}
