//! How objects of one version become objects of another.

use machinery::field::{Error, ErrorList, Path};
use serde_json::Value;

/// The review versions that the server speaks.
const REVIEW_VERSIONS: [&str; 2] = ["v1", "v1beta1"];

/// The conversion of a definition.
pub fn validate(conversion: &Value, path: &Path) -> ErrorList {
    let webhook = &conversion["webhook"];
    match conversion["strategy"].as_str().unwrap_or_default() {
        "" => vec![Error::required(&path.child("strategy"), "")],
        "None" if !webhook.is_null() => vec![Error::forbidden(
            &path.child("webhookClientConfig"),
            "should not be set when strategy is not set to Webhook",
        )],
        "None" => ErrorList::new(),
        "Webhook" => webhook_errors(webhook, path),
        other => vec![Error::not_supported(&path.child("strategy"), other, &["None", "Webhook"])],
    }
}

fn webhook_errors(webhook: &Value, path: &Path) -> ErrorList {
    let (config, place) = (&webhook["clientConfig"], path.child("webhookClientConfig"));
    let mut errors = ErrorList::new();
    match (config["url"].as_str(), config["service"].is_object()) {
        _ if config.is_null() => errors.push(Error::required(&place, "required when strategy is set to Webhook")),
        (Some(_), true) | (None, false) => {
            errors.push(Error::required(&place, "exactly one of url or service is required"));
        }
        (Some(url), false) if !url.starts_with("https://") => {
            let detail = format!("'https' is the only allowed URL scheme{}", "; desired format: https://host[/path]");
            errors.push(Error::invalid(&place.child("url"), url, detail));
        }
        (Some(_), false) => {}
        (None, true) => errors.extend(service_errors(&config["service"], &place.child("service"))),
    }
    let versions: Vec<&str> =
        webhook["conversionReviewVersions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let place = path.child("conversionReviewVersions");
    if versions.is_empty() {
        errors.push(Error::required(&place, ""));
    } else if !versions.iter().any(|version| REVIEW_VERSIONS.contains(version)) {
        let detail = format!("must include at least one of {}", REVIEW_VERSIONS.join(", "));
        errors.push(Error::invalid(&place, serde_json::json!(versions), detail));
    }
    errors
}

fn service_errors(service: &Value, path: &Path) -> ErrorList {
    let missing = |field: &&str| service[*field].as_str().is_none_or(str::is_empty);
    let fields = ["name", "namespace"].into_iter().filter(missing);
    let mut errors: ErrorList =
        fields.map(|field| Error::required(&path.child(field), format!("service {field} is required"))).collect();
    let port = service["port"].as_i64().unwrap_or_default();
    if !(1..=65535).contains(&port) {
        errors.push(Error::invalid(
            &path.child("port"),
            port,
            "port is not valid: must be between 1 and 65535, inclusive",
        ));
    }
    if let Some(at) = service["path"].as_str().filter(|at| !at.starts_with('/')) {
        errors.push(Error::invalid(&path.child("path"), at, "must start with a '/'"));
    }
    errors
}
