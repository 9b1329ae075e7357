//! What a definition leaves open (`pkg/apis/apiextensions/v1/defaults.go`).

use super::stored_version;
use machinery::fields::{Object, child, child_or_new, set_default, text};
use serde_json::{Value, json};

/// The port of webhooks that name none.
const WEBHOOK_PORT: u16 = 443;

/// Fills in names, the conversion, and the version that is stored.
pub fn defaults(object: &mut Object) {
    if let Some(spec) = child(object, "spec") {
        if let Some(names) = child(spec, "names") {
            let kind = text(names, "kind").to_owned();
            if text(names, "singular").is_empty() {
                names.insert("singular".into(), kind.to_lowercase().into());
            }
            if text(names, "listKind").is_empty() && !kind.is_empty() {
                names.insert("listKind".into(), format!("{kind}List").into());
            }
        }
        if let Some(conversion) = child_or_new(spec, "conversion") {
            set_default(conversion, "strategy", "None");
            let service = child(conversion, "webhook").and_then(|hook| child(hook, "clientConfig"));
            if let Some(service) = service.and_then(|config| child(config, "service")) {
                set_default(service, "port", WEBHOOK_PORT);
            }
        }
    }
    default_stored_versions(object);
}

fn default_stored_versions(object: &mut Object) {
    let whole = Value::Object(std::mem::take(object));
    let stored = stored_version(&whole).map(str::to_owned);
    if let Value::Object(fields) = whole {
        *object = fields;
    }
    let (Some(stored), Some(status)) = (stored, child(object, "status")) else { return };
    let empty = status.get("storedVersions").and_then(Value::as_array).is_none_or(Vec::is_empty);
    if empty {
        status.insert("storedVersions".into(), json!([stored]));
    }
}
