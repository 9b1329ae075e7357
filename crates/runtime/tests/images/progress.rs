//! What a progress bar is told.

use super::{
    archives::{Compression, image},
    registry::{Auth, Registry},
};
use runtime::images::{ImageStore, LayerProgress, LayerState, Progress, RegistryConfig};
use std::sync::{Arc, Mutex};
use tempfile::tempdir;

#[derive(Default)]
struct Recorder(Mutex<Vec<(String, LayerState, u64, u64)>>);

impl Progress for Recorder {
    fn layer(&self, progress: LayerProgress<'_>) {
        let LayerProgress { layer, state, bytes, total } = progress;
        self.0.lock().unwrap().push((layer.to_owned(), state, bytes, total));
    }
}

#[tokio::test]
async fn each_layer_waits_grows_and_completes() {
    let registry = Registry::start(Auth::Nothing).await;
    let image = image(&[("base", "b"), ("large", &"x".repeat(2_000_000))]).oci(&[Compression::None]);
    registry.add("hello", "latest", &image);
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let pull = async || {
        let recorder = Arc::new(Recorder::default());
        let progress = Arc::clone(&recorder) as Arc<dyn Progress>;
        store.pull(&registry.reference("hello"), None, &RegistryConfig::default(), progress).await.unwrap();
        recorder.0.lock().unwrap().clone()
    };
    let first = pull().await;
    for layer in &image.layers {
        let total = image.blobs[layer].len() as u64;
        let told: Vec<_> = first.iter().filter(|told| told.0 == *layer).collect();
        assert_eq!((told[0].1, told[1].1, told[1].2), (LayerState::Waiting, LayerState::Unpacking, 0));
        assert!(told.is_sorted_by_key(|told| told.2), "{told:?}");
        assert!(told.iter().all(|told| told.3 == total), "{told:?}");
        let last = told.last().unwrap();
        assert_eq!((last.1, last.2), (LayerState::Complete, total));
        assert_eq!(told.len() > 5, total > 1_000_000);
    }
    let again = pull().await;
    assert_eq!(again.iter().filter(|told| told.1 == LayerState::Present).count(), 2);
    assert!(again.iter().all(|told| matches!(told.1, LayerState::Waiting | LayerState::Present)));
}
