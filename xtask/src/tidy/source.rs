//! A Rust file seen as code, comments and test regions, line for line.
//!
//! A small lexer blanks out string contents and comments, so that rules can look for words without being fooled by
//! text. It leaves out parsing: items are found by their keyword and matching braces, which suffices for
//! formatted source.

use std::ops::Range;

/// One Rust file.
#[derive(Debug)]
pub struct Source {
    /// Path from the repository root, with `/`.
    pub path: String,
    /// The text as it is.
    pub raw: String,
    /// The text with comments and string contents blanked out.
    pub code: String,
    /// The text with everything but comments blanked out.
    pub comments: String,
    /// Byte ranges of items that exist only in tests.
    tests: Vec<Range<usize>>,
    whole_file_is_test: bool,
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of its `fn`, from 1.
    pub line: usize,
    /// Lines from `fn` to the closing brace, both included.
    pub lines: usize,
    /// Where its `fn` is, in bytes.
    pub offset: usize,
}

impl Source {
    /// Splits `raw`.
    pub fn new(path: &str, raw: &str) -> Source {
        let (code, comments) = split(raw);
        let tests = test_items(&code);
        let whole_file_is_test = is_test_path(path);
        Source { path: path.into(), raw: raw.into(), code, comments, tests, whole_file_is_test }
    }

    /// Declares that the whole file is compiled for tests only (its `mod` line stands under `#[cfg(test)]`).
    pub fn mark_as_test(&mut self) {
        self.whole_file_is_test = true;
    }

    /// Whether the byte at `offset` is compiled only for tests.
    pub fn in_test(&self, offset: usize) -> bool {
        self.whole_file_is_test || self.tests.iter().any(|range| range.contains(&offset))
    }

    /// The crate that the file belongs to, by its folder.
    pub fn crate_name(&self) -> &str {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => parts.next().unwrap_or_default(),
            first => first.unwrap_or_default(),
        }
    }

    /// Whether it is shipped code: below a `src` folder and not for tests.
    pub fn is_src(&self) -> bool {
        !self.whole_file_is_test && self.path.split('/').any(|part| part == "src")
    }

    /// The line of a byte offset, from 1.
    pub fn line_of(&self, offset: usize) -> usize {
        1 + self.raw.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count()
    }

    /// Lines that are not in a test region.
    pub fn lines_without_tests(&self) -> usize {
        if self.whole_file_is_test {
            return 0;
        }
        let in_tests: usize =
            self.tests.iter().map(|range| self.raw[range.clone()].matches('\n').count() + 1).sum();
        self.raw.lines().count().saturating_sub(in_tests)
    }

    /// Every function with a body, in order.
    pub fn functions(&self) -> Vec<Function> {
        words(&self.code, "fn").filter_map(|offset| self.function(offset)).collect()
    }

    /// Modules declared under `#[cfg(test)]` whose code is in another file.
    pub fn test_modules(&self) -> Vec<String> {
        let declared = self.tests.iter().filter_map(|range| {
            let item = self.code[range.clone()].trim_end().strip_suffix(';')?;
            let name = item.rsplit_once("mod ")?.1.trim();
            name.chars().all(is_ident).then(|| name.to_string())
        });
        declared.collect()
    }

    fn function(&self, offset: usize) -> Option<Function> {
        let rest = self.code[offset + 2..].trim_start();
        let name: String = rest.chars().take_while(|c| is_ident(*c)).collect();
        if name.is_empty() {
            return None;
        }
        let end = item_end(&self.code, offset);
        if self.code.as_bytes().get(end.checked_sub(1)?) != Some(&b'}') {
            return None;
        }
        let lines = self.code[offset..end].matches('\n').count() + 1;
        Some(Function { name, line: self.line_of(offset), lines, offset })
    }
}

/// Whether `c` can stand in an identifier.
pub fn is_ident(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Byte offsets at which `needle` stands in `text`, not as a part of a longer identifier.
pub fn words<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let joined = |neighbor: Option<char>, edge: Option<char>| {
        neighbor.is_some_and(is_ident) && edge.is_some_and(is_ident)
    };
    text.match_indices(needle).map(|(offset, _)| offset).filter(move |offset| {
        !joined(text[..*offset].chars().next_back(), needle.chars().next())
            && !joined(text[offset + needle.len()..].chars().next(), needle.chars().next_back())
    })
}

