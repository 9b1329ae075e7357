//! Requests for certificates as they are signed (PKCS #10, RFC 2986): read, and put in the name of who makes them
//! (`pkg/registry/certificates/certificates/strategy.go`).

use crate::user::User;
use api::kinds::{CERTIFICATE_SIGNING_REQUEST, POD_CERTIFICATE_REQUEST};
use base64::{Engine, engine::general_purpose::STANDARD};
use machinery::{
    field::{Error, Path},
    kind::Kind,
    status::Status,
};
use serde_json::{Value, json};
use x509_parser::{
    pem::parse_x509_pem,
    prelude::{FromDer, X509CertificationRequest},
};

/// Whom a certificate is asked for.
pub struct Subject {
    pub common_name: String,
    pub organizations: Vec<String>,
}

/// Notes in a new request who makes it, whatever it says itself.
pub fn note_user(kind: &Kind, user: &User, object: &mut Value) {
    if *kind.storage() != CERTIFICATE_SIGNING_REQUEST {
        return;
    }
    let spec = &mut object["spec"];
    for field in ["extra", "groups", "uid", "username"] {
        if let Some(spec) = spec.as_object_mut() {
            spec.remove(field);
        }
    }
    spec["username"] = json!(user.name);
    spec["groups"] = json!(user.groups);
    if !user.uid.is_empty() {
        spec["uid"] = json!(user.uid);
    }
    if !user.extra.is_empty() {
        spec["extra"] = json!(user.extra);
    }
}

/// Whether a new request can be read, and is signed by the key that it is about.
pub fn validate(kind: &Kind, object: &Value) -> Result<(), Status> {
    let path = Path::new("spec");
    let error = match kind.storage() {
        kind if *kind == CERTIFICATE_SIGNING_REQUEST => subject(object).err().map(|reason| {
            let request = object["spec"]["request"].clone();
            Error::invalid(&path.child("request"), request, reason)
        }),
        kind if *kind == POD_CERTIFICATE_REQUEST => of_pod(object)
            .err()
            .map(|reason| Error::invalid(&path.child("stubPKCS10Request"), Value::Null, reason).without_value()),
        _ => None,
    };
    error.map_or(Ok(()), |error| Err(Status::invalid(kind, machinery::meta::name(object), &[error])))
}

/// Of the request for a pod's certificate only the key counts
/// (`pkg/apis/certificates/validation`: `validateStubPKCS10Request`).
fn of_pod(object: &Value) -> Result<(), &'static str> {
    let text = object["spec"]["stubPKCS10Request"].as_str().unwrap_or_default();
    let der = STANDARD.decode(text).map_err(|_| "must be a valid PKCS#10 CSR")?;
    let (_, request) = X509CertificationRequest::from_der(&der).map_err(|_| "must be a valid PKCS#10 CSR")?;
    request.verify_signature().map_err(|_| "invalid signature")
}

/// Whom the certificate is asked for, if the request is good.
pub fn subject(object: &Value) -> Result<Subject, String> {
    let text = object["spec"]["request"].as_str().unwrap_or_default();
    let pem = STANDARD.decode(text).map_err(|error| error.to_string())?;
    let unreadable = || "PEM block type must be CERTIFICATE REQUEST".to_owned();
    let (_, block) = parse_x509_pem(&pem).map_err(|_| unreadable())?;
    if block.label != "CERTIFICATE REQUEST" {
        return Err(unreadable());
    }
    let (_, request) = X509CertificationRequest::from_der(&block.contents).map_err(|error| error.to_string())?;
    request.verify_signature().map_err(|error| error.to_string())?;
    let subject = &request.certification_request_info.subject;
    let name = subject.iter_common_name().next().and_then(|name| name.as_str().ok()).unwrap_or_default();
    let organizations = subject.iter_organization().filter_map(|name| name.as_str().ok());
    Ok(Subject { common_name: name.to_owned(), organizations: organizations.map(ToOwned::to_owned).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair};

    fn request(text: &str) -> Value {
        json!({"metadata": {"name": "r"}, "spec": {"request": STANDARD.encode(text)}})
    }

    fn signed(name: &str, organization: &str) -> String {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, organization);
        params.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap()
    }

    #[test]
    fn the_subject_is_read() {
        let subject = subject(&request(&signed("joe", "people"))).ok().unwrap();
        assert_eq!((subject.common_name.as_str(), subject.organizations), ("joe", vec!["people".to_owned()]));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let good = signed("joe", "people");
        let other = signed("ann", "people");
        let half = |text: &str, from: usize| text.lines().skip(from).flat_map(|line| [line, "\n"]).collect::<String>();
        let mixed = good.lines().take(3).flat_map(|line| [line, "\n"]).collect::<String>() + &half(&other, 3);
        for text in ["", "nonsense", &good.replace("CERTIFICATE REQUEST", "CERTIFICATE"), &mixed] {
            assert!(subject(&request(text)).is_err(), "{text}");
            let status = validate(&CERTIFICATE_SIGNING_REQUEST, &request(text)).unwrap_err();
            assert_eq!(status.code(), 422);
        }
        assert!(validate(&CERTIFICATE_SIGNING_REQUEST, &request(&good)).is_ok());
    }

    #[test]
    fn a_request_is_in_the_name_of_who_makes_it() {
        let mut object =
            json!({"spec": {"username": "admin", "groups": ["system:masters"], "uid": "x", "extra": {"a": ["b"]}}});
        note_user(&CERTIFICATE_SIGNING_REQUEST, &User::new("joe", ["people"]), &mut object);
        assert_eq!(object["spec"], json!({"username": "joe", "groups": ["people", "system:authenticated"]}));
    }
}
