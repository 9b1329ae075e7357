//! Values of Kubernetes' libraries: what they are is only seen through functions.

use crate::{
    authorizer::Authorization,
    library::{Cidr, NamedFormat, Url, Version},
};
use machinery::quantity::Quantity;
use std::{fmt, net::IpAddr, sync::Arc};

#[derive(Clone, PartialEq)]
pub enum Opaque<'a> {
    Url(Arc<Url>),
    Ip(IpAddr),
    Cidr(Cidr),
    Quantity(Quantity),
    Version(Arc<Version>),
    Format(&'static NamedFormat),
    Authorization(Arc<Authorization<'a>>),
}

impl Opaque<'_> {
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Url(_) => "kubernetes.URL",
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Version(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Authorization(stage) => stage.type_name(),
        }
    }

    /// What cost estimates take for its size (`Size()` in k8s.io/apiserver, pkg/cel).
    pub fn size(&self) -> usize {
        match self {
            Self::Ip(address) => address_size(*address),
            Self::Cidr(cidr) => usize::from(cidr.bits).div_ceil(8),
            _ => 1,
        }
    }

    /// How it is written, if it can be.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Url(url) => Some(url.text.clone()),
            Self::Ip(address) => Some(address.to_string()),
            Self::Cidr(cidr) => Some(cidr.to_string()),
            Self::Quantity(quantity) => Some(quantity.to_string()),
            Self::Version(version) => Some(version.to_string()),
            Self::Format(_) | Self::Authorization(_) => None,
        }
    }
}

fn address_size(address: IpAddr) -> usize {
    if address.is_ipv4() { 4 } else { 16 }
}

impl fmt::Debug for Opaque<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.type_name(), self.text().unwrap_or_default())
    }
}
