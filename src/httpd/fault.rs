//! Places where a test build panics on request, to prove that the guards hold.
//! Without the feature `fault-points` nothing of this is compiled in.

use super::connection::Connection;
use super::request::Request;

/// Panics if the request carries the header `X-Fault` with this value.
#[cfg(feature = "fault-points")]
pub fn point(name: &str, request: Request<'_>) {
    let wanted = request.headers_in().first(b"X-Fault");
    assert!(wanted != Some(name.as_bytes()), "fault point {name}");
}

#[cfg(not(feature = "fault-points"))]
#[inline(always)]
pub fn point(_name: &str, _request: Request<'_>) {}

/// Panics if the connection's server is named `fault-` and the name of the point.
#[cfg(feature = "fault-points")]
pub fn connection(name: &str, connection: Connection<'_>) {
    let wanted = connection.base_server().name().strip_prefix(b"fault-");
    assert!(wanted != Some(name.as_bytes()), "fault point {name}");
}

#[cfg(not(feature = "fault-points"))]
#[inline(always)]
pub fn connection(_name: &str, _connection: Connection<'_>) {}

/// Panics.
#[cfg(feature = "fault-points")]
pub fn now(name: &str) {
    assert!(name.is_empty(), "fault point {name}");
}
