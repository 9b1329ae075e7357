//! What a registry's refusal means (OCI distribution specification, section "Error Codes"). Pure.

use crate::images::Error;
use oci_client::errors::{DigestError, OciDistributionError, OciEnvelope, OciErrorCode};
use std::fmt::Write as _;

/// Sorts an error by what it means for whoever wants `what` from `host`.
pub(super) fn classify(what: &str, host: &str, error: OciDistributionError) -> Error {
    let registry = |reason: String| Error::Registry { what: what.to_owned(), host: host.to_owned(), reason };
    let not_found = || Error::NotFound { what: what.to_owned() };
    match error {
        OciDistributionError::UnauthorizedError { url } => {
            Error::Unauthorized { reason: format!("401 Unauthorized from {url}") }
        }
        OciDistributionError::AuthenticationFailure(reason) => {
            Error::Unauthorized { reason: format!("failed to fetch a token for {host}: {}", reason.trim()) }
        }
        OciDistributionError::ServerError { code: 404, .. } | OciDistributionError::ImageManifestNotFoundError(_) => {
            not_found()
        }
        OciDistributionError::ServerError { code: code @ (401 | 403), url, .. } => {
            Error::Unauthorized { reason: format!("{code} from {url}") }
        }
        OciDistributionError::ServerError { code, url, message } => {
            registry(format!("{code} from {url}: {}", message.trim()))
        }
        OciDistributionError::RegistryError { envelope, url } => {
            let says = |codes: &[OciErrorCode]| envelope.errors.iter().any(|error| codes.contains(&error.code));
            if says(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]) {
                return Error::Unauthorized { reason: messages(&envelope) };
            }
            let unknown = [
                OciErrorCode::ManifestUnknown,
                OciErrorCode::NameUnknown,
                OciErrorCode::BlobUnknown,
                OciErrorCode::NotFound,
            ];
            if says(&unknown) { not_found() } else { registry(format!("{} from {url}", messages(&envelope))) }
        }
        OciDistributionError::DigestError(DigestError::VerificationError { expected, actual }) => {
            Error::DigestMismatch { what: what.to_owned(), expected, actual }
        }
        OciDistributionError::RequestError(error) => {
            Error::Unavailable { what: what.to_owned(), host: host.to_owned(), reason: with_causes(&error) }
        }
        other => registry(other.to_string()),
    }
}

/// An error with what caused it: the transport's own words say only "error sending request".
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

fn messages(envelope: &OciEnvelope) -> String {
    let messages: Vec<_> = envelope.errors.iter().map(|error| format!("{:?}: {}", error.code, error.message)).collect();
    messages.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(code: &str) -> OciDistributionError {
        let envelope = serde_json::from_value(json!({"errors": [{"code": code, "message": "m"}]})).unwrap();
        OciDistributionError::RegistryError { envelope, url: "http://r/v2/x".to_owned() }
    }

    fn status(code: u16) -> OciDistributionError {
        OciDistributionError::ServerError { code, url: "http://r/v2/x".to_owned(), message: "m".to_owned() }
    }

    #[test]
    fn refusals_are_told_apart() {
        let table = [
            (refusal("MANIFEST_UNKNOWN"), "x: not found"),
            (refusal("NAME_UNKNOWN"), "x: not found"),
            (status(404), "x: not found"),
            (
                refusal("DENIED"),
                "pull access denied, repository does not exist or may require authorization: Denied: m",
            ),
            (
                status(403),
                "pull access denied, repository does not exist or may require authorization: 403 from http://r/v2/x",
            ),
            (refusal("TOOMANYREQUESTS"), "x: unexpected answer from registry r: Toomanyrequests: m from http://r/v2/x"),
            (status(500), "x: unexpected answer from registry r: 500 from http://r/v2/x: m"),
        ];
        for (error, expected) in table {
            assert_eq!(classify("x", "r", error).to_string(), expected);
        }
    }
}
