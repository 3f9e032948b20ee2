//! Reads NumPy arrays, lists and texts out of a Python pickle as data: nothing of it is run.
//!
//! Known are the codes that NumPy under Python 3 wrote into a pickle of protocol 2, and of Python's functions the
//! four that such a file names, which become values here. Left out, and refused: everything else. A value that is used
//! twice is kept once, so that memory is bounded by the file's size. Format: `Lib/pickletools.py` of Python.

mod machine;
#[cfg(test)]
pub(crate) mod written;

use crate::array::n_values;
use crate::npy::{self, Header};
use crate::{Array, DataError};

const FORMAT: &str = "pickle";

/// The place of a value among those of its pickle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Id(usize);

/// What a pickle holds.
#[derive(Debug)]
pub(crate) struct Pickle<'a> {
    file: &'a str,
    values: Vec<Value<'a>>,
    root: Id,
    left: usize, // bytes of arrays that may still be taken out
}

#[derive(Debug)]
enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    Text(&'a str),
    /// Bytes, each written as the character of its number.
    Latin1(&'a str),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(Global),
    /// The kind of an array's elements, such as `f8`, and the order of their bytes once that is told.
    Kind(&'a str, Option<&'a str>),
    /// An array, once it is filled.
    Array(Option<Filling>),
}

/// What of Python's a pickle may name.
#[derive(Debug, Clone, Copy)]
enum Global {
    Reconstruct,
    NdArray,
    Dtype,
    Encode,
}

#[derive(Debug, Clone, Copy)]
struct Filling {
    shape: Id,
    kind: Id,
    is_fortran: bool,
    values: Id,
}

impl<'a> Pickle<'a> {
    /// Reads all of `bytes`; `file` stands in messages.
    ///
    /// # Errors
    /// The bytes break the format, end early, go on behind its end, or hold what is not known here.
    pub(crate) fn read(file: &'a str, bytes: &'a [u8]) -> Result<Pickle<'a>, DataError> {
        let (values, root) = machine::run(file, bytes)?;
        Ok(Pickle { file, values, root, left: bytes.len() })
    }

    /// What the whole pickle stands for.
    pub(crate) fn root(&self) -> Id {
        self.root
    }

    /// The value of a dictionary's key.
    ///
    /// # Errors
    /// It is no dictionary, or has no such key.
    pub(crate) fn field(&self, dict: Id, key: &str) -> Result<Id, DataError> {
        let Value::Dict(items) = self.value(dict) else { return Err(self.unexpected("a dictionary", dict)) };
        // As in Python, the last of equal keys stands.
        let item =
            items.iter().rev().find(|(name, _)| matches!(self.value(*name), Value::Text(k) if *k == key));
        item.map(|item| item.1).ok_or_else(|| self.damaged(format!("it has no `{key}`")))
    }

    /// The items of a list, or of an array of objects.
    ///
    /// # Errors
    /// It is neither.
    pub(crate) fn items(&self, id: Id) -> Result<&[Id], DataError> {
        match self.value(id) {
            Value::List(items) => Ok(items),
            Value::Array(Some(filling)) => match self.value(filling.values) {
                Value::List(items) => Ok(items),
                _ => Err(self.damaged("expected an array of objects, found one of numbers".to_string())),
            },
            _ => Err(self.unexpected("a list", id)),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn text(&self, id: Id) -> Result<&'a str, DataError> {
        if let Value::Text(text) = self.value(id) { Ok(text) } else { Err(self.unexpected("a text", id)) }
    }

    /// Takes out an array of numbers. Together they may have as many bytes as the pickle, which is as many as there are
    /// where none is taken twice.
    ///
    /// # Errors
    /// It is none; its values do not fit its shape; elements of a kind that is not read.
    pub(crate) fn array(&mut self, id: Id) -> Result<Array, DataError> {
        let Value::Array(Some(filling)) = *self.value(id) else {
            return Err(self.unexpected("an array", id));
        };
        let Value::Kind(kind, order) = *self.value(filling.kind) else {
            return Err(self.unexpected("a kind of elements", filling.kind));
        };
        let (element, order) = npy::kind(self.file, &format!("{}{kind}", order.unwrap_or("|")))?;
        let shape = self.lengths(filling.shape)?;
        let header = Header { element, order, is_fortran: filling.is_fortran, shape };
        let Value::Latin1(text) = *self.value(filling.values) else {
            return Err(self.unexpected("the bytes of an array", filling.values));
        };
        self.left = self
            .left
            .checked_sub(text.len())
            .ok_or_else(|| self.damaged("one of its arrays stands in it many times".to_string()))?;
        let bytes: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(character).ok()).collect();
        let bytes = bytes.ok_or_else(|| self.damaged("the values of an array are no bytes".to_string()))?;
        if header.n_bytes() != Some(bytes.len()) {
            let shape = crate::array::shown(&header.shape);
            return Err(self.damaged(format!("{} bytes do not fill an array of shape {shape}", bytes.len())));
        }
        header.array(bytes).map_err(|reason| self.damaged(reason))
    }

    fn lengths(&self, shape: Id) -> Result<Vec<usize>, DataError> {
        let length = |id: &Id| match *self.value(*id) {
            Value::Int(length) => usize::try_from(length).ok(),
            _ => None,
        };
        let lengths: Option<Vec<usize>> = match self.value(shape) {
            Value::Tuple(items) if items.len() <= npy::MAX_DIMENSIONS => items.iter().map(length).collect(),
            _ => None,
        };
        let countable = lengths.filter(|lengths| n_values(lengths).is_some());
        countable.ok_or_else(|| self.damaged("the shape of an array is not one".to_string()))
    }

    fn value(&self, id: Id) -> &Value<'a> {
        &self.values[id.0]
    }

    fn damaged(&self, reason: String) -> DataError {
        DataError::damaged(self.file, FORMAT)(reason)
    }

    fn unexpected(&self, expected: &str, id: Id) -> DataError {
        self.damaged(format!("expected {expected}, found {}", self.value(id).name()))
    }
}

