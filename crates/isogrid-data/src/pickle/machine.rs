//! A pickle is a program for a machine with a stack and a numbered memory; this is the machine.
//!
//! It follows only the codes and functions that the module above names, and makes values instead of calling anything.

use std::collections::BTreeMap;

use super::{FORMAT, Filling, Global, Id, Value};
use crate::DataError;

/// The codes of a pickle, by their names in Python.
pub(super) mod code {
    pub(crate) const PROTO: u8 = 0x80;
    pub(crate) const STOP: u8 = b'.';
    pub(crate) const MARK: u8 = b'(';
    pub(crate) const NONE: u8 = b'N';
    pub(crate) const NEWTRUE: u8 = 0x88;
    pub(crate) const NEWFALSE: u8 = 0x89;
    pub(crate) const BININT: u8 = b'J';
    pub(crate) const BININT1: u8 = b'K';
    pub(crate) const BININT2: u8 = b'M';
    pub(crate) const BINUNICODE: u8 = b'X';
    pub(crate) const GLOBAL: u8 = b'c';
    pub(crate) const EMPTY_TUPLE: u8 = b')';
    pub(crate) const TUPLE1: u8 = 0x85;
    pub(crate) const TUPLE2: u8 = 0x86;
    pub(crate) const TUPLE3: u8 = 0x87;
    pub(crate) const TUPLE: u8 = b't';
    pub(crate) const EMPTY_LIST: u8 = b']';
    pub(crate) const APPEND: u8 = b'a';
    pub(crate) const APPENDS: u8 = b'e';
    pub(crate) const EMPTY_DICT: u8 = b'}';
    pub(crate) const SETITEMS: u8 = b'u';
    pub(crate) const BINPUT: u8 = b'q';
    pub(crate) const LONG_BINPUT: u8 = b'r';
    pub(crate) const BINGET: u8 = b'h';
    pub(crate) const LONG_BINGET: u8 = b'j';
    pub(crate) const REDUCE: u8 = b'R';
    pub(crate) const BUILD: u8 = b'b';
}

/// The most codes that are followed: each makes at most one value, so that this bounds memory too.
pub(super) const MAX_CODES: usize = 1 << 18;

/// The most arguments of anything that is known here.
const MAX_ARGUMENTS: usize = 8;

/// Runs a whole pickle; returns all its values and which of them it stands for. `file` stands in messages.
pub(super) fn run<'a>(file: &'a str, bytes: &'a [u8]) -> Result<(Vec<Value<'a>>, Id), DataError> {
    let (values, stack, marks, memo) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
    let mut machine = Machine { file, bytes, rest: bytes, values, stack, marks, memo };
    let root = machine.run()?;
    Ok((machine.values, root))
}

