//! Names of certificate signers and of the bundles their trust is published in (`pkg/apis/core/validation/names.go`).

use machinery::{
    field::{Error, ErrorList, Path},
    format,
};

/// The longest name after the domain: a namespace's and a resource's, with a dot between.
const MAX_LENGTH: usize = format::SUBDOMAIN_MAX_LENGTH + "/".len() + MAX_PATH_LENGTH;
const WITHOUT_SIGNER: &str = "ClusterTrustBundle without signer name must not have \":\" in its name";
const MAX_PATH_LENGTH: usize = format::SUBDOMAIN_MAX_LENGTH + format::LABEL_MAX_LENGTH + ".".len();

/// Whether the signer is one of Kubernetes' own.
pub fn is_of_kubernetes(name: &str) -> bool {
    let host = name.split('/').next().unwrap_or_default();
    host == "kubernetes.io" || host.ends_with(".kubernetes.io")
}

/// A signer's name: a domain of at least two labels, a slash, a name.
pub fn signer_name(name: &str, path: &Path) -> ErrorList {
    if name.is_empty() {
        return vec![Error::required(path, "")];
    }
    let parts: Vec<&str> = name.split('/').collect();
    let [domain, rest] = parts.as_slice() else {
        let detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
        return vec![Error::invalid(path, name, detail)];
    };
    let mut errors = ErrorList::new();
    if domain.len() > format::SUBDOMAIN_MAX_LENGTH {
        errors.push(Error::too_long(path, format::SUBDOMAIN_MAX_LENGTH));
    }
    errors.extend(first_bad_label(domain, format::dns1123_label, path));
    if !domain.contains('.') {
        let detail = "should be a domain with at least two segments separated by dots";
        errors.push(Error::invalid(path, *domain, detail));
    }
    errors.extend(first_bad_label(rest, format::dns1123_subdomain, path));
    if name.len() > MAX_LENGTH {
        errors.push(Error::too_long(path, MAX_LENGTH));
    }
    errors
}

/// The mistakes of the first label that has any: those of others would read the same.
fn first_bad_label(part: &str, check: fn(&str) -> Vec<String>, path: &Path) -> ErrorList {
    let checked = part.split('.').map(|label| (label, check(label)));
    let bad = checked.into_iter().find(|(_, messages)| !messages.is_empty());
    let errors = bad.into_iter().flat_map(|(label, messages)| {
        messages.into_iter().map(move |message| format!("validating label \"{label}\": {message}"))
    });
    errors.map(|detail| Error::invalid(path, part, detail)).collect()
}

/// The name of a bundle of this signer; empty for one of nobody.
pub fn bundle_name(name: &str, signer: &str) -> Vec<String> {
    if signer.is_empty() {
        return if name.contains(':') { vec![WITHOUT_SIGNER.to_owned()] } else { format::dns1123_subdomain(name) };
    }
    let prefix = format!("{}:", signer.replace('/', ":"));
    match name.strip_prefix(&prefix) {
        Some(rest) => format::dns1123_subdomain(rest),
        None => vec![format!("ClusterTrustBundle for signerName {signer} must be named with prefix {prefix}")],
    }
}

/// What may be a bundle's name. That of a signer's bundle starts with the signer, colons for its slashes.
pub fn trust_bundle_name(name: &str) -> Vec<String> {
    let Some((signer, rest)) = name.rsplit_once(':') else { return format::dns1123_subdomain(name) };
    let signer = signer.replace(':', "/");
    if signer.is_empty() {
        return vec![WITHOUT_SIGNER.to_owned()];
    }
    format::dns1123_subdomain(rest)
}

#[cfg(test)]
mod tests {
    use super::{is_of_kubernetes, signer_name, trust_bundle_name};
    use machinery::field::Path;

    #[test]
    fn signers() {
        let long = format!("{}.com/a", "a".repeat(254));
        let cases: [(&str, &[&str]); 7] = [
            ("example.com/signer", &[]),
            ("example.com/namespace.signer", &[]),
            ("", &["s: Required value"]),
            (
                "example.com",
                &[
                    "s: Invalid value: \"example.com\": must be a fully qualified domain and path of the form 'example.com/signer-name'",
                ],
            ),
            (
                "example/a",
                &["s: Invalid value: \"example\": should be a domain with at least two segments separated by dots"],
            ),
            ("example.com/A", &["s: Invalid value: \"A\": validating label \"A\": a lowercase RFC 1123 subdomain"]),
            (&long, &["s: Too long: may not be more than 253 bytes", "s: Invalid value: \"aaa"]),
        ];
        for (name, expected) in cases {
            let found: Vec<String> = signer_name(name, &Path::new("s")).iter().map(ToString::to_string).collect();
            assert_eq!(found.len(), expected.len(), "{name}: {found:?}");
            assert!(found.iter().zip(expected).all(|(found, start)| found.starts_with(start)), "{name}: {found:?}");
        }
    }

    #[test]
    fn signers_of_kubernetes() {
        for (name, expected) in
            [("kubernetes.io/a", true), ("b.kubernetes.io/a", true), ("bkubernetes.io/a", false), ("a.b/c", false)]
        {
            assert_eq!(is_of_kubernetes(name), expected, "{name}");
        }
    }

    #[test]
    fn bundles() {
        for (name, good) in [("a", true), ("example.com:signer:a", true), (":a", false), ("a/b", false), ("a:", false)]
        {
            assert_eq!(trust_bundle_name(name).is_empty(), good, "{name}");
        }
    }
}
