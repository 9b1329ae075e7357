//! IP addresses (k8s.io/apiserver, pkg/cel/library/ip.go): as Go's `net/netip` reads them, without zones and without IPv4
//! in IPv6.

use super::{Price, Row, price::Size, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Opaque, Value},
};
use std::net::{IpAddr, Ipv4Addr};

const SCAN: Price = Price::Scan { argument: 0, result: Size::Unknown };

pub(super) const ROWS: &[Row] = &[
    row("string_to_ip", "ip(string) -> net.IP", SCAN, to_ip),
    row("ip_family", "net.IP:family() -> int", Price::Unit, family),
    row("ip_is_canonical", "ip.isCanonical(string) -> bool", Price::Copy { result: Size::Unknown }, is_canonical),
    row("ip_is_unspecified", "net.IP:isUnspecified() -> bool", Price::Unit, is_unspecified),
    row("ip_is_loopback", "net.IP:isLoopback() -> bool", Price::Unit, is_loopback),
    row("ip_is_link_local_multicast", "net.IP:isLinkLocalMulticast() -> bool", Price::Unit, is_link_local_multicast),
    row("ip_is_link_local_unicast", "net.IP:isLinkLocalUnicast() -> bool", Price::Unit, is_link_local_unicast),
    row("ip_is_global_unicast", "net.IP:isGlobalUnicast() -> bool", Price::Unit, is_global_unicast),
    row("is_ip", "isIP(string) -> bool", SCAN, is_ip),
    row("ip_to_string", "string(net.IP) -> string", Price::Unit, to_text),
];

pub(super) fn parse(text: &str) -> Result<IpAddr, EvalError> {
    if text.contains('%') && text.split('%').next().is_some_and(|address| address.parse::<IpAddr>().is_ok()) {
        return Err(EvalError::Invalid(format!("IP address {text:?} with zone value is not allowed")));
    }
    let address: IpAddr = text.parse().map_err(|_| {
        let why = format!("ParseAddr({text:?}): unable to parse IP");
        EvalError::Invalid(format!("IP Address {text:?} parse error during conversion from string: {why}"))
    })?;
    if is_mapped(address) {
        return Err(EvalError::Invalid(format!("IPv4-mapped IPv6 address {text:?} is not allowed")));
    }
    Ok(address)
}

pub(super) fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

fn to_ip<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    parse(text).map(|address| Value::Opaque(Opaque::Ip(address)))
}

fn is_ip<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(parse(text).is_ok()))
}

fn is_canonical<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(parse(text)?.to_string() == **text))
}

fn address(arguments: &[Value<'_>]) -> Result<IpAddr, EvalError> {
    match arguments {
        [Value::Opaque(Opaque::Ip(address))] => Ok(*address),
        _ => Err(EvalError::no_overload()),
    }
}

fn to_text<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::from(address(arguments)?.to_string()))
}

fn family<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::Int(if address(arguments)?.is_ipv4() { 4 } else { 6 }))
}

fn is_unspecified<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::Bool(address(arguments)?.is_unspecified()))
}

fn is_loopback<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::Bool(address(arguments)?.is_loopback()))
}

fn is_link_local_multicast<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::Bool(match address(arguments)? {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    }))
}

fn link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn is_link_local_unicast<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::Bool(link_local(address(arguments)?)))
}

fn is_global_unicast<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let address = address(arguments)?;
    let special = address == IpAddr::V4(Ipv4Addr::BROADCAST)
        || address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || link_local(address);
    Ok(Value::Bool(!special))
}
