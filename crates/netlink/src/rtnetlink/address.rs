//! Addresses of network devices.

use super::protocol::{Kinds, kinds, parts};
use crate::{
    AddressFamily,
    address_family::octets,
    attributes::{Attributes, find, native},
    message::{Request, flags},
};
use ipnet::IpNet;

const KINDS: Kinds = kinds(20);

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
/// Use the address at once: who gives it out knows that nobody else has it.
const IFA_F_NODAD: u8 = 0x02;

/// An address of a device, with the length of its network's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    pub interface: u32,
    pub address: IpNet,
}

impl Address {
    /// Gives it to the device, which is called `name`. Fails if it has it.
    #[must_use]
    pub fn add(&self, name: &str) -> Request {
        let action = format!("give {name} the address {}", self.address);
        Request::new(action, KINDS.new, flags::CREATE | flags::EXCLUSIVE, self.body())
    }

    /// Takes it from the device, which is called `name`.
    #[must_use]
    pub fn delete(&self, name: &str) -> Request {
        Request::new(format!("take the address {} from {name}", self.address), KINDS.delete, 0, self.body())
    }

    fn body(&self) -> Attributes {
        let address = octets(self.address.addr());
        let family = AddressFamily::of(self.address.addr());
        header(family.number(), self.address.prefix_len(), IFA_F_NODAD, self.interface)
            .bytes(IFA_LOCAL, &address)
            .bytes(IFA_ADDRESS, &address)
    }

    pub(super) fn decode(body: &[u8]) -> Option<Address> {
        let (header, rest) = parts::<8>(body)?;
        // IPv6 has a local address apart only where there is another one at the far end.
        let address = find(rest, IFA_LOCAL).or_else(|| find(rest, IFA_ADDRESS))?;
        let address = AddressFamily::from_number(header[0])?.address(address)?;
        Some(Address { interface: native(&header[4..])?, address: IpNet::new(address, header[1]).ok()? })
    }
}

pub fn list() -> Request {
    Request::new("list the addresses", KINDS.get, flags::DUMP, header(0, 0, 0, 0))
}

/// `struct ifaddrmsg`: family, length of the prefix, flags, scope, index of the device.
fn header(family: u8, prefix: u8, flags: u8, interface: u32) -> Attributes {
    Attributes::after(&[[family, prefix, flags, 0], interface.to_ne_bytes()].concat())
}
