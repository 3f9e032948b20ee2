//! Judges the head of a text table: byte order mark, encoding, and which character separates the fields.
//!
//! The separator is the candidate under which the most of the first rows have as many fields as the first row, then
//! the one that gives the most fields.

use crate::DataError;

/// How many bytes of a file are looked at.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;

const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
const MAX_ROWS: usize = 50;

/// Removes a byte order mark and refuses what is not UTF-8-like text.
pub(crate) fn check_text<'a>(file: &str, head: &'a [u8]) -> Result<&'a [u8], DataError> {
    let refuse = |found| Err(DataError::NotText { file: file.to_string(), found });
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return refuse("it is UTF-16");
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(&[0x1f, 0x8b]) {
        return refuse("it is a compressed archive");
    }
    if head.contains(&0) {
        return refuse("it holds zero bytes");
    }
    Ok(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head))
}

/// The separator of a table that begins with `head`; a comma when there is nothing to separate.
pub(crate) fn delimiter(head: &[u8]) -> u8 {
    let judged = CANDIDATES.iter().map(|&candidate| (judge(head, candidate), candidate));
    // Earlier candidates win ties: max_by_key keeps the last, so the order is reversed.
    let best = judged.rev().max_by_key(|(judgement, _)| *judgement);
    best.map_or(b',', |(_, candidate)| candidate)
}

/// Whether a file that begins with `head` looks like delimited text: a header and rows of two or more fields, most of
/// them with as many fields as the header. Cheap, and never an error.
pub(crate) fn looks_like_text_table(head: &[u8]) -> bool {
    let head = &head[..head.len().min(HEAD_BYTES)];
    let Ok(text) = check_text("", head) else { return false };
    let opens_with = text.iter().find(|byte| !byte.is_ascii_whitespace());
    if opens_with.is_some_and(|byte| b"({[<".contains(byte)) {
        return false;
    }
    judge(text, delimiter(text)).is_some_and(|judgement| judgement.agreeing >= 900 && judgement.n_rows > 1)
}

/// How well a separator fits, best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Judgement {
    /// Thousandths of the rows that agree with the first.
    agreeing: usize,
    n_fields: usize,
    n_rows: usize,
}

/// Nothing for a single field.
fn judge(head: &[u8], delimiter: u8) -> Option<Judgement> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(head);
    let mut record = csv::ByteRecord::new();
    let mut counts = Vec::new();
    while counts.len() < MAX_ROWS && reader.read_byte_record(&mut record).unwrap_or(false) {
        counts.push(record.len());
    }
    // The last row of a full head may be cut.
    if counts.len() > 1 && reader.is_done() && head.len() >= HEAD_BYTES - 3 {
        counts.pop();
    }
    let n_fields = *counts.first().filter(|&&n| n > 1)?;
    let agreeing = counts.iter().filter(|&&n| n == n_fields).count();
    Some(Judgement { agreeing: agreeing * 1000 / counts.len(), n_fields, n_rows: counts.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_recognized() {
        let cases: [(&str, u8, &str); 8] = [
            ("comma", b',', "a,b\n1,2\n"),
            ("semicolon with decimal commas", b';', "a;b\n1,5;2,5\n3,0;4\n"),
            ("tab with commas inside", b'\t', "a\tb\n1,2,3\tx\n"),
            ("pipe", b'|', "a|b|c\n1|2|3\n"),
            ("quoted commas", b';', "\"a,b\";\"c,d\"\n\"1,2\";\"3\"\n"),
            ("one column", b',', "a\n1\n2\n"),
            ("ragged commas are still commas", b',', "a,b\n1,2\n1,2,3\n"),
            ("nothing", b',', ""),
        ];
        for (name, expected, text) in cases {
            assert_eq!(char::from(delimiter(text.as_bytes())), char::from(expected), "{name}");
        }
    }

    #[test]
    fn tables_are_told_from_other_text() {
        let cases: [(&str, bool); 9] = [
            ("a,b\n1,2\n", true),
            ("\u{feff}a;b\r\n1;2\r\n3;4\r\n", true),
            ("a,b\n", false),
            ("a\n1\n2\n", false),
            ("", false),
            ("(define (domain d)\n  (:predicates (p ?x) (q, ?y)))\n", false),
            ("; a comment, with a comma\n(define (domain d))\n", false),
            ("Dear reader,\nthis, too, is prose.\nYours, me\n", false),
            ("a,b\n1,\0\n", false),
        ];
        for (text, expected) in cases {
            assert_eq!(looks_like_text_table(text.as_bytes()), expected, "{text:?}");
        }
    }
}
