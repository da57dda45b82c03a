//! Addresses and prefixes, checked as upstream's `IsValidIP` family does.
use crate::meta::{at::Place, field_error::Errors, go};
use std::net::{IpAddr, Ipv4Addr};

/// Parses an address, leading zeros in IPv4 allowed as old versions of Go allowed them.
pub fn parse_sloppy(text: &str) -> Option<IpAddr> {
    if let Ok(ip) = text.parse() {
        return Some(ip);
    }
    let octets: Option<Vec<u8>> = text
        .split('.')
        .map(|part| Some(part).filter(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))?.parse().ok())
        .collect();
    let octets: [u8; 4] = octets?.try_into().ok()?;
    Some(IpAddr::V4(Ipv4Addr::from(octets)))
}

fn is_mapped(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some())
}

/// `IsValidIPForLegacyField` with strict checking: what fields accept that came before IP canonicalisation.
pub fn legacy(at: impl Place + Clone, value: &str, errors: &mut Errors) -> Option<IpAddr> {
    let Some(ip) = parse_sloppy(value) else {
        errors.invalid(at, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        return None;
    };
    if value.parse::<IpAddr>().is_err() {
        errors.invalid(at.clone(), value, "must not have leading 0s");
    }
    if is_mapped(ip) {
        errors.invalid(at, value, "must not be an IPv4-mapped IPv6 address");
    }
    Some(ip)
}

/// `IsValidIP`: strict and in canonical form.
pub fn strict(at: impl Place + Clone, value: &str, errors: &mut Errors) -> Option<IpAddr> {
    let before = errors.len();
    let ip = legacy(at.clone(), value, errors)?;
    if errors.len() == before && ip.to_string() != value {
        errors.invalid(at, value, format!("must be in canonical form ({})", go::quote(&ip.to_string())));
    }
    Some(ip)
}

/// Address and prefix length of a CIDR text, leading zeros allowed.
pub fn parse_cidr_sloppy(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let ip = parse_sloppy(address)?;
    let length: u8 = Some(length).filter(|l| l.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    (length <= if ip.is_ipv4() { 32 } else { 128 }).then_some((ip, length))
}

/// Whether `net.ParseCIDR` of old versions of Go reads it.
pub fn is_cidr(text: &str) -> bool {
    parse_cidr_sloppy(text).is_some()
}

/// `IsValidCIDRForLegacyField` with strict checking.
pub fn legacy_cidr(at: impl Place, value: &str, errors: &mut Errors) -> Option<(IpAddr, u8)> {
    let Some((ip, length)) = parse_cidr_sloppy(value) else {
        errors.invalid(at, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        return None;
    };
    let (address, digits) = value.split_once('/').unwrap_or((value, ""));
    if address.parse::<IpAddr>().is_err() || (digits.len() > 1 && digits.starts_with('0')) {
        errors.invalid(at, value, "must not have leading 0s in IP or prefix length");
    } else if is_mapped(ip) {
        errors.invalid(at, value, "must not have an IPv4-mapped IPv6 address");
    } else if has_host_bits(ip, length) {
        errors.invalid(at, value, "must not have bits set beyond the prefix length");
    }
    Some((ip, length))
}

fn has_host_bits(ip: IpAddr, length: u8) -> bool {
    match ip {
        IpAddr::V4(v4) => u32::from(v4) & u32::MAX.checked_shr(u32::from(length)).unwrap_or(0) != 0,
        IpAddr::V6(v6) => u128::from(v6) & u128::MAX.checked_shr(u32::from(length)).unwrap_or(0) != 0,
    }
}

/// The warning for an address that is accepted but not in its best form.
pub fn warning(place: &str, value: &str) -> Option<String> {
    let ip = parse_sloppy(value)?;
    let canonical = match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    };
    if value.parse::<IpAddr>().is_err() || is_mapped(ip) {
        let (value, canonical) = (go::quote(value), go::quote(&canonical.to_string()));
        return Some(format!("{place}: non-standard IP address {value} is invalid: use {canonical}"));
    }
    if ip.is_ipv6() && ip.to_string() != value {
        let (value, canonical) = (go::quote(value), go::quote(&ip.to_string()));
        return Some(format!("{place}: IPv6 address {value} should be in RFC 5952 canonical format ({canonical})"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |text: &str, want: &str| {
            let mut errors = Errors::new();
            strict("ip", text, &mut errors);
            assert!(errors.aggregate().ends_with(want), "{text}: {}", errors.aggregate());
            assert_eq!(errors.is_empty(), want.is_empty(), "{text}");
        };
        check("10.0.0.1", "");
        check("2001:db8::1", "");
        check("x", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        check("010.0.0.1", "must not have leading 0s");
        check("::ffff:1.2.3.4", "must not be an IPv4-mapped IPv6 address");
        check("2001:DB8::1", "must be in canonical form (\"2001:db8::1\")");
    }

    #[test]
    fn prefixes() {
        let check = |text: &str, want: &str| {
            let mut errors = Errors::new();
            legacy_cidr("cidr", text, &mut errors);
            assert!(errors.aggregate().ends_with(want), "{text}: {}", errors.aggregate());
            assert_eq!(errors.is_empty(), want.is_empty(), "{text}");
        };
        check("10.0.0.0/8", "");
        check("0.0.0.0/0", "");
        check("10.0.0.1/32", "");
        check("10.0.0.1/8", "must not have bits set beyond the prefix length");
        check("10.0.0.0/33", "(e.g. 10.9.8.0/24 or 2001:db8::/64)");
        check("10.0.0.0/08", "must not have leading 0s in IP or prefix length");
    }
}
