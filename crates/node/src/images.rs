//! Images for containers: the pull policy, credentials from pull secrets, one pull at a time of the same image.

mod policy;
mod pull_secrets;

use crate::{
    blocking,
    events::{
        EventType::{Normal, Warning},
        Recorder,
    },
    naming::pod_reference,
    pod::StartFailureReason,
};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use k8s_openapi::api::core::v1::{Container, ObjectReference, Pod};
use pull_secrets::PullSecrets;
use runtime::images::{Credentials, Error, Image, ImageReference, ImageStore, Keyring, RegistryConfig};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// An image that is not to be had: the reason and message of the container's waiting state.
pub type Unavailable = (StartFailureReason, String);

type Pull = Shared<BoxFuture<'static, Result<Image, Arc<Error>>>>;

/// Gets images for containers.
pub struct ImagePuller {
    store: ImageStore,
    registries: RegistryConfig,
    client: kube::Client,
    recorder: Recorder,
    /// What is being pulled, with which credentials: who may not pull an image does not get it by asking meanwhile.
    pulls: Mutex<Vec<(ImageReference, Vec<Credentials>, Pull)>>,
    changed: Arc<Notify>,
}

impl ImagePuller {
    pub fn new(store: ImageStore, registries: RegistryConfig, client: kube::Client, recorder: Recorder) -> Self {
        Self { store, registries, client, recorder, pulls: Mutex::default(), changed: Arc::default() }
    }

    /// Told whenever an image has come.
    pub fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    pub fn store(&self) -> &ImageStore {
        &self.store
    }

    /// The image of a container, pulled if its policy says so. Writes the kubelet's events.
    pub async fn ensure(
        &self,
        pod: &Pod,
        container: &Container,
        about: &ObjectReference,
    ) -> Result<Image, Unavailable> {
        let name = container.image.as_deref().unwrap_or_default();
        let reference: ImageReference = name.parse().map_err(|error: Error| {
            let message = format!("Failed to apply default image tag {name:?}: {error}");
            self.recorder.record(about.clone(), Warning, "InspectFailed", message.clone());
            (StartFailureReason::InvalidImageName, message)
        })?;
        let (store, text) = (self.store.clone(), looked_up(name, &reference));
        let present = blocking::run(move || store.get(&text)).await.map_err(|error| {
            let message = format!("Failed to inspect image {name:?}: {error}");
            self.recorder.record(about.clone(), Warning, "InspectFailed", message.clone());
            (StartFailureReason::ImageInspectError, message)
        })?;
        match policy::decide(container.image_pull_policy.as_deref(), name, present) {
            policy::Decision::Use(image) => {
                let message =
                    format!("Container image {name:?} already present on machine and can be accessed by the pod");
                self.recorder.record(about.clone(), Normal, "Pulled", message);
                Ok(image)
            }
            policy::Decision::Refuse => {
                let message = format!("Container image {name:?} is not present with pull policy of Never");
                self.recorder.record(about.clone(), Warning, "ErrImageNeverPull", message.clone());
                Err((StartFailureReason::ErrImageNeverPull, message))
            }
            policy::Decision::Pull => self.pull(pod, name, reference, about).await,
        }
    }

    async fn pull(
        &self,
        pod: &Pod,
        name: &str,
        reference: ImageReference,
        about: &ObjectReference,
    ) -> Result<Image, Unavailable> {
        self.recorder.record(about.clone(), Normal, "Pulling", format!("Pulling image {name:?}"));
        let begun = Instant::now();
        let secrets = PullSecrets::read(&self.client, pod).await;
        if let Some(complaint) = secrets.complaint() {
            self.recorder.record(pod_reference(pod), Warning, "FailedToRetrieveImagePullSecret", complaint);
        }
        match self.pull_once(reference, &secrets.keyring).await {
            Ok(image) => {
                let took = seconds(begun.elapsed());
                let size = image.size;
                let message = format!(
                    "Successfully pulled image {name:?} in {took} ({took} including waiting). Image size: {size} bytes."
                );
                self.recorder.record(about.clone(), Normal, "Pulled", message);
                self.changed.notify_one();
                Ok(image)
            }
            Err(error) => {
                let message = format!("Failed to pull image {name:?}: {error}");
                self.recorder.record(about.clone(), Warning, "Failed", message);
                Err((StartFailureReason::ErrImagePull, error.to_string()))
            }
        }
    }

    /// Pulls, or joins the pull of the same image with the same credentials.
    async fn pull_once(&self, reference: ImageReference, keyring: &Keyring) -> Result<Image, Arc<Error>> {
        let credentials = keyring.lookup(&reference);
        let pull = {
            let mut pulls = self.pulls.lock().unwrap_or_else(PoisonError::into_inner);
            pulls.retain(|(_, _, pull)| pull.peek().is_none());
            let same = pulls.iter().find(|(other, with, _)| *other == reference && *with == credentials);
            if let Some((_, _, pull)) = same {
                pull.clone()
            } else {
                let work =
                    pull_with(self.store.clone(), self.registries.clone(), reference.clone(), credentials.clone());
                let pull = work.map(|result| result.map_err(Arc::new)).boxed().shared();
                pulls.push((reference, credentials, pull.clone()));
                pull
            }
        };
        pull.await
    }
}

/// Tries the credentials one after the other; without any, as anybody.
async fn pull_with(
    store: ImageStore,
    registries: RegistryConfig,
    reference: ImageReference,
    credentials: Vec<Credentials>,
) -> Result<Image, Error> {
    let mut refused = None;
    for credentials in &credentials {
        match store.pull(&reference, Some(credentials), &registries, Arc::new(())).await {
            Err(error) if matches!(error.root(), Error::Unauthorized { .. }) => refused = Some(error),
            other => return other,
        }
    }
    match refused {
        Some(error) => Err(error),
        None => store.pull(&reference, None, &registries, Arc::new(())).await,
    }
}

/// What the store is asked for. An image's id reads like a reference, too: a tag of an image called `sha256`; as an id
/// it comes first (containerd's `LocalResolve`).
fn looked_up(name: &str, reference: &ImageReference) -> String {
    if name.starts_with("sha256:") { name.to_owned() } else { reference.to_string() }
}

/// A duration as Go prints it, to the millisecond.
fn seconds(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds < 1000 {
        return format!("{milliseconds}ms");
    }
    let fraction = format!("{:03}", milliseconds % 1000);
    match fraction.trim_end_matches('0') {
        "" => format!("{}s", milliseconds / 1000),
        digits => format!("{}.{digits}s", milliseconds / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_images_id_is_looked_up_as_one() {
        let id = format!("sha256:{}", "0123456789abcdef".repeat(4));
        for (name, expected) in [
            (id.as_str(), id.as_str()),
            ("busybox", "docker.io/library/busybox:latest"),
            ("quay.io/sha256:v1", "quay.io/sha256:v1"),
        ] {
            assert_eq!(looked_up(name, &name.parse().unwrap()), expected);
        }
    }

    #[test]
    fn durations_read_as_go_writes_them() {
        for (milliseconds, text) in [(7, "7ms"), (1000, "1s"), (9215, "9.215s"), (60_020, "60.02s")] {
            assert_eq!(seconds(Duration::from_millis(milliseconds)), text);
        }
    }
}
