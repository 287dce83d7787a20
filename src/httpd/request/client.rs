//! Where a request comes from.

use super::Request;
use crate::ffi::httpd as ffi;
use crate::httpd::text::Text;
use std::ptr;

impl Request<'_> {
    /// Whether the client's address (`r->useragent_addr`) is in the network: an address, one with
    /// a number of bits or a mask behind a slash, or the first parts of one, as `Require ip`
    /// takes them. None if it is none of these.
    pub fn comes_from(self, network: &[u8]) -> Option<bool> {
        let (address, mask) = match network.iter().position(|&byte| byte == b'/') {
            Some(at) => (&network[..at], Some(&network[at + 1..])),
            None => (network, None),
        };
        let copy = |text| Text::new(text).ok().map(|text| self.pool().copy(text));
        let address = copy(address)?;
        let mask = mask.map_or(Some(ptr::null_mut()), copy)?;
        let mut subnet = ptr::null_mut();
        // SAFETY: the strings and the subnet lie in the request's pool, and the address of a
        // request's client is never NULL.
        unsafe {
            let made = ffi::apr_ipsubnet_create(&mut subnet, address, mask, self.pool().as_raw());
            (made == 0).then(|| ffi::apr_ipsubnet_test(subnet, (*self.as_raw()).useragent_addr) != 0)
        }
    }
}
