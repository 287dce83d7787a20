//! Plain data in the layout of Python's `marshal`, version 2: what old cookies hold.
//!
//! Python's own reader is not made for what others could have written; this one reads data
//! only, no code, and no more than [`DEPTH`] levels of it. Any input ends in a value or an error, in
//! time linear in its length, but for strings that Python 2 referred to again, which are bounded.

use std::fmt;
use std::rc::Rc;

/// How deep containers may lie in one another.
pub const DEPTH: usize = 100;

/// How long all strings together may be that are referred to again.
const REPEATED: usize = 1 << 20;

/// A value of Python's.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// An int beyond `Int`.
    Long(Long),
    Float(Float),
    Complex(Float, Float),
    Bytes(Rc<[u8]>),
    /// Text as UTF-8, in which surrogates have the form of characters; not checked.
    Text(Vec<u8>),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Set(Vec<Value>),
    FrozenSet(Vec<Value>),
}

/// A float that equals itself, bit by bit.
#[derive(Debug, Clone, Copy)]
pub struct Float(pub f64);

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

/// A large int: its sign, and digits of 15 bits, least significant first, the last not 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Long {
    is_negative: bool,
    digits: Vec<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The data ends inside of a value.
    Short,
    /// There is more data behind the value.
    Rest,
    /// A code that is none of these types.
    Code(u8),
    /// A negative length, a number with wrong digits, a reference to nothing.
    Malformed,
    /// Deeper than [`DEPTH`].
    Deep,
    /// Longer than can be written or is read.
    Long,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Short => f.write_str("the data ends too soon"),
            Error::Rest => f.write_str("more data than a value"),
            Error::Code(code) => write!(f, "no plain data: type code 0x{code:02x}"),
            Error::Malformed => f.write_str("malformed data"),
            Error::Deep => write!(f, "more than {DEPTH} levels"),
            Error::Long => f.write_str("too long"),
        }
    }
}

/// The value that all of the data is.
pub fn read(data: &[u8]) -> Result<Value, Error> {
    let mut reader = Reader { rest: data, interned: Vec::new(), repeated: 0 };
    let value = reader.value(DEPTH)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(Error::Rest) }
}

