//! The lexer and the tree of parentheses: bytes to nodes with spans, in one pass and without recursion.
//!
//! Nodes lie in the order of the file; a list knows where its last descendant ends. Words are compared and
//! quoted in lower case. Left out: any meaning.

use super::diagnostic::{Complaint, DiagnosticKind, PddlError, Place, is_line_end};

/// Deeper nesting is refused.
const MAX_DEPTH: usize = 1000;

/// Words that open a section of a domain or a problem.
const SECTIONS: [&str; 13] = [
    ":requirements",
    ":types",
    ":constants",
    ":predicates",
    ":functions",
    ":action",
    ":derived",
    ":durative-action",
    ":domain",
    ":objects",
    ":init",
    ":goal",
    ":metric",
];

/// A token or a list, by its place in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node(u32);

#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
    /// The first node that is not below this one.
    next: u32,
    is_list: bool,
}

/// The parentheses of a file.
#[derive(Debug)]
pub(crate) struct Tree<'t> {
    name: &'t str,
    bytes: &'t [u8],
    /// The text in lower case, byte for byte as long as `bytes`; comments and a byte order mark are spaces.
    lower: String,
    spans: Vec<Span>,
}

/// An unclosed parenthesis, and the word after it.
struct Open {
    node: usize,
    head_seen: bool,
}

