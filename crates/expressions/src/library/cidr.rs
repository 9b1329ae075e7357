//! Blocks of addresses (k8s.io/apiserver, pkg/cel/library/cidr.go).

use super::{Price, Row, ip, price::Size, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Opaque, Value},
};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

const SCAN: Price = Price::Scan { argument: 0, result: Size::Unknown };

pub(super) const ROWS: &[Row] = &[
    row("string_to_cidr", "cidr(string) -> net.CIDR", SCAN, to_cidr),
    row(
        "cidr_contains_ip_string",
        "net.CIDR:containsIP(string) -> bool",
        Price::ContainsIp { text: true },
        contains_ip,
    ),
    row("cidr_contains_ip_ip", "net.CIDR:containsIP(net.IP) -> bool", Price::ContainsIp { text: false }, contains_ip),
    row(
        "cidr_contains_cidr_string",
        "net.CIDR:containsCIDR(string) -> bool",
        Price::ContainsCidr { text: true },
        contains_cidr,
    ),
    row(
        "cidr_contains_cidr",
        "net.CIDR:containsCIDR(net.CIDR) -> bool",
        Price::ContainsCidr { text: false },
        contains_cidr,
    ),
    row("cidr_ip", "net.CIDR:ip() -> net.IP", Price::Unit, address),
    row("cidr_prefix_length", "net.CIDR:prefixLength() -> int", Price::Unit, prefix_length),
    row("cidr_masked", "net.CIDR:masked() -> net.CIDR", Price::Unit, masked),
    row("is_cidr", "isCIDR(string) -> bool", SCAN, is_cidr),
    row("cidr_to_string", "string(net.CIDR) -> string", Price::Unit, to_text),
];

const PARSE_ERROR: &str = "network address parse error during conversion from string";

/// An address and how many of its bits the block has in common. The address may lie anywhere in the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    pub address: IpAddr,
    pub bits: u8,
}

impl Cidr {
    fn parse(text: &str) -> Result<Self, String> {
        let fail = |why: &str| format!("{PARSE_ERROR}: netip.ParsePrefix({text:?}): {why}");
        let (address, bits) = text.rsplit_once('/').ok_or_else(|| fail("no '/'"))?;
        let address: IpAddr =
            address.parse().map_err(|_| fail(&format!("ParseAddr({address:?}): unable to parse IP")))?;
        let plain = bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
        let length: u16 =
            bits.parse().ok().filter(|_| plain).ok_or_else(|| fail(&format!("bad bits after slash: {bits:?}")))?;
        let bits = u8::try_from(length).ok().filter(|bits| *bits <= width(address));
        let bits = bits.ok_or_else(|| fail("prefix length out of range"))?;
        if ip::is_mapped(address) {
            return Err(format!("IPv4-mapped IPv6 address {text:?} is not allowed"));
        }
        Ok(Self { address, bits })
    }

    fn masked(self) -> Self {
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        };
        Self { address, ..self }
    }

    fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && Self { address, ..self }.masked() == self.masked()
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

fn read(text: &str) -> Result<Cidr, EvalError> {
    Cidr::parse(text).map_err(|why| EvalError::Invalid(format!("{PARSE_ERROR}: {why}")))
}

fn block(value: Option<&Value<'_>>) -> Result<Cidr, EvalError> {
    match value {
        Some(Value::Opaque(Opaque::Cidr(cidr))) => Ok(*cidr),
        Some(Value::String(text)) => read(text),
        _ => Err(EvalError::no_overload()),
    }
}

fn own(arguments: &[Value<'_>]) -> Result<Cidr, EvalError> {
    match arguments.first() {
        Some(Value::Opaque(Opaque::Cidr(cidr))) => Ok(*cidr),
        _ => Err(EvalError::no_overload()),
    }
}

fn to_cidr<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    block(arguments.first()).map(|cidr| Value::Opaque(Opaque::Cidr(cidr)))
}

fn is_cidr<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(Cidr::parse(text).is_ok()))
}

fn contains_ip<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let cidr = own(arguments)?;
    let address = match arguments.get(1) {
        Some(Value::Opaque(Opaque::Ip(address))) => *address,
        // Upstream's words where the string is no address.
        Some(Value::String(text)) => ip::parse(text).map_err(|_| EvalError::invalid("no such overload"))?,
        _ => return Err(EvalError::no_overload()),
    };
    Ok(Value::Bool(cidr.contains(address)))
}

fn contains_cidr<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let cidr = own(arguments)?;
    let other = block(arguments.get(1))?;
    Ok(Value::Bool(cidr.bits <= other.bits && cidr.contains(other.address)))
}

fn address<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    own(arguments).map(|cidr| Value::Opaque(Opaque::Ip(cidr.address)))
}

fn prefix_length<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    own(arguments).map(|cidr| Value::Int(cidr.bits.into()))
}

fn masked<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    own(arguments).map(|cidr| Value::Opaque(Opaque::Cidr(cidr.masked())))
}

fn to_text<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    own(arguments).map(|cidr| Value::from(cidr.to_string()))
}