struct Reader<'a> {
    rest: &'a [u8],
    /// The strings that Python 2 refers to by number.
    interned: Vec<Rc<[u8]>>,
    /// The length of all that was referred to.
    repeated: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, levels: usize) -> Result<Value, Error> {
        let [code] = *self.array()?;
        self.coded(code, levels)
    }

    fn coded(&mut self, code: u8, levels: usize) -> Result<Value, Error> {
        Ok(match code {
            b'N' => Value::None,
            b'T' => Value::Bool(true),
            b'F' => Value::Bool(false),
            b'i' => Value::Int(i32::from_le_bytes(*self.array()?).into()),
            b'I' => Value::Int(i64::from_le_bytes(*self.array()?)),
            b'l' => self.long()?,
            b'g' => Value::Float(self.float()?),
            b'y' => Value::Complex(self.float()?, self.float()?),
            b's' => Value::Bytes(self.string()?.into()),
            b't' => {
                let string: Rc<[u8]> = self.string()?.into();
                self.interned.push(Rc::clone(&string));
                Value::Bytes(string)
            }
            b'R' => self.repeated()?,
            b'u' => Value::Text(self.string()?.to_vec()),
            b'(' => Value::Tuple(self.items(levels)?),
            b'[' => Value::List(self.items(levels)?),
            b'<' => Value::Set(self.items(levels)?),
            b'>' => Value::FrozenSet(self.items(levels)?),
            b'{' => Value::Dict(self.entries(levels)?),
            code => return Err(Error::Code(code)),
        })
    }

    fn items(&mut self, levels: usize) -> Result<Vec<Value>, Error> {
        let levels = levels.checked_sub(1).ok_or(Error::Deep)?;
        let count = self.length()?;
        // Not made for `count` items: each takes a byte at least, which may not be there.
        (0..count).map(|_| self.value(levels)).collect()
    }

    fn entries(&mut self, levels: usize) -> Result<Vec<(Value, Value)>, Error> {
        let levels = levels.checked_sub(1).ok_or(Error::Deep)?;
        let mut entries = Vec::new();
        loop {
            let [code] = *self.array()?;
            if code == b'0' {
                return Ok(entries);
            }
            let key = self.coded(code, levels)?;
            entries.push((key, self.value(levels)?));
        }
    }

    fn repeated(&mut self) -> Result<Value, Error> {
        let number = self.length()?;
        let string = self.interned.get(number).ok_or(Error::Malformed)?;
        self.repeated += string.len();
        if self.repeated > REPEATED { Err(Error::Long) } else { Ok(Value::Bytes(Rc::clone(string))) }
    }

    fn long(&mut self) -> Result<Value, Error> {
        let count = i32::from_le_bytes(*self.array()?);
        let length = usize::try_from(count.unsigned_abs()).map_err(|_| Error::Long)?;
        let bytes = self.take(length.checked_mul(2).ok_or(Error::Long)?)?;
        let digits: Vec<u16> =
            bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        if digits.iter().any(|&digit| digit > Long::DIGIT) || digits.last() == Some(&0) {
            return Err(Error::Malformed);
        }
        Ok(Long { is_negative: count < 0, digits }.into_value())
    }

    fn float(&mut self) -> Result<Float, Error> {
        Ok(Float(f64::from_le_bytes(*self.array()?)))
    }

    fn string(&mut self) -> Result<&'a [u8], Error> {
        let length = self.length()?;
        self.take(length)
    }

    fn length(&mut self) -> Result<usize, Error> {
        usize::try_from(i32::from_le_bytes(*self.array()?)).map_err(|_| Error::Malformed)
    }

    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Error> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(Error::Short)?;
        self.rest = rest;
        Ok(array)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Error::Short)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// The data of a value, as `marshal.dumps(value, 2)` of Python 3 makes it.
pub fn write(value: &Value) -> Result<Vec<u8>, Error> {
    let mut data = Vec::new();
    put(&mut data, value, DEPTH)?;
    Ok(data)
}

fn put(data: &mut Vec<u8>, value: &Value, levels: usize) -> Result<(), Error> {
    match value {
        Value::None => data.push(b'N'),
        Value::Bool(true) => data.push(b'T'),
        Value::Bool(false) => data.push(b'F'),
        Value::Int(int) => match i32::try_from(*int) {
            Ok(int) => put_parts(data, b'i', &[&int.to_le_bytes()]),
            Err(_) => put_long(data, &Long::of(*int))?,
        },
        Value::Long(long) => put_long(data, long)?,
        Value::Float(float) => put_parts(data, b'g', &[&float.0.to_le_bytes()]),
        Value::Complex(real, imaginary) => {
            put_parts(data, b'y', &[&real.0.to_le_bytes(), &imaginary.0.to_le_bytes()]);
        }
        Value::Bytes(bytes) => put_parts(data, b's', &[&length(bytes.len())?, bytes]),
        Value::Text(text) => put_parts(data, b'u', &[&length(text.len())?, text]),
        Value::Tuple(items) => put_items(data, b'(', items, levels)?,
        Value::List(items) => put_items(data, b'[', items, levels)?,
        Value::Set(items) => put_items(data, b'<', items, levels)?,
        Value::FrozenSet(items) => put_items(data, b'>', items, levels)?,
        Value::Dict(entries) => {
            let levels = levels.checked_sub(1).ok_or(Error::Deep)?;
            data.push(b'{');
            for (key, value) in entries {
                put(data, key, levels)?;
                put(data, value, levels)?;
            }
            data.push(b'0');
        }
    }
    Ok(())
}

fn put_items(data: &mut Vec<u8>, code: u8, items: &[Value], levels: usize) -> Result<(), Error> {
    let levels = levels.checked_sub(1).ok_or(Error::Deep)?;
    put_parts(data, code, &[&length(items.len())?]);
    items.iter().try_for_each(|item| put(data, item, levels))
}