impl<'t> Tree<'t> {
    /// Reads all top-level nodes.
    pub(crate) fn read(name: &'t str, bytes: &'t [u8]) -> Result<Tree<'t>, PddlError> {
        let lower = decode(name, bytes)?;
        let mut tree = Tree { name, bytes, lower, spans: Vec::new() };
        tree.lex().map_err(|(start, end, problem)| tree.single(start, end, problem))?;
        Ok(tree)
    }

    fn lex(&mut self) -> Result<(), (usize, usize, Complaint)> {
        let text = std::mem::take(&mut self.lower);
        let result = self.lex_bytes(text.as_bytes());
        self.lower = text;
        result
    }

    fn lex_bytes(&mut self, text: &[u8]) -> Result<(), (usize, usize, Complaint)> {
        let mut open: Vec<Open> = Vec::new();
        let mut nested_section = None;
        let mut last_closed = None;
        let mut i = 0;
        while i < text.len() {
            let start = i;
            i += 1;
            match text[start] {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => {}
                b'(' => {
                    if open.len() == MAX_DEPTH {
                        return Err((start, i, too_deep()));
                    }
                    self.token_seen(&mut open);
                    open.push(Open { node: self.spans.len(), head_seen: false });
                    self.push(start, i, true);
                }
                b')' => {
                    let Some(closed) = open.pop() else {
                        return Err((start, i, self.extra_close(last_closed)));
                    };
                    let next = self.spans.len() as u32;
                    let span = &mut self.spans[closed.node];
                    (span.end, span.next) = (i as u32, next);
                    if open.is_empty() {
                        last_closed = Some(start);
                    }
                }
                _ => {
                    let token = token_at(text, start)?;
                    i = start + token;
                    let is_head = self.token_seen(&mut open);
                    let is_section = is_head
                        && text[start] == b':'
                        && SECTIONS.iter().any(|s| s.as_bytes() == &text[start..i]);
                    if is_section && open.len() > 2 && nested_section.is_none() {
                        nested_section = Some((start, open[1].node));
                    }
                    self.push(start, i, false);
                }
            }
        }
        match open.last() {
            None => Ok(()),
            Some(open) => Err(self.unclosed(open.node, nested_section)),
        }
    }

    /// Marks the innermost list as begun; whether this is its first element.
    fn token_seen(&self, open: &mut [Open]) -> bool {
        open.last_mut().is_some_and(|list| !std::mem::replace(&mut list.head_seen, true))
    }

    fn push(&mut self, start: usize, end: usize, is_list: bool) {
        let next = self.spans.len() as u32 + 1;
        self.spans.push(Span { start: start as u32, end: end as u32, next, is_list });
    }

    fn unclosed(&self, innermost: usize, nested: Option<(usize, usize)>) -> (usize, usize, Complaint) {
        let end = self.bytes.len();
        let (node, found) = match nested {
            Some((section, node)) => {
                (node, format!("a new section begins inside it at {}", self.at(section)))
            }
            None => (innermost, format!("the file ends at {}", self.at(end))),
        };
        let start = self.spans[node].start as usize;
        let problem = Complaint::new(DiagnosticKind::Syntax, format!("this '(' is never closed: {found}"));
        (start, start + 1, problem.expected("a ')' for it"))
    }

    fn extra_close(&self, last_closed: Option<usize>) -> Complaint {
        let problem = Complaint::new(DiagnosticKind::Syntax, "this ')' closes nothing");
        match last_closed {
            Some(at) => problem.hint(format!("everything was already closed by the ')' at {}", self.at(at))),
            None => problem.expected("'('"),
        }
    }

    fn at(&self, offset: usize) -> String {
        let place = self.place_of(offset, offset);
        format!("line {}, column {}", place.line, place.column)
    }

    fn place_of(&self, start: usize, end: usize) -> Place {
        place(self.name, self.bytes, start, end)
    }

    fn single(&self, start: usize, end: usize, problem: Complaint) -> PddlError {
        PddlError::single(problem.at(self.place_of(start, end)))
    }

    /// The error of a file without any node.
    pub(crate) fn nothing(&self) -> PddlError {
        let problem = Complaint::new(DiagnosticKind::Syntax, "the file holds nothing but space and comments");
        self.single(0, 0, problem.expected("'('"))
    }

    /// The lines in which nodes begin, from one. The nodes must be asked for in their order.
    pub(crate) fn lines(&self) -> impl FnMut(Node) -> usize {
        let (mut at, mut line) = (0, 1);
        move |node| {
            let start = (self.spans[node.0 as usize].start as usize).max(at);
            line += (at..start).filter(|&i| is_line_end(self.bytes, i)).count();
            at = start;
            line
        }
    }

    /// An error about one node alone.
    pub(crate) fn error(&self, node: Node, problem: Complaint) -> PddlError {
        PddlError::single(problem.at(self.place(node)))
    }

    /// Where a node is: a token whole, a list by its parenthesis and first word.
    pub(crate) fn place(&self, node: Node) -> Place {
        let span = self.spans[node.0 as usize];
        let end = match self.children(node).next() {
            Some(head) if span.is_list && self.token(head).is_some() => self.spans[head.0 as usize].end,
            _ if span.is_list => span.start + 1,
            _ => span.end,
        };
        self.place_of(span.start as usize, end as usize)
    }

    /// The top-level nodes.
    pub(crate) fn roots(&self) -> Children<'_> {
        Children { tree: self, at: 0, end: self.spans.len() as u32 }
    }

    /// The elements of a list; none of a token.
    pub(crate) fn children(&self, node: Node) -> Children<'_> {
        Children { tree: self, at: node.0 + 1, end: self.spans[node.0 as usize].next }
    }

    /// A node and everything below it, in the order of the file.
    pub(crate) fn descendants(&self, node: Node) -> impl Iterator<Item = Node> + use<> {
        (node.0..self.spans[node.0 as usize].next).map(Node)
    }

    /// Whether a node is a list.
    pub(crate) fn is_list(&self, node: Node) -> bool {
        self.spans[node.0 as usize].is_list
    }

    /// A token in lower case; `None` for a list.
    pub(crate) fn token(&self, node: Node) -> Option<&str> {
        let span = self.spans[node.0 as usize];
        (!span.is_list).then(|| &self.lower[span.start as usize..span.end as usize])
    }

    /// The first element of a list if it is a token.
    pub(crate) fn head(&self, node: Node) -> Option<&str> {
        self.children(node).next().and_then(|first| self.token(first))
    }

    /// A node in words, for "found ...": as it stands if it is short.
    pub(crate) fn describe(&self, node: Node) -> String {
        const SHORT: usize = 40;
        let span = self.spans[node.0 as usize];
        let text = &self.lower[span.start as usize..span.end as usize];
        if let Some(token) = self.token(node) {
            return format!("'{}'", cut(token));
        }
        if text.len() <= SHORT && !text.contains(['\n', '\r']) {
            return format!("'{text}'");
        }
        match self.head(node) {
            Some(head) => format!("'({} ...)'", cut(head)),
            None => "'((...'".to_string(),
        }
    }
}

/// Iterator over the elements of a list.
#[derive(Clone)]
pub(crate) struct Children<'t> {
    tree: &'t Tree<'t>,
    at: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = Node;

    fn next(&mut self) -> Option<Node> {
        if self.at >= self.end {
            return None;
        }
        let node = Node(self.at);
        self.at = self.tree.spans[self.at as usize].next;
        Some(node)
    }
}

