//! Writes pickles as NumPy does, for tests.

use super::machine::code;

pub(crate) fn text(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_le_bytes();
    [&[code::BINUNICODE], length.as_slice(), text.as_bytes()].concat()
}

pub(crate) fn int(int: i32) -> Vec<u8> {
    match (u8::try_from(int), u16::try_from(int)) {
        (Ok(byte), _) => vec![code::BININT1, byte],
        (_, Ok(word)) => [&[code::BININT2], word.to_le_bytes().as_slice()].concat(),
        _ => [&[code::BININT], int.to_le_bytes().as_slice()].concat(),
    }
}

pub(crate) fn global(path: &str) -> Vec<u8> {
    [&[code::GLOBAL], path.replace(' ', "\n").as_bytes(), b"\n"].concat()
}

pub(crate) fn list(items: &[Vec<u8>]) -> Vec<u8> {
    [&[code::EMPTY_LIST, code::MARK], items.concat().as_slice(), &[code::APPENDS]].concat()
}

pub(crate) fn dict(items: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let items: Vec<u8> = items.iter().flat_map(|(key, value)| [text(key), value.clone()].concat()).collect();
    [&[code::EMPTY_DICT, code::MARK], items.as_slice(), &[code::SETITEMS]].concat()
}

pub(crate) fn tuple(items: &[Vec<u8>]) -> Vec<u8> {
    let items_alone = items.concat();
    match items.len() {
        0 => vec![code::EMPTY_TUPLE],
        n @ 1..=3 => [items_alone.as_slice(), &[code::TUPLE1 + n as u8 - 1]].concat(),
        _ => [&[code::MARK], items_alone.as_slice(), &[code::TUPLE]].concat(),
    }
}

pub(crate) fn call(function: &str, arguments: &[Vec<u8>]) -> Vec<u8> {
    [global(function), tuple(arguments), vec![code::REDUCE]].concat()
}

pub(crate) fn built(value: Vec<u8>, state: &[Vec<u8>]) -> Vec<u8> {
    [value, tuple(state), vec![code::BUILD]].concat()
}

/// Bytes as Python 3 writes them into a pickle of protocol 2.
pub(crate) fn latin1(bytes: &[u8]) -> Vec<u8> {
    let characters: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    call("_codecs encode", &[text(&characters), text("latin1")])
}

/// Elements of a kind such as `<f8`.
pub(crate) fn kind(kind: &str) -> Vec<u8> {
    let (order, kind) = kind.split_at(1);
    let (none, whole) = (vec![code::NONE], int(-1));
    let state = [int(3), text(order), none.clone(), none.clone(), none, whole.clone(), whole, int(0)];
    built(call("numpy dtype", &[text(kind), int(0), int(1)]), &state)
}

/// An array of a kind, filled with a list or with bytes; `\x89` for rows and `\x88` for columns first.
pub(crate) fn array(shape: &[i32], descr: &str, order: u8, values: Vec<u8>) -> Vec<u8> {
    let arguments = [global("numpy ndarray"), tuple(&[int(0)]), latin1(b"b")];
    let lengths: Vec<Vec<u8>> = shape.iter().map(|&length| int(length)).collect();
    let state = [int(1), tuple(&lengths), kind(descr), vec![order], values];
    built(call("numpy.core.multiarray _reconstruct", &arguments), &state)
}

pub(crate) fn numbers(values: &[f64]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    array(&[i32::try_from(values.len()).unwrap()], "<f8", code::NEWFALSE, latin1(&bytes))
}

pub(crate) fn whole(value: Vec<u8>) -> Vec<u8> {
    [vec![code::PROTO, 2], value, vec![code::STOP]].concat()
}
