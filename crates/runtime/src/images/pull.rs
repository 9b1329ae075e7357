//! Pulls an image: asks the registry's mirrors and the registry itself what a reference means, then fetches its layers.

use super::{
    Credentials, Error, ImageReference, RegistryConfig, Result,
    digest::Digest,
    ingest::{Incoming, Ingest, LayerBlob, LayerSource, Stopped, blocking},
    platform,
    registry::{Repository, endpoints},
};
use futures::{FutureExt, future::BoxFuture};
use oci_spec::image::{Descriptor, ImageIndex, ImageManifest};
use std::{io::Read, sync::Arc};

/// Pulls an image and returns its id.
pub(super) async fn pull(
    ingest: &Ingest,
    reference: &ImageReference,
    credentials: Option<&Credentials>,
    registries: &RegistryConfig,
) -> Result<Digest> {
    let endpoints = endpoints(reference.registry(), registries);
    let (wanted, credentials) = (reference.clone(), credentials.cloned());
    let repositories = blocking("reading certificate authorities", move || {
        endpoints.iter().map(|endpoint| Repository::new(endpoint, &wanted, credentials.as_ref())).collect()
    });
    let hosts = Hosts { what: reference.to_string(), repositories: repositories.await? };
    let unresolved = |cause| Error::Resolve { reference: hosts.what.clone(), cause: Box::new(cause) };
    let mut bytes = hosts.get(Document::Named).await.map_err(unresolved)?;
    let resolved = Digest::of(&bytes);
    if let Ok(index) = serde_json::from_slice::<ImageIndex>(&bytes) {
        let chosen = platform::choose(&hosts.what, index.manifests(), platform::architecture())?;
        bytes = hosts.get(Document::Manifest(&digest(&hosts.what, chosen)?)).await?;
    }
    let manifest: ImageManifest = serde_json::from_slice(&bytes)
        .map_err(|error| Error::corrupted(format!("manifest {} of {}", Digest::of(&bytes), hosts.what), error))?;
    let incoming = Incoming {
        what: hosts.what.clone(),
        config: hosts.get(Document::Config(&digest(&hosts.what, manifest.config())?)).await?,
        layers: manifest.layers().iter().map(|layer| layer_blob(&hosts.what, layer)).collect::<Result<_>>()?,
        manifest: Some(bytes),
        references: if reference.digest().is_none() { vec![reference.clone()] } else { Vec::new() },
        repo_digests: vec![format!("{}@{resolved}", reference.name())],
    };
    ingest.bring(incoming, Arc::new(hosts)).await
}

fn digest(what: &str, descriptor: &Descriptor) -> Result<Digest> {
    Digest::parse(what, descriptor.digest().as_ref())
}

fn layer_blob(what: &str, descriptor: &Descriptor) -> Result<LayerBlob> {
    let digest = digest(what, descriptor)?;
    Ok(LayerBlob { location: digest.to_string(), digest: Some(digest), size: descriptor.size() })
}

/// The hosts that may have the image, in order. Each thing is asked of one after the other until one has it; when
/// none has, all reasons are told.
struct Hosts {
    /// The reference, for errors.
    what: String,
    repositories: Vec<Repository>,
}

/// A document that a registry has.
enum Document<'a> {
    /// The manifest or index that the reference names.
    Named,
    Manifest(&'a Digest),
    Config(&'a Digest),
}

impl Hosts {
    async fn get(&self, document: Document<'_>) -> Result<Vec<u8>> {
        let what = match document {
            Document::Named => self.what.clone(),
            Document::Manifest(digest) => format!("manifest {digest} of {}", self.what),
            Document::Config(digest) => format!("config {digest} of {}", self.what),
        };
        let mut failures = Vec::new();
        for repository in &self.repositories {
            let answer = match document {
                Document::Named => repository.manifest(&what, None).await,
                Document::Manifest(digest) => repository.manifest(&what, Some(digest)).await,
                Document::Config(digest) => repository.config(&what, digest).await,
            };
            match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => failures.push(repository.passed_over(error)),
            }
        }
        Err(Error::of_hosts(failures).unwrap_or(Error::NotFound { what }))
    }
}

impl LayerSource for Hosts {
    fn open(&self, blob: LayerBlob, stopped: Stopped) -> BoxFuture<'_, Result<Box<dyn Read + Send>>> {
        async move {
            let what = format!("layer {} of {}", blob.location, self.what);
            let mut failures = Vec::new();
            for repository in &self.repositories {
                match repository.layer(&what, &blob.location, stopped.clone()).await {
                    Ok(reader) => return Ok(Box::new(reader) as Box<dyn Read + Send>),
                    Err(error) => failures.push(repository.passed_over(error)),
                }
            }
            Err(Error::of_hosts(failures).unwrap_or(Error::NotFound { what }))
        }
        .boxed()
    }
}
