//! Which addresses may be called.
//!
//! A server that makes requests for whoever may write a definition is a way into its own network. So an address is
//! looked at when it is connected to, after all names are resolved and for each hop of a redirect, and what is not
//! public is refused unless an option allows it by host or network.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;

/// A host or a network that may be called although it is not public: `billing.internal`, `10.1.2.3`, `10.0.0.0/8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// A host by the name that a call uses, in lower case.
    Host(String),
    /// A network, or a single address.
    Network(IpNet),
    /// Whatever can be reached: for calls in the name of the machine's own user.
    Everything,
}

/// A text that names neither a host nor a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a host name, an IP address nor a network like 10.0.0.0/8")]
pub struct NotAllowed(pub String);

impl FromStr for Allowed {
    type Err = NotAllowed;

    fn from_str(text: &str) -> Result<Self, NotAllowed> {
        let text = text.trim();
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network));
        }
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Self::Network(IpNet::from(address)));
        }
        match url::Host::parse(text) {
            Ok(url::Host::Domain(name)) if !text.contains('*') => Ok(Self::Host(name)),
            _ => Err(NotAllowed(text.to_owned())),
        }
    }
}

/// A host that is not called, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    host: String,
    address: IpAddr,
    kind: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, address, kind } = self;
        if *host == address.to_string() {
            write!(f, "{host} is refused: it is {kind}; --http-allow {host} allows it")
        } else {
            write!(
                f,
                "{host} is refused: it resolves to {address}, which is {kind}; --http-allow {host} allows it"
            )
        }
    }
}

impl std::error::Error for Refused {}

/// Passes a public address, and one that is allowed.
pub(super) fn check(host: &str, address: IpAddr, allowed: &[Allowed]) -> Result<(), Refused> {
    let Some(kind) = kind_unless_public(address) else { return Ok(()) };
    let reached = embedded(address).map_or(address, IpAddr::V4);
    let is_allowed = allowed.iter().any(|allowed| match allowed {
        Allowed::Everything => true,
        Allowed::Host(name) => name.eq_ignore_ascii_case(host.trim_end_matches('.')),
        Allowed::Network(network) => network.contains(&address) || network.contains(&reached),
    });
    if is_allowed { Ok(()) } else { Err(Refused { host: host.to_owned(), address, kind }) }
}

fn kind_unless_public(address: IpAddr) -> Option<&'static str> {
    match (address, embedded(address)) {
        (IpAddr::V4(address), _) | (_, Some(address)) => kind_of_v4(address),
        (IpAddr::V6(address), None) => kind_of_v6(address),
    }
}

fn kind_of_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        (127, ..) => Some("a loopback address"),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Some("a private address"),
        (169, 254, _) => Some("a link-local address"),
        (100, 64..=127, _) => Some("an address of a provider's own network"),
        (224..=239, ..) => Some("a multicast address"),
        (0, ..) => Some("an unspecified address"),
        (192, 0, 0 | 2)
        | (192, 88, 99)
        | (198, 18..=19, _)
        | (198, 51, 100)
        | (203, 0, 113)
        | (240.., ..) => Some("a reserved address"),
        _ => None,
    }
}

fn kind_of_v6(address: Ipv6Addr) -> Option<&'static str> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("an unspecified address"),
        [0xfc00..=0xfdff, ..] => Some("a private address"),
        [0xfe80..=0xfeff, ..] => Some("a link-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        // Teredo and the ranges for documentation and benchmarks; the rest of 2000::/3 is public.
        [0x2001, 0 | 2 | 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => Some("a reserved address"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("a reserved address"),
    }
}

/// The IPv4 address that an IPv6 address leads to: mapped, compatible, NAT64 and 6to4.
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let (high, low) = match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => return None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => (high, low),
        _ => return None,
    };
    Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
}

#[cfg(test)]
mod tests;
