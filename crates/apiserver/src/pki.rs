//! The cluster's certificates: a CA, the API server's certificate, the administrator's. Made once, kept in a folder.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::Error;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{
    fmt, fs,
    io::{self, Write},
    net::IpAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use time::{Duration, OffsetDateTime};

/// How long certificates are valid.
const CA_LIFETIME: Duration = Duration::days(3650);
const LEAF_LIFETIME: Duration = Duration::days(365);
/// A leaf certificate is made anew when less than this is left of it.
const RENEWAL_MARGIN: Duration = Duration::days(30);

/// A certificate with its private key, both PEM.
#[derive(Debug, Clone)]
pub struct KeyedCertificate {
    /// The certificate.
    pub certificate: String,
    /// Its private key (PKCS #8).
    pub key: String,
}

/// All certificates of a cluster.
#[derive(Debug, Clone)]
pub struct Pki {
    folder: PathBuf,
    /// Signs all others.
    pub ca: KeyedCertificate,
    /// What the API server shows.
    pub server: KeyedCertificate,
    /// What the administrator's kubeconfig holds: member of `system:masters`.
    pub admin: KeyedCertificate,
    /// What the API server shows to nodes.
    pub node_client: KeyedCertificate,
}

impl Pki {
    /// Reads the certificates of `folder` and makes those that are missing, run out soon, or do not name all of
    /// `addresses` (and the names that pods use).
    pub fn load_or_create(folder: &Path, addresses: &[IpAddr], now: OffsetDateTime) -> Result<Self, Error> {
        let maker = Maker { folder, now };
        fs::create_dir_all(folder).map_err(|source| Error::Pki { path: folder.into(), source })?;
        let ca = match maker.read("ca")? {
            Some(ca) => ca,
            None => maker.make_ca()?,
        };
        let names = server_names(addresses);
        let server = maker.leaf("apiserver", &ca, || server_params(&names), |der| covers(der, &names))?;
        let admin = maker.leaf("admin", &ca, admin_params, |_| true)?;
        let node_client = maker.leaf("apiserver-kubelet-client", &ca, node_client_params, |_| true)?;
        Ok(Self { folder: folder.into(), ca, server, admin, node_client })
    }

    /// TLS for the API server: shows its certificate, asks callers for one of this CA's and lets those without in
    /// (they are `system:anonymous`).
    pub fn server_config(&self) -> Result<rustls::ServerConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(self.roots()?), Arc::clone(&provider))
                .allow_unauthenticated()
                .build()
                .map_err(|error| self.invalid(&error))?;
        let (chain, key) = self.chain(&self.server)?;
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| self.invalid(&error))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(|error| self.invalid(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    /// TLS for calls to nodes: shows the API server's client certificate and believes nodes with one of this CA's.
    pub fn node_client_config(&self) -> Result<rustls::ClientConfig, Error> {
        let (chain, key) = self.chain(&self.node_client)?;
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| self.invalid(&error))?
            .with_root_certificates(self.roots()?)
            .with_client_auth_cert(chain, key)
            .map_err(|error| self.invalid(&error))
    }

    fn roots(&self) -> Result<rustls::RootCertStore, Error> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.der(&self.ca.certificate)?).map_err(|error| self.invalid(&error))?;
        Ok(roots)
    }

    fn chain(&self, keyed: &KeyedCertificate) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
        let key = PrivateKeyDer::from_pem_slice(keyed.key.as_bytes()).map_err(|error| self.invalid(&error))?;
        Ok((vec![self.der(&keyed.certificate)?], key))
    }

    fn der(&self, pem: &str) -> Result<CertificateDer<'static>, Error> {
        CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| self.invalid(&error))
    }

    fn invalid(&self, reason: &dyn fmt::Display) -> Error {
        Error::Certificate { path: self.folder.clone(), reason: reason.to_string() }
    }
}

/// The names of the API server: what pods call it, and the addresses it listens on.
fn server_names(addresses: &[IpAddr]) -> Vec<SanType> {
    let dns = [
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ];
    dns.into_iter()
        .filter_map(|name| name.try_into().ok().map(SanType::DnsName))
        .chain(addresses.iter().copied().map(SanType::IpAddress))
        .collect()
}

fn server_params(names: &[SanType]) -> CertificateParams {
    let mut params = leaf_params("kube-apiserver", None, ExtendedKeyUsagePurpose::ServerAuth);
    params.subject_alt_names = names.to_vec();
    params
}

fn admin_params() -> CertificateParams {
    leaf_params("kubernetes-admin", Some("system:masters"), ExtendedKeyUsagePurpose::ClientAuth)
}

/// Nodes elsewhere believe what kubeadm calls it.
fn node_client_params() -> CertificateParams {
    leaf_params("kube-apiserver-kubelet-client", Some("system:masters"), ExtendedKeyUsagePurpose::ClientAuth)
}

fn leaf_params(common_name: &str, organization: Option<&str>, usage: ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    if let Some(organization) = organization {
        params.distinguished_name.push(DnType::OrganizationName, organization);
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    params
}

/// Whether a certificate names all of `names`.
fn covers(der: &[u8], names: &[SanType]) -> bool {
    use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return false };
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return false };
    let held = &extension.value.general_names;
    names.iter().all(|name| match name {
        SanType::IpAddress(IpAddr::V4(ip)) => held.contains(&GeneralName::IPAddress(&ip.octets())),
        SanType::IpAddress(IpAddr::V6(ip)) => held.contains(&GeneralName::IPAddress(&ip.octets())),
        SanType::DnsName(dns) => held.contains(&GeneralName::DNSName(dns.as_str())),
        _ => false,
    })
}

/// Reads and makes certificates in one folder.
struct Maker<'a> {
    folder: &'a Path,
    now: OffsetDateTime,
}