/// The end of the item that begins at `offset` of blanked code: behind its closing brace or its semicolon.
pub fn item_end(code: &str, offset: usize) -> usize {
    let mut depth = 0_i32;
    for (at, byte) in code.bytes().enumerate().skip(offset) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'}' => {
                depth -= 1;
                if depth <= 0 {
                    return at + 1;
                }
            }
            b';' if depth <= 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn is_test_path(path: &str) -> bool {
    let mut parts: Vec<&str> = path.split('/').collect();
    let file = parts.pop().unwrap_or_default();
    file == "tests.rs" || parts.iter().any(|part| matches!(*part, "tests" | "benches" | "examples" | "fuzz"))
}

fn test_items(code: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for attribute in ["#[cfg(test)]", "#[test]", "#[cfg(all(test"] {
        for (offset, _) in code.match_indices(attribute) {
            let behind = skip_attributes(code, offset);
            ranges.push(offset..item_end(code, behind));
        }
    }
    ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut outer: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        if outer.last().is_none_or(|last| range.start >= last.end) {
            outer.push(range);
        }
    }
    outer
}

fn skip_attributes(code: &str, mut offset: usize) -> usize {
    loop {
        let rest = &code[offset..];
        offset += rest.len() - rest.trim_start().len();
        if !code[offset..].starts_with("#[") {
            return offset;
        }
        offset = bracket_end(code, offset + 1);
    }
}

/// The end of the bracket that opens at `offset`: behind its closing partner.
pub fn bracket_end(code: &str, offset: usize) -> usize {
    let mut depth = 0_i32;
    for (at, byte) in code.bytes().enumerate().skip(offset) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Text,
}

/// Code and comments of `raw`, each with everything else replaced by spaces, bytes and lines kept in place.
fn split(raw: &str) -> (String, String) {
    let bytes = raw.as_bytes();
    let (mut code, mut comments) = (bytes.to_vec(), bytes.to_vec());
    let mut at = 0;
    while at < bytes.len() {
        let (kind, end) = token(raw, at);
        for i in (at..end).filter(|i| bytes[*i] != b'\n') {
            if kind != Kind::Comment {
                comments[i] = b' ';
            }
            if kind != Kind::Code {
                code[i] = b' ';
            }
        }
        at = end;
    }
    (String::from_utf8_lossy(&code).into_owned(), String::from_utf8_lossy(&comments).into_owned())
}

/// The kind and the end of the token at `at`. Identifiers are taken whole, so that a prefix of a raw string is seen.
fn token(raw: &str, at: usize) -> (Kind, usize) {
    let bytes = raw.as_bytes();
    match bytes[at] {
        b'/' if raw[at..].starts_with("//") => (Kind::Comment, line_end(raw, at)),
        b'/' if raw[at..].starts_with("/*") => (Kind::Comment, block_comment_end(raw, at)),
        b'"' => (Kind::Text, escaped_end(raw, at, b'"')),
        b'\'' => char_or_lifetime(raw, at),
        first if first == b'_' || first.is_ascii_alphabetic() => identifier(raw, at),
        _ => (Kind::Code, at + raw[at..].chars().next().map_or(1, char::len_utf8)),
    }
}

fn identifier(raw: &str, at: usize) -> (Kind, usize) {
    let bytes = raw.as_bytes();
    let end = at + raw[at..].find(|c| !is_ident(c)).unwrap_or(raw.len() - at);
    let word = &raw[at..end];
    if !matches!(word, "r" | "b" | "c" | "br" | "cr") {
        return (Kind::Code, end);
    }
    let hashes = raw[end..].bytes().take_while(|byte| *byte == b'#').count();
    let quoted = bytes.get(end + hashes) == Some(&b'"');
    if word.ends_with('r') && quoted {
        let close = format!("\"{}", "#".repeat(hashes));
        let body = end + hashes + 1;
        return (Kind::Text, raw[body..].find(&close).map_or(raw.len(), |i| body + i + close.len()));
    }
    match bytes.get(end) {
        Some(b'"') => (Kind::Text, escaped_end(raw, end, b'"')),
        Some(b'\'') if word == "b" => (Kind::Text, escaped_end(raw, end, b'\'')),
        _ => (Kind::Code, end),
    }
}

fn line_end(raw: &str, at: usize) -> usize {
    raw[at..].find('\n').map_or(raw.len(), |i| at + i)
}

