//! Hardware addresses.

use std::{fmt, net::Ipv4Addr};

/// A 48-bit hardware address; displayed as `0a:58:0a:2a:00:07`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// The address that an interface with `ip` gets: `0a:58` and the four bytes of the address, as the CNI bridge
    /// plugin does it. Whoever takes an address over takes the hardware address over too, so neighbours' caches hold.
    #[must_use]
    pub fn of(ip: Ipv4Addr) -> MacAddress {
        let [a, b, c, d] = ip.octets();
        MacAddress([0x0a, 0x58, a, b, c, d])
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_derived_from_the_address_and_printed_in_hexadecimal() {
        assert_eq!(MacAddress::of(Ipv4Addr::new(10, 42, 0, 7)).to_string(), "0a:58:0a:2a:00:07");
    }
}
