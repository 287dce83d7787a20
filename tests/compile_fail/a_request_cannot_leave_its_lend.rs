// expect: lifetime may not live long enough
use crate::httpd::handle::Handle;

pub fn case(handle: &Handle) {
    let _kept = handle.lend(|request| request);
}
