//! `wsgi.file_wrapper`: a file that goes out as such, by the kernel's sendfile where httpd
//! uses that.

use super::body::Answer;
use crate::httpd::send_file::Range;
use crate::httpd::text::Text;
use crate::objects::apache::state;
use crate::python::error::Result;
use crate::python::object::Object;
use std::fs;

/// Sends what a wrapper has left, if that is part of a regular file; false if it is not,
/// and has to be read by whoever made it.
pub fn send<'py>(answer: Answer<'_, 'py>, result: &Object<'py>) -> Result<'py, bool> {
    let py = answer.py;
    if !result.is_exactly(state(py).wsgi.kept(py)?.file_wrapper.get(py)) {
        return Ok(false);
    }
    let region = result.call_method(py, c"_region", &[])?;
    let Some([descriptor, offset]) = region.tuple_pair(py) else {
        return Ok(false);
    };
    let offset = u64::try_from(offset.to_int(py)?).unwrap_or(0);
    // Opened anew, since a duplicate would share its position with the application's, and
    // httpd may still be reading when that has gone on to another request.
    let path = format!("/proc/self/fd/{}", descriptor.to_int(py)?);
    let (Ok(facts), Ok(text)) = (fs::metadata(&path), Text::new(path.as_bytes())) else {
        return Ok(false);
    };
    if !facts.is_file() {
        return Ok(false);
    }
    if answer.has_no_content() {
        return Ok(true);
    }
    let rest = facts.len().saturating_sub(offset);
    answer.tell_length(rest)?;
    if answer.with(|request, _| request.header_only() != 0)? {
        return Ok(true);
    }
    // A Content-Length below the rest of the file means a part of it.
    let room = answer.take_room(usize::try_from(rest).unwrap_or(usize::MAX));
    let range = Range { offset, length: Some(room.bytes as u64) };
    let sent = answer.io(py, |request, state| state.output.send_file(request, text, range))?;
    // Less, if the file has become shorter; none, if it cannot be opened a second time.
    answer.give_back(room.bytes as u64 - sent.unwrap_or(0).min(room.bytes as u64));
    Ok(sent.is_ok())
}
