//! The hardware addresses of pods and of their bridge.

use netlink::MacAddress;
use std::net::IpAddr;

/// The hardware address that an interface with `ip` gets: `0a:58` and the last four bytes of the address, as the CNI
/// bridge plugin does it. Whoever takes an address over takes the hardware address over too, so neighbours' caches hold.
#[must_use]
pub fn hardware_address(ip: IpAddr) -> MacAddress {
    let [a, b, c, d] = match ip {
        IpAddr::V4(ip) => ip.octets(),
        IpAddr::V6(ip) => {
            let [.., a, b, c, d] = ip.octets();
            [a, b, c, d]
        }
    };
    MacAddress([0x0a, 0x58, a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_derived_from_the_address() {
        for (ip, mac) in [("10.42.0.7", "0a:58:0a:2a:00:07"), ("fd42::1:2:3", "0a:58:00:02:00:03")] {
            assert_eq!(hardware_address(ip.parse().unwrap()).to_string(), mac);
        }
    }
}
