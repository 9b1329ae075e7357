//! Events (`pkg/apis/core/validation/events.go`).

use super::text;
use k8s_openapi::api::core::v1::Event;
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};

const MAX_LENGTH: usize = 128;
const MAX_NOTE_LENGTH: usize = 1024;

/// An event at any time. Those with an event time are of the newer sort and have to say more.
pub fn validate(event: &Event) -> ErrorList {
    let mut errors = ErrorList::new();
    let namespace = text(event.metadata.namespace.as_ref());
    let involved = text(event.involved_object.namespace.as_ref());
    let (agrees, is_new) = if event.event_time.is_none() {
        (if involved.is_empty() { matches!(namespace, "" | "default") } else { namespace == involved }, false)
    } else {
        (!involved.is_empty() || matches!(namespace, "default" | "kube-system"), true)
    };
    if !agrees {
        let path = Path::new("involvedObject").child("namespace");
        errors.push(Error::invalid(&path, involved, "does not match event.namespace"));
    }
    if is_new {
        errors.extend(new_fields(event));
    }
    errors.extend(invalid_each(&Path::new("namespace"), namespace, format::dns1123_subdomain(namespace)));
    errors
}

fn new_fields(event: &Event) -> ErrorList {
    let mut errors = ErrorList::new();
    let fields = [
        ("reportingController", event.reporting_component.as_ref()),
        ("reportingInstance", event.reporting_instance.as_ref()),
        ("action", event.action.as_ref()),
        ("reason", event.reason.as_ref()),
    ];
    for (field, value) in fields {
        let (path, value) = (Path::new(field), text(value));
        if value.is_empty() {
            errors.push(Error::required(&path, ""));
        }
        if field == "reportingController" {
            errors.extend(invalid_each(&path, value, format::qualified_name(value)));
        } else if value.len() > MAX_LENGTH {
            errors.push(Error::invalid(&path, "", format!("can have at most {MAX_LENGTH} characters")));
        }
    }
    if text(event.message.as_ref()).len() > MAX_NOTE_LENGTH {
        let detail = format!("can have at most {MAX_NOTE_LENGTH} characters");
        errors.push(Error::invalid(&Path::new("message"), "", detail));
    }
    errors
}
