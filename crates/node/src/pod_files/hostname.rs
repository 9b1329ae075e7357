//! A pod's host name and domain (`pkg/kubelet/kubelet_pods.go`, `GeneratePodHostNameAndDomain`).

use crate::Error;
use k8s_openapi::api::core::v1::PodSpec;

/// What the kernel's `nodename` holds for a host name (`HOST_NAME_MAX` less one, as the kubelet has it).
const HOSTNAME_MAX: usize = 63;
/// What the kernel's `nodename` holds at all.
const FQDN_MAX: usize = 64;

/// The names of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodHostname {
    /// The leaf: `spec.hostname`, else the pod's name, at most 63 characters.
    pub name: String,
    /// `<subdomain>.<namespace>.svc.<cluster domain>` when the pod has a subdomain.
    pub domain: Option<String>,
}

impl PodHostname {
    /// The host name and domain of a pod. Pods on the node's network have the node's name instead: do not ask for them.
    pub fn of(pod_name: &str, namespace: &str, spec: &PodSpec, cluster_domain: &str) -> Result<PodHostname, Error> {
        if let Some(name) = spec.hostname_override.as_deref().filter(|name| !name.is_empty()) {
            return Ok(PodHostname { name: truncate(pod_name, name)?, domain: None });
        }
        let name = match spec.hostname.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => dns_label("Hostname", name)?,
            None => pod_name,
        };
        let domain = match spec.subdomain.as_deref().filter(|name| !name.is_empty()) {
            Some(subdomain) => Some(format!("{}.{namespace}.svc.{cluster_domain}", dns_label("Subdomain", subdomain)?)),
            None => None,
        };
        Ok(PodHostname { name: truncate(pod_name, name)?, domain })
    }

    /// What the kernel and `/etc/hostname` show: the leaf, or with `setHostnameAsFQDN` the full name, which must fit
    /// into 64 characters (`pkg/kubelet/util/util.go`, `GetNodenameForKernel`).
    pub fn kernel_name(&self, set_hostname_as_fqdn: bool) -> Result<String, Error> {
        let Some(domain) = self.domain.as_ref().filter(|_| set_hostname_as_fqdn) else { return Ok(self.name.clone()) };
        let fqdn = format!("{}.{domain}", self.name);
        if fqdn.len() > FQDN_MAX {
            return Err(Error::InvalidHostname(format!(
                "failed to construct FQDN from pod hostname and cluster domain, FQDN {fqdn} is too long \
                 ({FQDN_MAX} characters is the max, {} characters requested)",
                fqdn.len()
            )));
        }
        Ok(fqdn)
    }
}

fn truncate(pod_name: &str, hostname: &str) -> Result<String, Error> {
    if hostname.len() <= HOSTNAME_MAX {
        return Ok(hostname.to_owned());
    }
    let short: String = hostname.chars().take(HOSTNAME_MAX).collect();
    match short.trim_end_matches(['-', '.']) {
        "" => Err(Error::InvalidHostname(format!("hostname for pod \"{pod_name}\" was invalid: \"{hostname}\""))),
        short => Ok(short.to_owned()),
    }
}

/// RFC 1123, section 2.1, with the text of apimachinery's `IsDNS1123Label`.
fn dns_label<'a>(field: &str, value: &'a str) -> Result<&'a str, Error> {
    let alphanumeric = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = value.as_bytes();
    let mut messages = Vec::new();
    if bytes.len() > HOSTNAME_MAX {
        messages.push("must be no more than 63 characters");
    }
    if !bytes.iter().all(|b| alphanumeric(Some(b)) || *b == b'-')
        || !alphanumeric(bytes.first())
        || !alphanumeric(bytes.last())
    {
        messages.push(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and \
             end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        );
    }
    if messages.is_empty() {
        return Ok(value);
    }
    Err(Error::InvalidHostname(format!("pod {field} \"{value}\" is not a valid DNS label: {}", messages.join(";"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(hostname: &str, subdomain: &str) -> PodSpec {
        let some = |text: &str| Some(text.to_owned());
        PodSpec { hostname: some(hostname), subdomain: some(subdomain), ..PodSpec::default() }
    }

    fn of(pod: &str, hostname: &str, subdomain: &str) -> Result<PodHostname, Error> {
        PodHostname::of(pod, "shop", &spec(hostname, subdomain), "cluster.local")
    }

    #[test]
    fn the_name_is_the_pods_unless_the_spec_has_one() {
        let long = format!("{}-{}", "a".repeat(62), "b".repeat(20));
        let cases = [
            ("web-0", "", "", "web-0", None),
            ("web-0", "front", "", "front", None),
            ("web-0", "", "web", "web-0", Some("web.shop.svc.cluster.local")),
            ("web-0", "front", "web", "front", Some("web.shop.svc.cluster.local")),
            (long.as_str(), "", "", &long[..62], None),
        ];
        for (pod, hostname, subdomain, name, domain) in cases {
            let expected = PodHostname { name: name.to_owned(), domain: domain.map(str::to_owned) };
            assert_eq!(of(pod, hostname, subdomain).unwrap(), expected);
        }
    }

    #[test]
    fn an_override_wins_and_has_no_domain() {
        let spec = PodSpec { hostname_override: Some("db.example.com".to_owned()), ..spec("front", "web") };
        let expected = PodHostname { name: "db.example.com".to_owned(), domain: None };
        assert_eq!(PodHostname::of("web-0", "shop", &spec, "cluster.local").unwrap(), expected);
    }

    #[test]
    fn names_that_are_no_labels_are_refused_with_the_kubelets_text() {
        let error = of("web-0", "Front", "").unwrap_err().to_string();
        assert!(error.starts_with("pod Hostname \"Front\" is not a valid DNS label: a lowercase RFC 1123"), "{error}");
        let error = of("web-0", "", "a.b").unwrap_err().to_string();
        assert!(error.starts_with("pod Subdomain \"a.b\" is not a valid DNS label: "), "{error}");
    }

    #[test]
    fn the_kernel_sees_the_full_name_when_asked_for_and_when_it_fits() {
        let named = of("web-0", "", "web").unwrap();
        assert_eq!(named.kernel_name(false).unwrap(), "web-0");
        assert_eq!(named.kernel_name(true).unwrap(), "web-0.web.shop.svc.cluster.local");
        assert_eq!(of("web-0", "", "").unwrap().kernel_name(true).unwrap(), "web-0");
        let error = of(&"a".repeat(40), "", "web").unwrap().kernel_name(true).unwrap_err().to_string();
        assert!(error.ends_with("is too long (64 characters is the max, 67 characters requested)"), "{error}");
    }
}
