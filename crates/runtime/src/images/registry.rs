//! Registries: where to ask, whom to trust, and what their answers mean.

mod answer;
mod challenge;
mod endpoint;
mod login;
mod stream;

pub(super) use self::endpoint::endpoints;
use self::{answer::classify, endpoint::Endpoint};
use self::{login::Login, stream::StreamReader};
use super::{Credentials, Error, ImageReference, Result, digest::Digest, ingest::Stopped};
use futures::StreamExt;
use oci_client::{
    Client, Reference, RegistryOperation,
    client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol, SizedStream},
    errors::OciDistributionError,
    manifest::{
        IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
    },
    secrets::RegistryAuth,
};
use std::{fs, time::Duration};

const MANIFEST_MEDIA_TYPES: [&str; 4] =
    [IMAGE_MANIFEST_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE];
/// As long as containerd waits for a connection, and for a pull to make any progress.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const PROGRESS_TIMEOUT: Duration = Duration::from_mins(5);
const USER_AGENT: &str = concat!("minke/", env!("CARGO_PKG_VERSION"));
/// More than any config needs (containerd's limit for documents).
const LARGEST_CONFIG: usize = 8 << 20;

type Asked<T> = std::result::Result<T, OciDistributionError>;

/// A repository at one of the hosts that have it.
pub(super) struct Repository {
    client: Client,
    reference: Reference,
    host: String,
    auth: RegistryAuth,
    login: Login,
}

impl Repository {
    /// Prepares to ask; sends nothing yet.
    pub fn new(endpoint: &Endpoint, reference: &ImageReference, credentials: Option<&Credentials>) -> Result<Self> {
        let host = endpoint.host.clone();
        let ca = endpoint.ca.as_ref().map(|path| {
            fs::read(path).map_err(|error| Error::io("reading the certificate authorities in", path, error))
        });
        let ca = ca.transpose()?;
        let client = Client::try_from(client_config(endpoint, ca.clone()));
        let client = client.map_err(|error| Error::RegistryConfig { host: host.clone(), reason: error.to_string() })?;
        let mut asked = Reference::with_tag(
            reference.registry().to_owned(),
            endpoint.repository(reference.repository()),
            reference.tag().unwrap_or_default().to_owned(),
        );
        if let Some(digest) = reference.digest() {
            asked = asked.clone_with_digest(digest.to_owned());
        }
        if endpoint.is_mirror {
            asked.set_mirror_registry(host.clone());
        }
        // A mirror is somebody else: it must not see the registry's credentials.
        let auth = match credentials {
            Some(Credentials::Basic { username, password }) if !endpoint.is_mirror => {
                RegistryAuth::Basic(username.clone(), password.clone())
            }
            Some(Credentials::Token(token)) if !endpoint.is_mirror => RegistryAuth::Bearer(token.clone()),
            _ => RegistryAuth::Anonymous,
        };
        let scheme = if endpoint.plain_http { "http" } else { "https" };
        let login = Login {
            base: format!("{scheme}://{}/", asked.resolve_registry()),
            repository: asked.repository().to_owned(),
            skip_verify: endpoint.skip_verify,
            ca,
        };
        Ok(Self { client, reference: asked, host, auth, login })
    }

    /// Logs in if the host wants it, and gets the manifest or index that the reference, or `digest`, names.
    pub async fn manifest(&self, what: &str, digest: Option<&Digest>) -> Result<Vec<u8>> {
        let reference = match digest {
            Some(digest) => self.reference.clone_with_digest(digest.to_string()),
            None => self.reference.clone(),
        };
        let logged_in = self.client.auth(&self.reference, &self.auth, RegistryOperation::Pull).await;
        logged_in.map_err(|error| classify(what, &self.host, error))?;
        let pull = || self.client.pull_manifest_raw(&reference, &self.auth, &MANIFEST_MEDIA_TYPES);
        let (bytes, _) = self.logged_in(pull).await.map_err(|error| classify(what, &self.host, error))?;
        if let Some(digest) = digest {
            digest.verify(what, &Digest::of(&bytes))?;
        }
        Ok(bytes.to_vec())
    }

    /// Gets a config.
    pub async fn config(&self, what: &str, digest: &Digest) -> Result<Vec<u8>> {
        let mut stream = self.blob(what, digest.as_str()).await?;
        let mut config = Vec::new();
        while let Some(bytes) = stream.next().await {
            match bytes {
                Ok(bytes) => config.extend_from_slice(&bytes),
                Err(error) if stream::is_mismatch(&error) => break,
                Err(error) => return Err(stream::broken(what, &self.host, &error)),
            }
            if config.len() > LARGEST_CONFIG {
                return Err(Error::corrupted(what, "too large"));
            }
        }
        digest.verify(what, &Digest::of(&config))?;
        Ok(config)
    }

    /// Begins to get a layer; not verified. The bytes can be read in a thread that may block.
    pub async fn layer(&self, what: &str, digest: &str, stopped: Stopped) -> Result<StreamReader> {
        let opened = self.blob(what, digest).await?;
        Ok(StreamReader::new(what.to_owned(), self.host.clone(), opened.stream, stopped))
    }

    /// Notes that this host could not help, by its name: if another can, nobody else will say so.
    pub fn passed_over(&self, error: Error) -> (String, Error) {
        tracing::debug!(host = self.host, %error, "a registry host does not have what is wanted");
        (self.host.clone(), error)
    }

    async fn blob(&self, what: &str, digest: &str) -> Result<SizedStream> {
        // This host may not have been asked for the manifest.
        self.client.store_auth_if_needed(self.reference.resolve_registry(), &self.auth).await;
        let pull = || self.client.pull_blob_stream(&self.reference, digest);
        self.logged_in(pull).await.map_err(|error| classify(what, &self.host, error))
    }

    /// Asks; if that is refused and there is something to show, asks once more with it.
    async fn logged_in<T, F>(&self, ask: impl Fn() -> F) -> Asked<T>
    where
        F: Future<Output = Asked<T>>,
    {
        let refusal = match ask().await {
            Err(refusal @ OciDistributionError::UnauthorizedError { .. }) => refusal,
            answer => return answer,
        };
        let OciDistributionError::UnauthorizedError { url } = &refusal else { return Err(refusal) };
        let Some(token) = self.login.after(url, &self.auth).await? else { return Err(refusal) };
        self.client.tokens.insert(&self.reference, RegistryOperation::Pull, token).await;
        ask().await
    }
}

fn client_config(endpoint: &Endpoint, ca: Option<Vec<u8>>) -> ClientConfig {
    // Only the first call of a process counts; all of the program's TLS is ring's.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = ClientConfig {
        protocol: if endpoint.plain_http { ClientProtocol::Http } else { ClientProtocol::Https },
        accept_invalid_certificates: endpoint.skip_verify,
        user_agent: USER_AGENT,
        platform_resolver: None,
        connect_timeout: Some(CONNECT_TIMEOUT),
        read_timeout: Some(PROGRESS_TIMEOUT),
        ..ClientConfig::default()
    };
    let ca = ca.map(|data| Certificate { encoding: CertificateEncoding::Pem, data });
    config.extra_root_certificates.extend(ca);
    config
}