impl Value<'_> {
    fn name(&self) -> &'static str {
        match self {
            Value::None => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Int(_) => "a number",
            Value::Text(_) => "a text",
            Value::Latin1(_) => "bytes",
            Value::Tuple(_) => "a tuple",
            Value::List(_) => "a list",
            Value::Dict(_) => "a dictionary",
            Value::Global(_) => "a function",
            Value::Kind(..) => "a kind of elements",
            Value::Array(None) => "an array without values",
            Value::Array(Some(_)) => "an array",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::machine::{MAX_CODES, code};
    use super::written::*;
    use super::*;
    use crate::Values;

    fn reason(bytes: &[u8]) -> String {
        Pickle::read("p", bytes).map(|_| ()).unwrap_err().to_string()
    }

    /// What is asked of a whole pickle, in one go.
    fn touch(bytes: &[u8]) -> Result<usize, DataError> {
        let mut pickle = Pickle::read("p", bytes)?;
        let mut n = 0;
        for at in 0..pickle.values.len() {
            let id = Id(at);
            n += pickle.array(id).map_or(0, |array| array.values().len());
            n += pickle.items(id).map_or(0, <[Id]>::len) + pickle.text(id).map_or(0, str::len);
            n += usize::from(pickle.field(id, "a").is_ok());
        }
        Ok(n)
    }

    fn sample() -> Vec<u8> {
        let bytes: Vec<u8> = (0..6_i32).flat_map(|value| (value * 200).to_be_bytes()).collect();
        let columns = array(&[3, 2], ">i4", code::NEWTRUE, latin1(&bytes));
        let names = list(&[text("ä"), text("")]);
        let large = tuple(&[int(-7), int(255), int(65_535), int(70_000)]);
        let set = dict(&[("a", columns), ("b", names), ("c", numbers(&[0.1, -2.5])), ("d", large)]);
        whole(array(&[], "|O8", code::NEWFALSE, [vec![code::EMPTY_LIST], set, vec![code::APPEND]].concat()))
    }

    #[test]
    fn values_are_found_by_name() {
        let bytes = sample();
        let mut pickle = Pickle::read("p", &bytes).unwrap();
        let &[set] = pickle.items(pickle.root()).unwrap() else { panic!("one object") };
        let id = |key: &str| pickle.field(set, key).unwrap();
        let (a, b, c, d) = (id("a"), id("b"), id("c"), id("d"));
        let names: Vec<&str> = pickle.items(b).unwrap().iter().map(|&id| pickle.text(id).unwrap()).collect();
        assert_eq!(names, ["ä", ""]);
        assert!(matches!(pickle.value(d), Value::Tuple(items)
            if matches!(items.as_slice(), [_, _, _, last] if matches!(pickle.value(*last), Value::Int(70_000)))));
        let a = pickle.array(a).unwrap();
        assert_eq!(a.shape(), [3, 2]);
        assert_eq!(*a.values(), Values::I64(vec![0, 600, 200, 800, 400, 1_000]));
        assert_eq!(*pickle.array(c).unwrap().values(), Values::F64(vec![0.1, -2.5]));
        for (error, expected) in [
            (pickle.field(set, "e").unwrap_err(), "it has no `e`"),
            (pickle.field(b, "e").unwrap_err(), "expected a dictionary, found a list"),
            (pickle.items(set).unwrap_err(), "expected a list, found a dictionary"),
            (pickle.items(c).unwrap_err(), "expected an array of objects, found one of numbers"),
            (pickle.text(c).unwrap_err(), "expected a text, found an array"),
            (pickle.array(set).unwrap_err(), "expected an array, found a dictionary"),
        ] {
            assert_eq!(error.to_string(), format!("p: not a sound pickle file: {expected}"));
        }
    }

    #[test]
    fn what_is_remembered_is_kept_once() {
        let twice = [
            vec![code::EMPTY_LIST, code::BINPUT, 7, code::MARK],
            numbers(&[1.0; 100]),
            vec![
                code::LONG_BINPUT,
                1,
                1,
                0,
                0,
                code::LONG_BINGET,
                1,
                1,
                0,
                0,
                code::BINGET,
                7,
                code::APPENDS,
            ],
        ];
        let bytes = whole(twice.concat());
        let mut pickle = Pickle::read("p", &bytes).unwrap();
        let &[first, second, itself] = pickle.items(pickle.root()).unwrap() else { panic!("three items") };
        assert!(first == second && itself == pickle.root());
        assert!(pickle.array(first).is_ok());
        let error = pickle.array(second).unwrap_err().to_string();
        assert!(error.ends_with("one of its arrays stands in it many times"), "{error}");
    }

    #[test]
    fn what_is_cut_short_is_an_error() {
        let bytes = sample();
        assert!(touch(&bytes).unwrap() > 0);
        for length in 0..bytes.len() {
            assert!(Pickle::read("p", &bytes[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn every_other_code_is_refused() {
        let known = b"(NJKMXc)t]ae}uqrhjRb.\x85\x86\x87\x88\x89";
        for code in (0..=u8::MAX).filter(|code| !known.contains(code)) {
            let expected = format!("p: the code {code:#04x} is not read from a pickle (before byte 3)");
            assert_eq!(reason(&[code::PROTO, 2, code, 0, 0, 0, 0, code::STOP]), expected);
        }
        // Each known one finds nothing to work on, or no end.
        for &code in known {
            assert!(Pickle::read("p", &[code::PROTO, 2, code]).is_err(), "{code:#04x}");
        }
    }

    #[test]
    fn faults_have_words() {
        let cases: Vec<(&str, Vec<u8>, &str)> = vec![
            ("another protocol", vec![0x80, 4, b'N', b'.'], "a beginning of [80, 04], where protocol 2 has"),
            ("a program", whole(call("os system", &[text("ls")])), "the name `os.system` is not read"),
            ("a line", whole(vec![code::GLOBAL; 99]), "the name of a function does not end"),
            ("another codec", whole(call("_codecs encode", &[text("a"), text("utf8")])), "a call that NumPy"),
            ("another kind", whole(call("numpy dtype", &[text("f8"), int(1), int(1)])), "a call that NumPy"),
            ("no function", whole([int(1), tuple(&[]), vec![code::REDUCE]].concat()), "what is no function"),
            ("a filled list", whole(built(vec![code::EMPTY_LIST], &[])), "a list filled as NumPy does not"),
            (
                "filled twice",
                whole(built(kind("<f8"), &[int(3)])),
                "a kind of elements filled as NumPy does not",
            ),
            ("no mark", whole(vec![code::TUPLE]), "a mark is missing"),
            ("below a mark", whole(vec![code::NONE, code::MARK, code::TUPLE1]), "more from its stack"),
            ("an empty stack", whole(vec![code::BINPUT, 0]), "more from its stack"),
            ("nothing remembered", whole(vec![code::BINGET, 0]), "it recalls what it has not remembered"),
            ("no list", whole(vec![code::NONE, code::NONE, code::APPEND]), "it appends to what is no list"),
            (
                "half a pair",
                whole(vec![code::EMPTY_DICT, code::MARK, code::NONE, code::SETITEMS]),
                "keys without",
            ),
            ("two results", whole(vec![code::NONE, code::NONE]), "it stops before"),
            ("an open mark", whole(vec![code::NONE, code::MARK]), "it stops before"),
            ("bytes behind", [whole(int(1)), vec![0]].concat(), "it stops before"),
            ("a long text", whole(vec![code::BINUNICODE, 255, 255, 255, 255]), "it ends within a text"),
            ("no text", whole(vec![code::BINUNICODE, 1, 0, 0, 0, 0xff]), "a text is not valid UTF-8"),
            ("no end", [vec![code::PROTO, 2], vec![code::NONE; MAX_CODES]].concat(), "exceeds the limit of"),
        ];
        for (name, bytes, expected) in cases {
            let message = reason(&bytes);
            assert!(message.starts_with("p: ") && message.contains(expected), "{name}: {message}");
        }
    }

    #[test]
    fn arrays_must_be_sound() {
        let of = |shape: &[i32], descr: &str, values| whole(array(shape, descr, code::NEWFALSE, values));
        let empty = call(
            "numpy.core.multiarray _reconstruct",
            &[global("numpy ndarray"), tuple(&[int(0)]), latin1(b"b")],
        );
        let cases: Vec<(&str, Vec<u8>, &str)> = vec![
            (
                "too few bytes",
                of(&[2], "<f8", latin1(&[0; 15])),
                "15 bytes do not fill an array of shape (2)",
            ),
            ("a large shape", of(&[i32::MAX; 9], "<f8", latin1(&[])), "the shape of an array is not one"),
            ("a negative length", of(&[-1], "<f8", latin1(&[])), "the shape of an array is not one"),
            ("many dimensions", of(&[1; 65], "<f8", latin1(&[0; 8])), "the shape of an array is not one"),
            ("wide characters", of(&[1], "|u1", wide()), "the values of an array are no bytes"),
            ("objects", of(&[0], "|O8", latin1(&[])), "an array of Python objects is a pickle"),
            ("a record", of(&[1], "|V8", latin1(&[0; 8])), "elements of kind `|V8` are not read"),
            ("never filled", whole(empty), "expected an array, found an array without values"),
        ];
        for (name, bytes, expected) in cases {
            let mut pickle = Pickle::read("p", &bytes).expect(name);
            let message = pickle.array(pickle.root()).expect_err(name).to_string();
            assert!(message.contains(expected), "{name}: {message}");
        }
    }

    fn wide() -> Vec<u8> {
        call("_codecs encode", &[text("\u{100}"), text("latin1")])
    }

    proptest! {
        #[test]
        fn damage_is_an_error_or_another_value(flips in prop::collection::vec((any::<u16>(), any::<u8>()), 1..8)) {
            let mut bytes = sample();
            let n = bytes.len();
            flips.iter().for_each(|&(at, byte)| bytes[usize::from(at) % n] = byte);
            let _ = touch(&bytes);
        }

        #[test]
        fn any_codes_are_survived(codes in prop::collection::vec(0_usize..27, 0..200)) {
            const CODES: &[u8] = b"(NJKMXc)t]ae}uqrhjRb.\x85\x86\x87\x88\x89\x00";
            let bytes: Vec<u8> = [code::PROTO, 2].into_iter().chain(codes.iter().map(|&at| CODES[at])).collect();
            let _ = touch(&bytes);
        }
    }
}