fn block_comment_end(raw: &str, at: usize) -> usize {
    let (mut depth, mut i) = (0, at);
    while i < raw.len() {
        if raw.as_bytes()[i..].starts_with(b"/*") {
            depth += 1;
            i += 2;
        } else if raw.as_bytes()[i..].starts_with(b"*/") {
            depth -= 1;
            i += 2;
            if depth == 0 {
                return i;
            }
        } else {
            i += 1;
        }
    }
    raw.len()
}

/// The end of a literal that opens at `at` and closes with an unescaped `quote`.
fn escaped_end(raw: &str, at: usize, quote: u8) -> usize {
    let bytes = raw.as_bytes();
    let mut i = at + 1;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 2,
            byte if byte == quote => return i + 1,
            _ => i += 1,
        }
    }
    raw.len()
}

fn char_or_lifetime(raw: &str, at: usize) -> (Kind, usize) {
    let mut chars = raw[at + 1..].chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => (Kind::Text, escaped_end(raw, at, b'\'')),
        (Some(c), Some('\'')) if c != '\'' => (Kind::Text, at + 2 + c.len_utf8()),
        _ => (Kind::Code, at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_comments_are_blanked() {
        let cases = [
            ("a string", r#"f("fn x {")"#, "f(        )"),
            ("an escaped quote", r#"f("a\"b") g"#, "f(      ) g"),
            ("a raw string", r###"f(r#"a"b"#) g"###, "f(        ) g"),
            ("a byte string", r#"f(b"ab") g"#, "f(     ) g"),
            ("a character", "f('\"') g", "f(   ) g"),
            ("an escaped character", r"f('\'') g", "f(    ) g"),
            ("a lifetime", "f<'a>(x: &'a str)", "f<'a>(x: &'a str)"),
            ("a raw identifier", "r#fn", "r#fn"),
            ("a line comment", "x // fn\ny", "x      \ny"),
            ("nested block comments", "a /* b /* c */ d */ e", "a                   e"),
        ];
        for (name, raw, code) in cases {
            assert_eq!(Source::new("src/a.rs", raw).code, code, "{name}");
        }
    }

    /// A literal or a comment that was cut wrongly would leave a bracket without its partner.
    #[test]
    fn real_files_stay_balanced() {
        let repo = crate::repo::Repo::find().expect("tests run inside the repository");
        let paths = repo.files().expect("readable").into_iter().filter(|path| path.ends_with(".rs"));
        for path in paths.filter(|path| path.starts_with("xtask/")) {
            let source = Source::new(&path, &repo.read(&path).expect("readable"));
            for (open, close) in [("{", "}"), ("(", ")"), ("[", "]")] {
                let count = |bracket| source.code.matches(bracket).count();
                assert_eq!(count(open), count(close), "{open}{close} in {path}");
            }
        }
    }

    #[test]
    fn functions_have_their_lines() {
        let raw =
            "trait T {\n    fn none(&self) -> [u8; 2];\n}\nfn one() {}\nfn three<T>(x: T)\nwhere T: A {\n}\n";
        let functions = Source::new("src/a.rs", raw).functions();
        let found: Vec<_> = functions.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(found, [("one", 4, 1), ("three", 5, 3)]);
    }

    #[test]
    fn a_function_pointer_is_no_function() {
        assert_eq!(Source::new("src/a.rs", "type F = fn(u8) -> u8;").functions(), []);
    }

    #[test]
    fn test_regions_are_known() {
        let raw = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
        let source = Source::new("src/a.rs", raw);
        let tested: Vec<bool> = source.functions().iter().map(|f| source.in_test(f.offset)).collect();
        assert_eq!(tested, [false, true, false]);
        assert_eq!(source.lines_without_tests(), 2);
    }

    #[test]
    fn test_modules_in_other_files_are_named() {
        let raw = "#[cfg(test)]\nmod cases;\n#[cfg(test)]\n#[path = \"x.rs\"]\npub(crate) mod more;\nmod shipped;\n";
        assert_eq!(Source::new("src/a.rs", raw).test_modules(), ["cases", "more"]);
    }

    #[test]
    fn a_word_is_not_part_of_a_longer_one() {
        assert_eq!(words("unsafe_code unsafe unsafe{", "unsafe").collect::<Vec<_>>(), [12, 19]);
    }
}
