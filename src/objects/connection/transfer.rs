//! Reading and writing a connection.
//!
//! Nothing is read ahead: what a call has not asked for stays with httpd, so that a
//! handler may look at the beginning and leave the rest to HTTP. Only input that a call
//! asked for and did not get whole, because the connection failed in the middle, is kept
//! here, for the next call.

use super::Self_;
use crate::httpd::connection::{Connection, IoError};
use crate::python::attach::Attached;
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::{Buffer, Object};
use parking_lot::Mutex;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};

/// What one call to httpd returns at the most.
const CHUNK: usize = 8192;

#[derive(Default)]
pub struct Stream {
    /// Locked while its connection is lent for reading, and never while Python runs.
    input: Mutex<Input>,
    /// What the dispatcher asks when the handler has returned.
    over: AtomicBool,
    holds_input: AtomicBool,
}

#[derive(Default)]
struct Input {
    kept: Vec<u8>,
    end_told: bool,
}

/// Why there is no data.
enum NoData {
    Failed(IoError),
    /// The end, after it was told.
    Ended,
}

impl From<IoError> for NoData {
    fn from(error: IoError) -> Self {
        NoData::Failed(error)
    }
}

impl NoData {
    fn into_error(self, py: Attached<'_>) -> Error<'_> {
        match self {
            NoData::Ended => Error::new(ErrorKind::Os, "the client has closed the connection"),
            NoData::Failed(error) => match error.errno() {
                Some(errno) => Error::errno(py, errno, &error.message()),
                None => Error::new(ErrorKind::Os, error.message()),
            },
        }
    }
}

impl Stream {
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub fn holds_input(&self) -> bool {
        self.holds_input.load(Ordering::Relaxed)
    }

    /// Runs a read; None is the end, which is told once.
    fn read(
        &self,
        read: impl FnOnce(&mut Input) -> std::result::Result<Option<Vec<u8>>, IoError>,
    ) -> std::result::Result<Option<Vec<u8>>, NoData> {
        let mut input = self.input.lock();
        let result = match read(&mut input) {
            Ok(None) if mem::replace(&mut input.end_told, true) => Err(NoData::Ended),
            result => result.map_err(NoData::from),
        };
        self.holds_input.store(!input.kept.is_empty(), Ordering::Relaxed);
        if !matches!(result, Ok(Some(_))) {
            self.over.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl Input {
    /// Up to `limit` bytes of what is there.
    fn some(
        &mut self,
        connection: Connection<'_>,
        limit: usize,
    ) -> std::result::Result<Option<Vec<u8>>, IoError> {
        if self.kept.is_empty() {
            return connection.read(limit);
        }
        Ok(Some(self.take(limit)))
    }

    /// Everything until the end.
    fn all(&mut self, connection: Connection<'_>) -> std::result::Result<Option<Vec<u8>>, IoError> {
        while let Some(bytes) = connection.read(CHUNK)? {
            self.kept.extend_from_slice(&bytes);
        }
        Ok(self.rest())
    }

    /// Up to and with the next newline, `limit` bytes at the most.
    fn line(
        &mut self,
        connection: Connection<'_>,
        limit: usize,
    ) -> std::result::Result<Option<Vec<u8>>, IoError> {
        let mut searched = 0;
        loop {
            let end = self.kept.len().min(limit);
            if let Some(at) = newline(&self.kept[searched..end]) {
                return Ok(Some(self.take(searched + at + 1)));
            }
            if end == limit {
                return Ok(Some(self.take(limit)));
            }
            searched = end;
            let Some(ahead) = connection.peek(CHUNK.min(limit - end))? else {
                return Ok(self.rest());
            };
            let wanted = newline(&ahead).map_or(ahead.len(), |at| at + 1);
            if let Some(bytes) = connection.read(wanted)? {
                self.kept.extend_from_slice(&bytes);
            }
        }
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.kept.split_off(length.min(self.kept.len()));
        mem::replace(&mut self.kept, rest)
    }

    fn rest(&mut self) -> Option<Vec<u8>> {
        let rest = mem::take(&mut self.kept);
        (!rest.is_empty()).then_some(rest)
    }
}

fn newline(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&byte| byte == b'\n')
}

/// The length that a script asks for; 0 if it names none.
fn length<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, i64> {
    match arguments {
        [] => Ok(0),
        [length] => length.to_int(this.py),
        _ => Err(Error::type_error(format!("takes at most 1 argument ({} given)", arguments.len()))),
    }
}

/// `read([len=0])`.
pub fn read<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let length = length(this, arguments)?;
    let stream = &this.value().stream;
    let data = this.source.io(this.py, |connection| {
        stream.read(|input| match usize::try_from(length) {
            Ok(0) => input.some(connection, CHUNK),
            Ok(limit) => input.some(connection, limit),
            Err(_) => input.all(connection),
        })
    })?;
    match data.map_err(|error| error.into_error(this.py))? {
        Some(bytes) => Object::bytes(this.py, &bytes),
        None => Ok(Object::none(this.py)),
    }
}

/// `readline([len=0])`.
pub fn readline<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let limit = usize::try_from(length(this, arguments)?).ok().filter(|limit| *limit > 0);
    let stream = &this.value().stream;
    let data = this
        .source
        .io(this.py, |connection| stream.read(|input| input.line(connection, limit.unwrap_or(usize::MAX))))?;
    let line = data.map_err(|error| error.into_error(this.py))?;
    Object::bytes(this.py, &line.unwrap_or_default())
}

/// `write(data)`.
pub fn write<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let buffer = Buffer::of(this.py, crate::objects::arguments::one(arguments)?)?;
    let bytes = buffer.as_slice();
    if bytes.is_empty() {
        this.source.lend(|_| ())?;
        return Ok(Object::none(this.py));
    }
    let stream = &this.value().stream;
    let sent = this.source.io(this.py, |connection| {
        let sent = connection.write(bytes);
        if sent.is_err() {
            stream.over.store(true, Ordering::Relaxed);
        }
        sent
    })?;
    sent.map_err(|error| NoData::Failed(error).into_error(this.py))?;
    Ok(Object::none(this.py))
}
