//! Who a caller is, by the certificate of its TLS connection.

use crate::user::User;
use http::{HeaderMap, header::AUTHORIZATION};
use machinery::status::Status;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The user a verified client certificate stands for: the common name, with the organizations as groups
/// (<https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates>).
pub fn certificate_user(der: &[u8]) -> Option<User> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let subject = certificate.subject();
    let name = subject.iter_common_name().next()?.as_str().ok()?;
    let groups = subject.iter_organization().filter_map(|group| group.as_str().ok());
    Some(User::new(name, groups))
}

/// The caller: whom the connection's certificate names, else nobody. A bearer token that no one issued is refused
/// rather than ignored.
pub fn authenticate(certificate: Option<&User>, headers: &HeaderMap) -> Result<User, Status> {
    match certificate {
        Some(user) => Ok(user.clone()),
        None if headers.contains_key(AUTHORIZATION) => Err(Status::unauthorized()),
        None => Ok(User::anonymous()),
    }
}