struct Machine<'a> {
    file: &'a str,
    bytes: &'a [u8],
    rest: &'a [u8],
    values: Vec<Value<'a>>,
    stack: Vec<Id>,
    marks: Vec<usize>, // heights of the stack
    memo: BTreeMap<u32, Id>,
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Id, DataError> {
        let start = self.take::<2>()?;
        if start != [code::PROTO, 2] {
            return Err(self.refused(format!("a beginning of {start:02x?}, where protocol 2 has [80, 02],")));
        }
        for _ in 0..MAX_CODES {
            let [code] = self.take()?;
            if code == code::STOP {
                return self.result();
            }
            self.follow(code)?;
        }
        let (what, limit) = ("the number of a pickle's codes", MAX_CODES as u64);
        Err(DataError::TooLarge { file: self.file.to_string(), line: 0, what, limit })
    }

    fn result(&self) -> Result<Id, DataError> {
        match *self.stack {
            [root] if self.marks.is_empty() && self.rest.is_empty() => Ok(root),
            _ => Err(self.damaged("it stops before everything is in its place")),
        }
    }

    fn follow(&mut self, code: u8) -> Result<(), DataError> {
        let value = match code {
            code::NONE => Value::None,
            code::NEWTRUE => Value::Bool(true),
            code::NEWFALSE => Value::Bool(false),
            code::BININT => Value::Int(i64::from(i32::from_le_bytes(self.take()?))),
            code::BININT1 => Value::Int(i64::from(u8::from_le_bytes(self.take()?))),
            code::BININT2 => Value::Int(i64::from(u16::from_le_bytes(self.take()?))),
            code::BINUNICODE => Value::Text(self.text()?),
            code::GLOBAL => Value::Global(self.global()?),
            code::EMPTY_TUPLE => Value::Tuple(Vec::new()),
            code::TUPLE1 => Value::Tuple(self.pop::<1>()?.to_vec()),
            code::TUPLE2 => Value::Tuple(self.pop::<2>()?.to_vec()),
            code::TUPLE3 => Value::Tuple(self.pop::<3>()?.to_vec()),
            code::TUPLE => Value::Tuple(self.since_mark()?),
            code::EMPTY_LIST => Value::List(Vec::new()),
            code::EMPTY_DICT => Value::Dict(Vec::new()),
            code::REDUCE => self.called()?,
            _ => return self.change(code),
        };
        self.stack.push(Id(self.values.len()));
        self.values.push(value);
        Ok(())
    }

    /// Follows a code that makes no value.
    fn change(&mut self, code: u8) -> Result<(), DataError> {
        match code {
            code::MARK => self.marks.push(self.stack.len()),
            code::APPEND => {
                let item = self.pop::<1>()?;
                self.append(&item)?;
            }
            code::APPENDS => {
                let items = self.since_mark()?;
                self.append(&items)?;
            }
            code::SETITEMS => self.set_items()?,
            code::BINPUT => {
                let [place] = self.take()?;
                self.remember(u32::from(place))?;
            }
            code::LONG_BINPUT => {
                let place = u32::from_le_bytes(self.take()?);
                self.remember(place)?;
            }
            code::BINGET => {
                let [place] = self.take()?;
                self.recall(u32::from(place))?;
            }
            code::LONG_BINGET => {
                let place = u32::from_le_bytes(self.take()?);
                self.recall(place)?;
            }
            code::BUILD => self.build()?,
            _ => return Err(self.refused(format!("the code {code:#04x}"))),
        }
        Ok(())
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], DataError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or_else(|| self.damaged("it ends early"))?;
        self.rest = rest;
        Ok(*head)
    }

    fn text(&mut self) -> Result<&'a str, DataError> {
        let length = u32::from_le_bytes(self.take()?) as usize;
        let parts = self.rest.split_at_checked(length);
        let (text, rest) = parts.ok_or_else(|| self.damaged("it ends within a text"))?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| self.damaged("a text is not valid UTF-8"))
    }

    fn global(&mut self) -> Result<Global, DataError> {
        let module = self.line()?;
        let name = self.line()?;
        match (module, name) {
            (b"numpy.core.multiarray", b"_reconstruct") => Ok(Global::Reconstruct),
            (b"numpy", b"ndarray") => Ok(Global::NdArray),
            (b"numpy", b"dtype") => Ok(Global::Dtype),
            (b"_codecs", b"encode") => Ok(Global::Encode),
            _ => {
                let [module, name] = [module, name].map(String::from_utf8_lossy);
                Err(self.refused(format!("the name `{module}.{name}`")))
            }
        }
    }

    /// The bytes before the next line feed. No name that is known is long, and none that is not fills the screen.
    fn line(&mut self) -> Result<&'a [u8], DataError> {
        const LONGEST: usize = 64;
        let end = self.rest.iter().take(LONGEST).position(|&byte| byte == b'\n');
        let end = end.ok_or_else(|| self.damaged("the name of a function does not end"))?;
        let line = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Ok(line)
    }

    /// The height of the stack below which nothing may be taken.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop<const N: usize>(&mut self) -> Result<[Id; N], DataError> {
        let last = self.stack[self.floor()..].last_chunk().copied();
        let last = last.ok_or_else(|| self.damaged("it takes more from its stack than there is"))?;
        self.stack.truncate(self.stack.len() - N);
        Ok(last)
    }

    fn since_mark(&mut self) -> Result<Vec<Id>, DataError> {
        let mark = self.marks.pop().ok_or_else(|| self.damaged("a mark is missing"))?;
        Ok(self.stack.split_off(mark))
    }

    fn top(&self) -> Result<Id, DataError> {
        let top = self.stack[self.floor()..].last();
        top.copied().ok_or_else(|| self.damaged("it takes more from its stack than there is"))
    }

    fn append(&mut self, items: &[Id]) -> Result<(), DataError> {
        let top = self.top()?;
        match &mut self.values[top.0] {
            Value::List(list) => list.extend_from_slice(items),
            _ => return Err(self.damaged("it appends to what is no list")),
        }
        Ok(())
    }

    fn set_items(&mut self) -> Result<(), DataError> {
        let items = self.since_mark()?;
        let top = self.top()?;
        match &mut self.values[top.0] {
            Value::Dict(dict) if items.len().is_multiple_of(2) => {
                dict.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
            }
            _ => return Err(self.damaged("it sets items of what is no dictionary, or keys without a value")),
        }
        Ok(())
    }

    fn remember(&mut self, place: u32) -> Result<(), DataError> {
        let top = self.top()?;
        self.memo.insert(place, top);
        Ok(())
    }

    fn recall(&mut self, place: u32) -> Result<(), DataError> {
        let id = self.memo.get(&place).copied();
        self.stack.push(id.ok_or_else(|| self.damaged("it recalls what it has not remembered"))?);
        Ok(())
    }

    /// The items of a tuple of arguments; none where there are too many to be right.
    fn arguments(&self, tuple: Id) -> Vec<(Id, &Value<'a>)> {
        match &self.values[tuple.0] {
            Value::Tuple(items) if items.len() <= MAX_ARGUMENTS => {
                items.iter().map(|&id| (id, &self.values[id.0])).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What a call of a function would return.
    fn called(&mut self) -> Result<Value<'a>, DataError> {
        let [function, arguments] = self.pop()?;
        let Value::Global(function) = self.values[function.0] else {
            return Err(self.damaged("it calls what is no function"));
        };
        match (function, self.arguments(arguments).as_slice()) {
            (Global::Encode, [(_, Value::Text(text)), (_, Value::Text("latin1"))]) => Ok(Value::Latin1(text)),
            (Global::Dtype, [(_, Value::Text(kind)), (_, Value::Int(0)), (_, Value::Int(1))]) => {
                Ok(Value::Kind(kind, None))
            }
            (
                Global::Reconstruct,
                [(_, Value::Global(Global::NdArray)), (_, Value::Tuple(_)), (_, Value::Latin1("b"))],
            ) => Ok(Value::Array(None)),
            _ => Err(self.refused("a call that NumPy does not write".to_string())),
        }
    }

    /// Fills what was made empty: a kind of elements with the order of their bytes, an array with its values.
    fn build(&mut self) -> Result<(), DataError> {
        let [state] = self.pop()?;
        let top = self.top()?;
        let built = match (&self.values[top.0], self.arguments(state).as_slice()) {
            (
                Value::Kind(kind, None),
                [
                    (_, Value::Int(3)),
                    (_, Value::Text(order @ ("<" | ">" | "|"))),
                    // Kinds within a kind, names and fields: a record has them.
                    (_, Value::None),
                    (_, Value::None),
                    (_, Value::None),
                    (_, Value::Int(-1)),
                    (_, Value::Int(-1)),
                    (_, Value::Int(_)),
                ],
            ) => Value::Kind(kind, Some(order)),
            (
                Value::Array(None),
                [
                    (_, Value::Int(1)),
                    (shape, Value::Tuple(_)),
                    (kind, Value::Kind(..)),
                    (_, Value::Bool(is_fortran)),
                    (values, Value::Latin1(_) | Value::List(_)),
                ],
            ) => Value::Array(Some(Filling {
                shape: *shape,
                kind: *kind,
                is_fortran: *is_fortran,
                values: *values,
            })),
            (value, _) => {
                return Err(self.refused(format!("{} filled as NumPy does not fill it", value.name())));
            }
        };
        self.values[top.0] = built;
        Ok(())
    }

    fn damaged(&self, reason: &str) -> DataError {
        let at = self.bytes.len() - self.rest.len();
        DataError::damaged(self.file, FORMAT)(format!("byte {at}: {reason}"))
    }

    fn refused(&self, what: String) -> DataError {
        let at = self.bytes.len() - self.rest.len();
        DataError::Unsupported {
            file: self.file.to_string(),
            what: format!("{what} is not read from a pickle (before byte {at})"),
            advice: "in Python, save the arrays one by one with numpy.save",
        }
    }
}