/// A name short enough for a message.
pub(crate) fn cut(name: &str) -> String {
    const LONGEST: usize = 60;
    if name.chars().count() <= LONGEST {
        return name.to_string();
    }
    name.chars().take(LONGEST).chain("...".chars()).collect()
}

/// The text in lower case, with spaces for comments and a byte order mark.
fn decode(name: &str, bytes: &[u8]) -> Result<String, PddlError> {
    let fail = |offset: usize, problem: Complaint| {
        Err(PddlError::single(problem.at(place(name, bytes, offset, offset + 1))))
    };
    if u32::try_from(bytes.len()).is_err() {
        let message = format!("the file has {} bytes", bytes.len());
        return fail(0, Complaint::new(DiagnosticKind::Limit, message).expected("less than 4 GiB"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let problem =
            Complaint::new(DiagnosticKind::Encoding, "the file is UTF-16 (byte order mark at byte offset 0)");
        return fail(0, problem.expected("UTF-8 text").hint("save the file as UTF-8"));
    }
    // Comments are in any encoding, also in files whose code is plain ASCII.
    let code = without_comments(bytes);
    if let Err(error) = std::str::from_utf8(&code) {
        let offset = error.valid_up_to();
        let message = format!("not text: byte 0x{:02x} at byte offset {offset} is not UTF-8", bytes[offset]);
        return fail(offset, Complaint::new(DiagnosticKind::Encoding, message).expected("UTF-8 text"));
    }
    let control = |&b: &u8| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    if let Some(offset) = code.iter().position(control) {
        let message = format!("binary data: byte 0x{:02x} at byte offset {offset}", bytes[offset]);
        return fail(offset, Complaint::new(DiagnosticKind::Encoding, message).expected("UTF-8 text"));
    }
    let mut lower = String::from_utf8_lossy(&code).to_ascii_lowercase();
    if lower.starts_with('\u{feff}') {
        lower.replace_range(..3, "   ");
    }
    Ok(lower)
}

/// The bytes with spaces for comments.
fn without_comments(bytes: &[u8]) -> Vec<u8> {
    let mut in_comment = false;
    let code = bytes.iter().map(|&byte| {
        in_comment = !matches!(byte, b'\n' | b'\r') && (in_comment || byte == b';');
        if in_comment { b' ' } else { byte }
    });
    code.collect()
}

/// A place that does not count a byte order mark as a column.
fn place(name: &str, bytes: &[u8], start: usize, end: usize) -> Place {
    let mark = if bytes.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    Place::of(name, &bytes[mark..], start.saturating_sub(mark), end.saturating_sub(mark))
}

/// The length of the token that begins at `start`; a question mark begins another one.
fn token_at(text: &[u8], start: usize) -> Result<usize, (usize, usize, Complaint)> {
    let ends = |b: u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | b'(' | b')');
    let mut end = start;
    while end < text.len() && !(ends(text[end]) || (text[end] == b'?' && end > start)) {
        let byte = text[end];
        if !byte.is_ascii_graphic() || matches!(byte, b'"' | b'\'' | b',' | b'`' | b'{' | b'}' | b'\\') {
            return Err(unexpected(text, end));
        }
        end += 1;
    }
    Ok(end - start)
}

fn unexpected(text: &[u8], at: usize) -> (usize, usize, Complaint) {
    let rest = String::from_utf8_lossy(&text[at..text.len().min(at + 4)]);
    let found = rest.chars().next().unwrap_or(' ');
    let problem = Complaint::new(DiagnosticKind::Syntax, format!("unexpected character '{found}'"));
    let problem = problem.expected("a name of ASCII letters, digits, '-' and '_'");
    let problem = match found {
        ',' => problem.hint("PDDL separates names by spaces"),
        '{' => problem.hint("PDDL is written in parentheses; is this JSON?"),
        c if !c.is_ascii() => problem.hint("other characters are allowed in comments only"),
        _ => problem,
    };
    (at, at + found.len_utf8(), problem)
}

fn too_deep() -> Complaint {
    Complaint::new(DiagnosticKind::Limit, format!("parentheses are nested deeper than {MAX_DEPTH}"))
}