impl Maker<'_> {
    fn read(&self, name: &str) -> Result<Option<KeyedCertificate>, Error> {
        let file = |extension: &str| {
            let path = self.folder.join(name).with_extension(extension);
            match fs::read_to_string(&path) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(source) => Err(Error::Pki { path, source }),
            }
        };
        Ok(file("crt")?.zip(file("key")?).map(|(certificate, key)| KeyedCertificate { certificate, key }))
    }

    /// The key comes first: a certificate without its key would never be replaced.
    fn write(&self, name: &str, made: &KeyedCertificate) -> Result<(), Error> {
        for (extension, text, mode) in [("key", &made.key, 0o600), ("crt", &made.certificate, 0o644)] {
            let path = self.folder.join(name).with_extension(extension);
            write_atomically(&path, text.as_bytes(), mode).map_err(|source| Error::Pki { path, source })?;
        }
        Ok(())
    }

    fn make_ca(&self) -> Result<KeyedCertificate, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "minke-ca");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        self.validity(&mut params, CA_LIFETIME);
        let key = self.key()?;
        let certificate = params.self_signed(&key).map_err(|error| self.invalid(&error))?;
        let made = KeyedCertificate { certificate: certificate.pem(), key: key.serialize_pem() };
        self.write("ca", &made)?;
        Ok(made)
    }

    /// The leaf certificate `name`, as it is in the folder if that still serves.
    fn leaf(
        &self,
        name: &str,
        ca: &KeyedCertificate,
        params: impl FnOnce() -> CertificateParams,
        serves: impl FnOnce(&[u8]) -> bool,
    ) -> Result<KeyedCertificate, Error> {
        if let Some(held) = self.read(name)?
            && let Ok(der) = CertificateDer::from_pem_slice(held.certificate.as_bytes())
            && self.lasts(&der)
            && serves(&der)
        {
            return Ok(held);
        }
        let ca_key = KeyPair::from_pem(&ca.key).map_err(|error| self.invalid(&error))?;
        let issuer = Issuer::from_ca_cert_pem(&ca.certificate, ca_key).map_err(|error| self.invalid(&error))?;
        let mut params = params();
        self.validity(&mut params, LEAF_LIFETIME);
        let key = self.key()?;
        let certificate = params.signed_by(&key, &issuer).map_err(|error| self.invalid(&error))?;
        let made = KeyedCertificate { certificate: certificate.pem(), key: key.serialize_pem() };
        self.write(name, &made)?;
        Ok(made)
    }

    fn lasts(&self, der: &[u8]) -> bool {
        use x509_parser::prelude::{FromDer, X509Certificate};
        X509Certificate::from_der(der).is_ok_and(|(_, certificate)| {
            certificate.validity().not_after.timestamp() > (self.now + RENEWAL_MARGIN).unix_timestamp()
        })
    }

    fn validity(&self, params: &mut CertificateParams, lifetime: Duration) {
        // Clocks of clients may be behind.
        params.not_before = self.now - Duration::hours(1);
        params.not_after = self.now + lifetime;
    }

    fn key(&self) -> Result<KeyPair, Error> {
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| self.invalid(&error))
    }

    fn invalid(&self, error: &rcgen::Error) -> Error {
        Error::Certificate { path: self.folder.into(), reason: error.to_string() }
    }
}

/// Writes a file that is there as a whole or not at all. What was left half-made goes first: a mode is that of a file
/// that is made, never of one that is there.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let temporary = path.with_added_extension("tmp");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::days(20_000));
    const LOCAL: [IpAddr; 1] = [IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)];

    fn load(folder: &Path, addresses: &[IpAddr], now: OffsetDateTime) -> Pki {
        Pki::load_or_create(folder, addresses, now).unwrap()
    }

    #[test]
    fn certificates_are_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = load(folder.path(), &LOCAL, NOW);
        let second = load(folder.path(), &LOCAL, NOW);
        assert_eq!(first.server.certificate, second.server.certificate);
        assert_eq!(first.admin.key, second.admin.key);
        assert!(first.server_config().is_ok());
        let mode = fs::metadata(folder.path().join("ca.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_was_left_half_made_opens_no_key_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("ca.key");
        for half_made in ["ca.tmp", "ca.key.tmp"].map(|name| folder.path().join(name)) {
            fs::write(&half_made, "half").unwrap();
            fs::set_permissions(&half_made, fs::Permissions::from_mode(0o644)).unwrap();
        }
        write_atomically(&key, b"whole", 0o600).unwrap();
        assert_eq!(fs::read(&key).unwrap(), b"whole");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_new_address_or_age_brings_a_new_server_certificate_of_the_same_ca() {
        let folder = tempfile::tempdir().unwrap();
        let first = load(folder.path(), &LOCAL, NOW);
        let more = [LOCAL[0], "10.1.2.3".parse().unwrap(), "fd00::1".parse().unwrap()];
        let second = load(folder.path(), &more, NOW);
        assert_ne!(first.server.certificate, second.server.certificate);
        assert_eq!(second.server.certificate, load(folder.path(), &more, NOW).server.certificate);
        let later = load(folder.path(), &more, NOW + LEAF_LIFETIME - Duration::days(7));
        assert_ne!(second.server.certificate, later.server.certificate);
        assert_eq!(first.ca.certificate, later.ca.certificate);
    }

    #[test]
    fn a_spoilt_ca_is_named_with_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.crt"), "nonsense").unwrap();
        fs::write(folder.path().join("ca.key"), "nonsense").unwrap();
        let error = Pki::load_or_create(folder.path(), &LOCAL, NOW).unwrap_err().to_string();
        assert!(error.contains(&folder.path().display().to_string()), "{error}");
    }
}
