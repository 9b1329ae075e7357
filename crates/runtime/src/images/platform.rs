//! Which of an index's images is for this machine (OCI image specification, section "Image Index"). Pure.

use super::{Error, Result};
use oci_spec::image::{Descriptor, Os, Platform};
use std::env::consts;

/// This machine's architecture in Go's words, as images have it.
pub(super) fn architecture() -> &'static str {
    match consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64le",
        "loongarch64" => "loong64",
        other => other,
    }
}

/// Chooses the manifest for linux on `architecture`, the plainest variant first; `what` names the index in errors.
///
/// An entry that does not say its platform is taken if none that does will do.
pub(super) fn choose<'a>(what: &str, manifests: &'a [Descriptor], architecture: &str) -> Result<&'a Descriptor> {
    let rank = |descriptor: &Descriptor| match descriptor.platform() {
        None => Some(u32::MAX),
        Some(platform) if fits(platform, architecture) => Some(variant_rank(platform)),
        Some(_) => None,
    };
    let fitting = manifests.iter().filter_map(|descriptor| Some((rank(descriptor)?, descriptor)));
    fitting
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, descriptor)| descriptor)
        .ok_or_else(|| none(what, manifests, architecture))
}

/// The error for an index without an image for this machine.
pub(super) fn none(what: &str, manifests: &[Descriptor], architecture: &str) -> Error {
    let platforms = manifests.iter().filter_map(|descriptor| descriptor.platform().as_ref());
    let platforms: Vec<_> =
        platforms.map(|platform| format!("{}/{}", platform.os(), platform.architecture())).collect();
    let available = if platforms.is_empty() { "none".to_owned() } else { platforms.join(", ") };
    Error::NoPlatform { what: what.to_owned(), architecture: architecture.to_owned(), available }
}

/// Whether an image for this platform runs on linux on `architecture`.
pub(super) fn fits(platform: &Platform, architecture: &str) -> bool {
    *platform.os() == Os::Linux && platform.architecture().to_string() == architecture
}

/// Low is good: what every machine of the architecture can run; then of 32-bit ARM the newest.
fn variant_rank(platform: &Platform) -> u32 {
    match (platform.architecture().to_string().as_str(), platform.variant().as_deref()) {
        (_, None) | ("amd64", Some("v1")) | ("arm64", Some("v8")) | ("arm", Some("v7")) => 0,
        ("arm", Some("v6")) => 1,
        ("arm", Some("v5")) => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn manifests(platforms: &[(&str, &str, Option<&str>)]) -> Vec<Descriptor> {
        let descriptor = |(number, (os, architecture, variant)): (usize, &(&str, &str, Option<&str>))| {
            let mut descriptor = json!({
                "mediaType": "application/vnd.oci.image.manifest.v1+json", "size": number,
                "digest": format!("sha256:{}", "0".repeat(64)),
            });
            if !os.is_empty() {
                descriptor["platform"] = json!({"os": os, "architecture": architecture, "variant": variant});
            }
            serde_json::from_value(descriptor).unwrap()
        };
        platforms.iter().enumerate().map(descriptor).collect()
    }

    #[test]
    fn the_plainest_image_for_the_machine_is_chosen() {
        type Platforms<'a> = &'a [(&'a str, &'a str, Option<&'a str>)];
        let table: [(&str, Platforms<'_>, Option<u64>); 8] = [
            ("amd64", &[("linux", "arm64", None), ("linux", "amd64", None)], Some(1)),
            ("amd64", &[("linux", "amd64", Some("v3")), ("linux", "amd64", Some("v1"))], Some(1)),
            ("arm64", &[("linux", "arm64", Some("v9")), ("linux", "arm64", Some("v8"))], Some(1)),
            (
                "arm",
                &[("linux", "arm", Some("v5")), ("linux", "arm", Some("v7")), ("linux", "arm", Some("v6"))],
                Some(1),
            ),
            ("amd64", &[("windows", "amd64", None), ("unknown", "unknown", None)], None),
            ("amd64", &[("", "", None), ("linux", "amd64", Some("v3"))], Some(1)),
            ("amd64", &[("linux", "s390x", None), ("", "", None)], Some(1)),
            ("amd64", &[], None),
        ];
        for (architecture, platforms, expected) in table {
            let manifests = manifests(platforms);
            let chosen = choose("x", &manifests, architecture).ok().map(Descriptor::size);
            assert_eq!(chosen, expected, "{architecture} {platforms:?}");
        }
    }

    #[test]
    fn the_error_says_what_there_is() {
        let error = choose("img", &manifests(&[("windows", "amd64", None)]), "amd64").unwrap_err().to_string();
        assert_eq!(error, "no match for platform linux/amd64 in img (it has windows/amd64): not found");
    }
}
