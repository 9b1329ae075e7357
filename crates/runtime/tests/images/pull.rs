//! Pulling when all goes well: credentials, platforms, compression, mirrors, and what is fetched how often.

use super::{
    archives::{Compression, OciImage, architecture, digest, image, index_document},
    assert_layers, read,
    registry::{Auth, Fault, Registry},
};
use runtime::images::{
    Credentials, Error, Image, ImageReference, ImageStore, Registry as Settings, RegistryConfig, Result,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use tempfile::tempdir;
use tokio::sync::Barrier;

pub const ALL: [Compression; 3] = [Compression::None, Compression::Gzip, Compression::Zstd];

pub fn hello() -> OciImage {
    image(&[("base", "b"), ("middle", "m"), ("hello", "world")]).oci(&ALL)
}

pub fn user() -> Credentials {
    Credentials::Basic { username: "user".to_owned(), password: "password".to_owned() }
}

pub async fn pull(store: &ImageStore, reference: &ImageReference) -> Result<Image> {
    store.pull(reference, None, &RegistryConfig::default(), Arc::new(())).await
}

/// Settings for the mirrors of one registry.
pub fn mirrors(registry: &str, mirrors: &[String]) -> RegistryConfig {
    let settings = Settings { mirrors: mirrors.to_vec(), ..Settings::default() };
    RegistryConfig { registries: BTreeMap::from([(registry.to_owned(), settings)]) }
}

#[tokio::test]
async fn an_image_is_pulled_with_whatever_credentials_the_registry_wants() {
    for (auth, credentials) in [(Auth::Nothing, None), (Auth::Basic, Some(user())), (Auth::Token, Some(user()))] {
        let registry = Registry::start(auth).await;
        registry.add("team/hello", "v1", &hello());
        let folder = tempdir().unwrap();
        let store = ImageStore::open(folder.path()).unwrap();
        let reference = registry.reference("team/hello:v1");
        let pulled =
            store.pull(&reference, credentials.as_ref(), &RegistryConfig::default(), Arc::new(())).await.unwrap();
        assert_eq!(read(&pulled, "hello").as_deref(), Some("world"));
        assert_eq!(pulled.references, [reference.to_string()]);
        assert_eq!(pulled.repo_digests, [format!("{}@{}", reference.name(), hello().digest())]);
        assert_eq!(store.get(&reference.to_string()).unwrap().unwrap(), pulled);
        assert_layers(&store, 3);
        registry.assert_authorized();
    }
}

#[tokio::test]
async fn credentials_are_shown_to_a_registry_that_asks_for_them_late() {
    for auth in [Auth::HiddenBasic, Auth::HiddenToken] {
        let registry = Registry::start(auth).await;
        registry.add("team/hello", "v1", &hello());
        let folder = tempdir().unwrap();
        let store = ImageStore::open(folder.path()).unwrap();
        let reference = registry.reference("team/hello:v1");
        let refused = pull(&store, &reference).await.unwrap_err();
        assert!(matches!(refused.root(), Error::Unauthorized { .. }), "{refused}");
        let pulled = store.pull(&reference, Some(&user()), &RegistryConfig::default(), Arc::new(())).await.unwrap();
        assert_eq!(read(&pulled, "hello").as_deref(), Some("world"));
        let blobs = registry.fetched();
        assert!(blobs.values().all(|times| *times == 1), "what was learned is remembered: {blobs:?}");
    }
}

#[tokio::test]
async fn a_bearer_token_is_shown_as_it_is() {
    let registry = Registry::start(Auth::Token).await;
    registry.add("hello", "latest", &hello());
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let token = Credentials::Token("a-token".to_owned());
    let reference = registry.reference("hello");
    store.pull(&reference, Some(&token), &RegistryConfig::default(), Arc::new(())).await.unwrap();
    registry.assert_authorized();
}

#[tokio::test]
async fn of_an_index_the_machines_own_image_is_pulled() {
    let registry = Registry::start(Auth::Nothing).await;
    let foreign = image(&[("foreign", "x")]).oci(&ALL);
    let platform = |architecture: &str| json!({"os": "linux", "architecture": architecture});
    let index = index_document(&[
        foreign.descriptor(&platform("s390x"), &Value::Null),
        hello().descriptor(&platform(architecture()), &Value::Null),
    ]);
    registry.add("hello", "unused", &hello());
    registry.add_index("hello", "latest", &index);
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let pulled = pull(&store, &registry.reference("hello")).await.unwrap();
    assert_eq!(read(&pulled, "hello").as_deref(), Some("world"));
    let by_digest = format!("{}/hello@{}", registry.host, digest(&index));
    assert_eq!(pulled.repo_digests, [by_digest.as_str()]);

    let again = ImageStore::open(&folder.path().join("other")).unwrap();
    let pulled = pull(&again, &by_digest.parse().unwrap()).await.unwrap();
    assert_eq!(pulled.references, Vec::<String>::new());
    assert_eq!(again.get(&by_digest).unwrap().unwrap(), pulled);
}

#[tokio::test]
async fn layers_are_fetched_side_by_side() {
    let registry = Registry::start(Auth::Nothing).await;
    registry.add("hello", "latest", &hello());
    // Each layer's answer waits until all three are asked for: one after the other, this would never end.
    let barrier = Arc::new(Barrier::new(3));
    for layer in hello().layers {
        registry.fault(&format!("hello/blobs/{layer}"), Fault::Wait(Arc::clone(&barrier)));
    }
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    pull(&store, &registry.reference("hello")).await.unwrap();
    assert_layers(&store, 3);
}

#[tokio::test]
async fn layers_that_are_present_are_not_fetched() {
    let registry = Registry::start(Auth::Nothing).await;
    let (one, two) = (image(&[("base", "b"), ("one", "1")]).oci(&ALL), image(&[("base", "b"), ("two", "2")]).oci(&ALL));
    registry.add("one", "latest", &one);
    registry.add("two", "latest", &two);
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    for name in ["one", "two", "two"] {
        pull(&store, &registry.reference(name)).await.unwrap();
    }
    let fetched = registry.fetched();
    for layer in one.layers.iter().chain(&two.layers) {
        assert_eq!(fetched[layer], 1, "{layer}");
    }
    assert_layers(&store, 3);
}

#[tokio::test]
async fn a_layer_that_two_pulls_want_is_fetched_once() {
    let registry = Registry::start(Auth::Nothing).await;
    for name in ["one", "two", "three", "four"] {
        registry.add(name, "latest", &image(&[("base", "b"), (name, name)]).oci(&ALL));
    }
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let other = ImageStore::open(folder.path()).unwrap();
    let references = ["one", "two", "three", "four"].map(|name| registry.reference(name));
    let pulls = tokio::join!(
        pull(&store, &references[0]),
        pull(&store, &references[1]),
        pull(&other, &references[2]),
        pull(&other, &references[3]),
    );
    let images = [pulls.0.unwrap(), pulls.1.unwrap(), pulls.2.unwrap(), pulls.3.unwrap()];
    assert!(images.iter().all(|image| image.layers[0] == images[0].layers[0]));
    let base = &image(&[("base", "b")]).oci(&ALL).layers[0];
    assert_eq!(registry.fetched()[base], 1);
    assert_layers(&store, 5);
}

#[tokio::test]
async fn mirrors_are_asked_in_order_and_without_the_registrys_credentials() {
    let (empty, mirror, origin) = (
        Registry::start(Auth::Nothing).await,
        Registry::start(Auth::Nothing).await,
        Registry::start(Auth::Basic).await,
    );
    mirror.add("hub/hello", "latest", &hello());
    origin.add("hello", "latest", &hello());
    let closed = "127.0.0.1:1".to_owned();
    let config = mirrors(&origin.host, &[closed, empty.host.clone(), format!("{}/hub", mirror.host)]);
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let reference = origin.reference("hello");
    let pulled = store.pull(&reference, Some(&user()), &config, Arc::new(())).await.unwrap();
    assert_eq!(pulled.references, [reference.to_string()]);
    assert!(origin.requests().is_empty());
    for registry in [&empty, &mirror] {
        let requests = registry.requests();
        assert!(requests.iter().all(|request| request.authorization.is_none()), "{requests:?}");
        assert!(requests.iter().any(|request| request.path.ends_with(&format!("?ns={}", origin.host))), "{requests:?}");
    }
}

#[tokio::test]
async fn what_no_mirror_has_comes_from_the_registry() {
    for auth in [Auth::Basic, Auth::Token] {
        let (mirror, origin) = (Registry::start(Auth::Nothing).await, Registry::start(auth).await);
        mirror.add("hello", "latest", &hello());
        origin.add("hello", "latest", &hello());
        // The mirror has the manifest, but lost a layer.
        mirror.fault(&format!("hello/blobs/{}", hello().layers[1]), Fault::Status(404, ""));
        let folder = tempdir().unwrap();
        let store = ImageStore::open(folder.path()).unwrap();
        let config = mirrors(&origin.host, std::slice::from_ref(&mirror.host));
        store.pull(&origin.reference("hello"), Some(&user()), &config, Arc::new(())).await.unwrap();
        assert_eq!(origin.fetched().into_keys().collect::<Vec<_>>(), [hello().layers[1].clone()]);
        origin.assert_authorized();
    }
}

#[tokio::test]
async fn certificates_are_verified_unless_told_otherwise() {
    let (registry, certificate) = Registry::start_tls().await;
    registry.add("hello", "latest", &hello());
    let folder = tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, certificate).unwrap();
    let https = Settings { plain_http: Some(false), ..Settings::default() };
    let table = [
        ("unknown authority", https.clone(), false),
        ("own authority", Settings { ca: Some(ca), ..https.clone() }, true),
        ("not verified", Settings { skip_verify: true, ..https }, true),
    ];
    for (what, settings, trusted) in table {
        let store = ImageStore::open(&folder.path().join(what)).unwrap();
        let config = RegistryConfig { registries: BTreeMap::from([(registry.host.clone(), settings)]) };
        let pulled = store.pull(&registry.reference("hello"), None, &config, Arc::new(())).await;
        match pulled {
            Ok(_) => assert!(trusted, "{what}"),
            Err(error) => assert!(!trusted && error.to_string().contains("certificate"), "{what}: {error}"),
        }
    }
}
