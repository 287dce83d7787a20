//! What an application returned, on its way to the client.
//!
//! Of a list or tuple all blocks are there already, so they go out in one piece, and with
//! their length. Blocks of anything else go out each before the next one is asked for.

use super::file;
use super::response::{Response, block};
use crate::python::class::This;
use crate::python::error::{Error, Result};
use crate::python::object::Object;
use crate::settings::messages::Code;

pub type Answer<'a, 'py> = This<'a, 'py, Response>;

/// Whether the answer is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Whole,
    BrokenOff,
}

/// Sends the blocks that `result` gives.
pub fn send<'py>(answer: Answer<'_, 'py>, result: &Object<'py>) -> Result<'py, End> {
    let py = answer.py;
    if let Some(items) = result.plain_items(py) {
        // All are looked at before any goes out.
        match items.as_slice() {
            [item] => whole(answer, &[block(py, item)?])?,
            items => {
                let blocks = items.iter().map(|item| block(py, item)).collect::<Result<'py, Vec<_>>>()?;
                whole(answer, &blocks)?;
            }
        }
    } else if result.is_str() {
        // Its letters one by one would be the same, only slower.
        whole(answer, &[block(py, result)?])?;
    } else if result.as_bytes().is_some() {
        let message = "a WSGI application must return an iterable of bytes, such as [data], not bytes";
        return Err(Error::type_error(message));
    } else if !file::send(answer, result)? {
        each(answer, result)?;
    }
    finish(answer)
}

/// Blocks that are all there.
fn whole<'py>(answer: Answer<'_, 'py>, blocks: &[&[u8]]) -> Result<'py, ()> {
    if answer.has_no_content() || answer.is_head_done()? {
        return Ok(());
    }
    let is_first = answer.given() == 0;
    let total = blocks.iter().map(|block| block.len()).sum();
    let room = answer.take_room(total);
    if room.is_exceeded {
        answer.log_surplus(answer.py)?;
        return parts(answer, &cut(blocks, room.bytes));
    }
    // Little waits for nothing: it goes out with the answer's end, and httpd tells its length.
    if answer.io_at_once(answer.py, |request, state| state.output.keep_all(request, blocks))? {
        return Ok(());
    }
    if is_first {
        answer.tell_length(total as u64)?;
    }
    parts(answer, blocks)
}

fn parts<'py>(answer: Answer<'_, 'py>, blocks: &[&[u8]]) -> Result<'py, ()> {
    answer.io(answer.py, |request, state| {
        for block in blocks {
            if !state.output.keep_all(request, &[block])? {
                state.output.write(request, block, false)?;
            }
        }
        Ok(())
    })
}

/// The first so many bytes of them.
fn cut<'b>(blocks: &[&'b [u8]], bytes: usize) -> Vec<&'b [u8]> {
    let mut left = bytes;
    let part = |block: &&'b [u8]| {
        let part = &block[..block.len().min(left)];
        left -= part.len();
        part
    };
    blocks.iter().map(part).collect()
}

/// Blocks that are made as they are asked for.
fn each<'py>(answer: Answer<'_, 'py>, result: &Object<'py>) -> Result<'py, ()> {
    let py = answer.py;
    for item in result.iter(py)? {
        let item = item?;
        let data = block(py, &item)?;
        if data.is_empty() {
            continue;
        }
        if answer.has_no_content() || answer.is_head_done()? {
            break;
        }
        let room = answer.take_room(data.len());
        let data = &data[..room.bytes];
        if room.is_exceeded {
            answer.log_surplus(py)?;
        }
        let is_head = answer.io(py, |request, state| {
            if !data.is_empty() {
                state.output.write(request, data, true)?;
            }
            Ok(request.header_only() != 0)
        })?;
        // Of an answer to HEAD all that can be sent has been.
        if room.is_exceeded || is_head {
            break;
        }
    }
    Ok(())
}

/// The application has given all. If that is less than it promised, the client has to see
/// it: the next answer on the connection would be taken for the rest.
fn finish<'py>(answer: Answer<'_, 'py>) -> Result<'py, End> {
    let missing = answer.missing();
    if missing == 0 || answer.has_no_content() {
        return Ok(End::Whole);
    }
    if answer.with(|request, _| request.header_only() != 0 || request.is_answered())? {
        return Ok(End::Whole);
    }
    let message = format!("the application gave {missing} bytes less than its Content-Length");
    answer.log(answer.py, Code::WsgiShortfall, &message)?;
    answer.io(answer.py, |request, state| {
        state.output.hand_on(request, true)?;
        request.break_off();
        Ok(())
    })?;
    Ok(End::BrokenOff)
}
