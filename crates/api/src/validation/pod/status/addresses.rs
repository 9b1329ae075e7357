//! Addresses of a pod and of its node: at most one of each family.

use crate::validation::text;
use k8s_openapi::api::core::v1::PodStatus;
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::{Value, json};
use std::net::IpAddr;

/// `podIPs`.
pub fn pod_addresses(new: &PodStatus, old: &PodStatus, path: &Path) -> ErrorList {
    let list = |status: &PodStatus| status.pod_ips.iter().flatten().map(|entry| entry.ip.clone()).collect::<Vec<_>>();
    addresses(&list(new), &list(old), &path.child("podIPs"))
}

/// `hostIPs`, of which the first is `hostIP` too.
pub fn host_addresses(new: &PodStatus, old: &PodStatus, path: &Path) -> ErrorList {
    let list = |status: &PodStatus| status.host_ips.iter().flatten().map(|entry| entry.ip.clone()).collect::<Vec<_>>();
    let (new_list, path) = (list(new), path.child("hostIPs"));
    let mut errors = ErrorList::new();
    if let Some(first) = new_list.first().filter(|first| *first != text(new.host_ip.as_ref())) {
        errors.push(Error::invalid(&path.index(0).child("ip"), first.as_str(), "must be equal to `hostIP`"));
    }
    errors.extend(addresses(&new_list, &list(old), &path));
    errors
}

/// Addresses from before may be written in a way that is no longer accepted.
fn addresses(new: &[String], old: &[String], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, address) in new.iter().enumerate().filter(|(_, address)| !old.contains(address)) {
        errors.extend(invalid_each(&path.index(index), address, format::ip(address)));
    }
    let parsed: Vec<IpAddr> = new.iter().filter_map(|address| address.parse().ok()).collect();
    let all_parsed = parsed.len() == new.len();
    let dual_stack = parsed.iter().any(IpAddr::is_ipv4) && parsed.iter().any(IpAddr::is_ipv6);
    if new.len() > 1 && all_parsed && (!dual_stack || new.len() > 2) {
        let value: Value = new.iter().map(|address| json!({"ip": address})).collect();
        errors.push(Error::invalid(path, value, "may specify no more than one IP for each IP family"));
    }
    errors
}