fn put_long(data: &mut Vec<u8>, long: &Long) -> Result<(), Error> {
    let count = i32::try_from(long.digits.len()).map_err(|_| Error::Long)?;
    let count = if long.is_negative { -count } else { count };
    put_parts(data, b'l', &[&count.to_le_bytes()]);
    data.extend(long.digits.iter().flat_map(|digit| digit.to_le_bytes()));
    Ok(())
}

fn put_parts(data: &mut Vec<u8>, code: u8, parts: &[&[u8]]) {
    data.push(code);
    parts.iter().for_each(|part| data.extend_from_slice(part));
}

fn length(length: usize) -> Result<[u8; 4], Error> {
    Ok(i32::try_from(length).map_err(|_| Error::Long)?.to_le_bytes())
}

impl Long {
    const BITS: usize = 15;
    const DIGIT: u16 = (1 << Self::BITS) - 1;

    fn of(int: i64) -> Self {
        let mut rest = int.unsigned_abs();
        let mut digits = Vec::new();
        while rest > 0 {
            digits.push((rest & u64::from(Self::DIGIT)) as u16);
            rest >>= Self::BITS;
        }
        Long { is_negative: int < 0, digits }
    }

    /// As `Int`, if it fits.
    fn into_value(self) -> Value {
        let magnitude = self.digits.iter().rev().try_fold(0_i128, |sum, &digit| {
            let sum = sum << Self::BITS | i128::from(digit);
            (sum <= 1 << 63).then_some(sum)
        });
        let signed = magnitude.map(|sum| if self.is_negative { -sum } else { sum });
        match signed.and_then(|int| i64::try_from(int).ok()) {
            Some(int) => Value::Int(int),
            None => Value::Long(self),
        }
    }

    /// The number that `format(int, 'x')` gave; None for any other text.
    pub fn from_hex(text: &[u8]) -> Option<Value> {
        let (is_negative, text) = match text {
            [b'-', text @ ..] => (true, text),
            text => (false, text),
        };
        let mut digits = Vec::with_capacity(text.len() * 4 / Self::BITS + 1);
        let (mut bits, mut held) = (0, 0_u32);
        for &byte in text.iter().rev() {
            held |= char::from(byte).to_digit(16)? << bits;
            bits += 4;
            if bits >= Self::BITS {
                digits.push((held & u32::from(Self::DIGIT)) as u16);
                held >>= Self::BITS;
                bits -= Self::BITS;
            }
        }
        digits.push(held as u16);
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Some(Long { is_negative, digits }.into_value())
    }

