//! What only pods on Windows can have. No node of minke runs Windows, but manifests are checked all the same.

use super::visit::visit;
use k8s_openapi::api::core::v1::{PodSpec, WindowsSecurityContextOptions};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};

const MAX_CREDENTIAL_SPEC: usize = 64 * 1024;
const MAX_DOMAIN: usize = 256;
const MAX_USER: usize = 104;

/// `windowsOptions` of a security context.
pub fn windows_options(options: Option<&WindowsSecurityContextOptions>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(options) = options else { return errors };
    if let Some(name) = &options.gmsa_credential_spec_name {
        errors.extend(invalid_each(&path.child("gmsaCredentialSpecName"), name, format::dns1123_subdomain(name)));
    }
    if let Some(spec) = &options.gmsa_credential_spec {
        let path = path.child("gmsaCredentialSpec");
        if spec.is_empty() {
            errors.push(Error::invalid(&path, "", "gmsaCredentialSpec cannot be an empty string"));
        } else if spec.len() > MAX_CREDENTIAL_SPEC {
            errors.push(Error::invalid(&path, spec.as_str(), "gmsaCredentialSpec size must be under 64 KiB"));
        }
    }
    if let Some(name) = &options.run_as_user_name {
        let details = user_name(name).into_iter();
        errors.extend(details.map(|detail| Error::invalid(&path.child("runAsUserName"), name.as_str(), detail)));
    }
    errors
}

/// `DOMAIN\\user`, the domain may be missing.
fn user_name(name: &str) -> Vec<String> {
    let refuse = |detail: &str| vec![format!("runAsUserName {detail}")];
    if name.is_empty() {
        return refuse("cannot be an empty string");
    }
    if name.bytes().any(|byte| byte.is_ascii_control()) {
        return refuse("cannot contain control characters");
    }
    let (domain, user) = match name.split('\\').collect::<Vec<_>>().as_slice() {
        [user] => (None, *user),
        [domain, user] => (Some(*domain), *user),
        _ => return refuse("cannot contain more than one backslash"),
    };
    let mut details = Vec::new();
    if domain.is_some_and(|domain| domain.len() >= MAX_DOMAIN) {
        details.push(format!("runAsUserName's Domain length must be under {MAX_DOMAIN} characters"));
    }
    if domain.is_some_and(|domain| !is_net_bios(domain) && !is_domain(domain)) {
        details.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format".to_owned());
    }
    if user.is_empty() {
        details.push("runAsUserName's User cannot be empty".to_owned());
    } else if user.len() > MAX_USER {
        details.push(format!("runAsUserName's User length must not be longer than {MAX_USER} characters"));
    }
    if !user.is_empty() && user.chars().all(|character| matches!(character, '.' | ' ')) {
        details.push("runAsUserName's User cannot contain only periods or spaces".to_owned());
    }
    if user.contains(['"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']']) {
        let characters = "\"/\\:;|=,+*?<>@[]";
        details.push(format!("runAsUserName's User cannot contain the following characters: {characters}"));
    }
    details
}

fn is_net_bios(domain: &str) -> bool {
    let length = domain.chars().count();
    (1..=15).contains(&length)
        && !domain.starts_with('.')
        && !domain.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|'])
}

fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

/// Containers that are processes of the host: all of them or none, and in the host's network.
pub fn host_processes(spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let of_pod = spec.security_context.as_ref().and_then(|context| context.windows_options.as_ref()?.host_process);
    let containers = visit(spec, path);
    let mut host_processes = 0;
    for container in &containers {
        let own = container.security.and_then(|context| context.windows_options.as_ref()?.host_process);
        if let (Some(of_pod), Some(own)) = (of_pod, own)
            && of_pod != own
        {
            let path = container.path.child("securityContext").child("windowsOptions").child("hostProcess");
            let detail = format!("pod hostProcess value must be identical if both are specified, was {of_pod}");
            errors.push(Error::invalid(&path, own, detail));
        }
        host_processes += usize::from(own.or(of_pod) == Some(true));
    }
    if host_processes == 0 {
        return errors;
    }
    if host_processes != containers.len() {
        let detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        errors.push(Error::invalid(path, "", detail));
    }
    if spec.host_network != Some(true) {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        errors.push(Error::invalid(&path.child("hostNetwork"), false, detail));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::user_name;

    #[test]
    fn users_of_windows() {
        let cases: [(&str, &[&str]); 8] = [
            ("ContainerAdministrator", &[]),
            ("example.com\\user", &[]),
            ("", &["runAsUserName cannot be an empty string"]),
            ("a\tb", &["runAsUserName cannot contain control characters"]),
            ("a\\b\\c", &["runAsUserName cannot contain more than one backslash"]),
            ("a:b\\c", &["runAsUserName's Domain doesn't match the NetBios nor the DNS format"]),
            ("a\\", &["runAsUserName's User cannot be empty"]),
            (". .", &["runAsUserName's User cannot contain only periods or spaces"]),
        ];
        for (name, expected) in cases {
            assert_eq!(user_name(name), expected, "{name}");
        }
    }
}
