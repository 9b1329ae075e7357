//! What objects of a kind may be called.

use crate::{kind::Kind, validation::format};

/// The check for names of the kind: a DNS subdomain for most.
pub fn rule(kind: &Kind) -> fn(&str) -> Vec<String> {
    match (&*kind.group, &*kind.kind) {
        ("", "Namespace") => format::dns1123_label,
        ("", "Service") => format::dns1035_label,
        ("" | "events.k8s.io", "Event")
        | ("rbac.authorization.k8s.io", _)
        | ("apiregistration.k8s.io", "APIService")
        | ("certificates.k8s.io", "ClusterTrustBundle") => format::path_segment,
        ("networking.k8s.io", "IPAddress") => format::ip,
        ("batch", "CronJob") => cron_job,
        _ => format::dns1123_subdomain,
    }
}

/// A `CronJob`'s jobs are called after it, with eleven characters more.
fn cron_job(name: &str) -> Vec<String> {
    let mut errors = format::dns1123_subdomain(name);
    if name.len() > 52 {
        errors.push("must be no more than 52 characters".to_owned());
    }
    errors
}