    /// The number as `int(text, 16)` reads it.
    pub fn to_hex(&self) -> String {
        let mut text = Vec::with_capacity(self.digits.len() * Self::BITS / 4 + 2);
        let (mut bits, mut held) = (0, 0_u32);
        for &digit in &self.digits {
            held |= u32::from(digit) << bits;
            bits += Self::BITS;
            while bits >= 4 {
                text.extend(char::from_digit(held & 0xf, 16));
                held >>= 4;
                bits -= 4;
            }
        }
        text.extend(char::from_digit(held, 16));
        if self.is_negative {
            text.push('-');
        }
        text.iter().rev().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ways(value: &Value, data: &[u8]) {
        assert_eq!(write(value).as_deref(), Ok(data));
        assert_eq!(read(data).as_ref(), Ok(value));
    }

    fn text(text: &str) -> Value {
        Value::Text(text.as_bytes().to_vec())
    }

    fn bytes(bytes: &[u8]) -> Value {
        Value::Bytes(bytes.into())
    }

    #[test]
    fn the_data_is_that_of_version_2() {
        both_ways(&text("blue"), b"u\x04\0\0\0blue");
        both_ways(&bytes(b"blue"), b"s\x04\0\0\0blue");
        both_ways(
            &Value::List(vec![Value::Int(1), Value::None, Value::Bool(true)]),
            b"[\x03\0\0\0i\x01\0\0\0NT",
        );
        both_ways(&Value::Tuple(vec![Value::Bool(false)]), b"(\x01\0\0\0F");
        both_ways(&Value::Dict(vec![(text("a"), Value::Int(-1))]), b"{u\x01\0\0\0ai\xff\xff\xff\xff0");
        both_ways(&Value::Set(vec![]), b"<\0\0\0\0");
        both_ways(&Value::FrozenSet(vec![]), b">\0\0\0\0");
        both_ways(&Value::Float(Float(0.5)), b"g\0\0\0\0\0\0\xe0?");
        both_ways(&Value::Complex(Float(0.5), Float(f64::NAN)), b"y\0\0\0\0\0\0\xe0?\0\0\0\0\0\0\xf8\x7f");
    }

    #[test]
    fn large_numbers_have_digits_of_15_bits() {
        both_ways(&Value::Int(1 << 31), b"l\x03\0\0\0\0\0\0\0\x02\0");
        both_ways(&Value::Int(i64::MIN), b"l\xfb\xff\xff\xff\0\0\0\0\0\0\0\0\x08\0");
        let long = Long::from_hex(b"-123456789abcdef0123").expect("a number");
        assert_eq!(write(&long).and_then(|data| read(&data)).as_ref(), Ok(&long));
        assert!(matches!(long, Value::Long(long) if long.to_hex() == "-123456789abcdef0123"));
        assert_eq!(Long::from_hex(b"ff"), Some(Value::Int(255)));
        assert_eq!(Long::from_hex(b"1.5"), None);
        // The next beyond 64 bits on either side.
        assert!(matches!(Long::from_hex(b"8000000000000000"), Some(Value::Long(_))));
        assert_eq!(Long::from_hex(b"-8000000000000000"), Some(Value::Int(i64::MIN)));
    }

    #[test]
    fn what_python_2_wrote_is_read() {
        assert_eq!(read(b"I\0\0\0\0\x01\0\0\0"), Ok(Value::Int(1 << 32)));
        let blue = || bytes(b"blue");
        assert_eq!(read(b"[\x02\0\0\0t\x04\0\0\0blueR\0\0\0\0"), Ok(Value::List(vec![blue(), blue()])));
        assert_eq!(read(b"R\0\0\0\0"), Err(Error::Malformed));
    }

    #[test]
    fn code_and_whatever_else_is_no_data_is_refused() {
        for code in b"c.S0?xfaAzZrO\xe3\xf5".iter() {
            assert_eq!(read(&[*code, 0, 0, 0, 0]), Err(Error::Code(*code)));
        }
    }

    #[test]
    fn malformed_data_is_refused() {
        assert_eq!(read(b""), Err(Error::Short));
        assert_eq!(read(b"s\x05\0\0\0blue"), Err(Error::Short));
        assert_eq!(read(b"s\xff\xff\xff\xff"), Err(Error::Malformed));
        assert_eq!(read(b"(\xff\xff\xff\x7fN"), Err(Error::Short));
        assert_eq!(read(b"NN"), Err(Error::Rest));
        assert_eq!(read(b"l\x01\0\0\0\0\x80"), Err(Error::Malformed));
        assert_eq!(read(b"l\x02\0\0\0\x01\0\0\0"), Err(Error::Malformed));
    }

    #[test]
    fn depth_has_a_limit_both_ways() {
        let nested = |levels: usize| [b"[\x01\0\0\0".repeat(levels), b"N".to_vec()].concat();
        let deepest = read(&nested(DEPTH)).expect("allowed");
        assert!(write(&deepest).is_ok());
        assert_eq!(write(&Value::List(vec![deepest])), Err(Error::Deep));
        assert_eq!(read(&nested(DEPTH + 1)), Err(Error::Deep));
    }

    #[test]
    fn references_do_not_multiply_without_bound() {
        let string = [&b"t\0\x10\0\0"[..], &[b'x'; 0x1000]].concat();
        let list = [&b"[\x01\x02\0\0"[..], &string, &b"R\0\0\0\0".repeat(0x200)].concat();
        assert_eq!(read(&list), Err(Error::Long));
    }
}
