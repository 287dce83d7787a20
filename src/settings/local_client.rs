//! Whether a client is on the same machine, to whom pages about the server are shown: they name
//! virtual hosts, directories and requests.

use std::net::IpAddr;

/// A client and what it has asked for.
#[derive(Debug)]
pub struct Client<'a> {
    /// `r->useragent_ip` and `c->client_ip`.
    pub addresses: [&'a [u8]; 2],
    /// Whether a header says that a proxy has handed the request on.
    pub is_forwarded: bool,
    /// `r->hostname`.
    pub host: Option<&'a [u8]>,
    /// ServerName, and each ServerAlias without wildcards.
    pub names: &'a [&'a [u8]],
}

/// Headers by which proxies say that they have handed a request on.
pub const FORWARDED: [&[u8]; 4] = [b"Forwarded", b"X-Forwarded-For", b"X-Real-IP", b"Via"];

impl Client<'_> {
    /// Whether it is on the same machine, and asks by a name that is the server's: a foreign page
    /// in a browser here could otherwise reach it by a name of its own that leads to this machine.
    pub fn is_local(&self) -> bool {
        !self.is_forwarded
            && self
                .addresses
                .iter()
                .all(|text| address(text).is_some_and(|ip| ip.to_canonical().is_loopback()))
            && self.asks_for_this_server()
    }

    fn asks_for_this_server(&self) -> bool {
        let Some(host) = self.host.filter(|host| !host.is_empty()) else { return true };
        let is_named = |name: &[u8]| host.eq_ignore_ascii_case(name);
        is_named(b"localhost")
            || self.names.iter().any(|name| is_named(name))
            || address(host).is_some_and(|ip| ip.to_canonical().is_loopback())
    }
}

fn address(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(text).ok()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: [&[u8]; 2] = [b"127.0.0.1", b"127.0.0.1"];

    fn client<'a>(addresses: [&'a [u8]; 2], host: &'a [u8], names: &'a [&'a [u8]]) -> Client<'a> {
        Client { addresses, is_forwarded: false, host: Some(host), names }
    }

    #[test]
    fn loopback_addresses_are_local() {
        for address in [&b"127.0.0.1"[..], b"127.9.9.9", b"::1", b"::ffff:127.0.0.1"] {
            assert!(client([address, address], b"localhost", &[]).is_local());
        }
        for address in [&b"192.0.2.1"[..], b"::2", b"", b"localhost", b"127.0.0.1\xff"] {
            assert!(!client([address, b"127.0.0.1"], b"localhost", &[]).is_local());
            assert!(!client([b"127.0.0.1", address], b"localhost", &[]).is_local());
        }
    }

    #[test]
    fn what_a_proxy_hands_on_is_not() {
        assert!(!Client { is_forwarded: true, ..client(HERE, b"localhost", &[]) }.is_local());
    }

    #[test]
    fn the_name_asked_for_has_to_be_the_servers() {
        let names: [&[u8]; 2] = [b"www.example.com", b"example.com"];
        for host in [&b""[..], b"LOCALHOST", b"127.0.0.1", b"[::1]", b"::1", b"Example.com"] {
            assert!(client(HERE, host, &names).is_local(), "{host:?}");
        }
        for host in [&b"evil.example"[..], b"192.0.2.1", b"\xff"] {
            assert!(!client(HERE, host, &names).is_local(), "{host:?}");
        }
    }
}
