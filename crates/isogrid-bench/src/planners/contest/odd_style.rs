//! Odd but legal styles of PDDL: rewritings of a text that must not change what it means.
//!
//! A style is a change of structure (types in `either`, objects as constants, needless `and`) and one of layout
//! (comments, case, white space). Left out: what changes the task.

/// An S-expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tree {
    Word(String),
    List(Vec<Tree>),
}

/// Changes of structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Structure {
    Plain,
    /// `t` becomes `(either t)`.
    Either,
    /// `t` becomes `(either t (either t t))`.
    NestedEither,
    /// The same two where predicates are declared, and nowhere else.
    EitherInPredicates,
    NestedEitherInPredicates,
    /// Objects of the problem stand in the domain as constants.
    ObjectsAsConstants,
    /// The goal and every precondition that is not empty stand in an `and` more.
    MoreAnd,
    /// Every precondition that is not empty follows from nothing: `(imply (and) p)`.
    Imply,
    /// The goal holds for some object or other.
    QuantifiedGoal,
    /// Empty parameter lists and preconditions are left out.
    NothingEmpty,
    /// Requirements are said twice.
    RequirementsTwice,
    /// Every typed name has a type of its own: `a - t b - t`.
    TypeEach,
    /// Atoms of the initial state stand twice.
    InitTwice,
    /// An action that nothing applies to is added, without parameters.
    IdleAction,
    /// A predicate and a type that nothing uses are added.
    Unused,
    /// Groups of no objects stand between the others: `a - t - t`.
    EmptyGroups,
    /// A requirement of the oldest files: `:negation`.
    Negation,
}

pub(super) const STRUCTURES: [Structure; 17] = [
    Structure::Plain,
    Structure::Either,
    Structure::NestedEither,
    Structure::EitherInPredicates,
    Structure::NestedEitherInPredicates,
    Structure::ObjectsAsConstants,
    Structure::MoreAnd,
    Structure::Imply,
    Structure::QuantifiedGoal,
    Structure::NothingEmpty,
    Structure::RequirementsTwice,
    Structure::TypeEach,
    Structure::InitTwice,
    Structure::IdleAction,
    Structure::Unused,
    Structure::EmptyGroups,
    Structure::Negation,
];

/// Changes of layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    OneLine,
    WordALine,
    CommentsEverywhere,
    UpperCase,
    MixedCase,
    CarriageReturns,
    Tabs,
    NoSpaces,
    CommentsWithBrackets,
    /// Comments that are text in another encoding, and a byte that is none.
    CommentsInLatin1,
    /// No space before a variable.
    GluedVariables,
    NoLastLineEnd,
}

pub(super) const LAYOUTS: [Layout; 12] = [
    Layout::OneLine,
    Layout::WordALine,
    Layout::CommentsEverywhere,
    Layout::UpperCase,
    Layout::MixedCase,
    Layout::CarriageReturns,
    Layout::Tabs,
    Layout::NoSpaces,
    Layout::CommentsWithBrackets,
    Layout::CommentsInLatin1,
    Layout::GluedVariables,
    Layout::NoLastLineEnd,
];

impl Tree {
    /// The tree of a text without faults; none of another.
    pub fn parse(text: &str) -> Option<Tree> {
        let mut open: Vec<Vec<Tree>> = vec![Vec::new()];
        for line in text.lines() {
            let spaced = line.split(';').next()?.replace('(', " ( ").replace(')', " ) ");
            for word in spaced.split_whitespace() {
                match word {
                    "(" => open.push(Vec::new()),
                    ")" => {
                        let list = open.pop()?;
                        open.last_mut()?.push(Tree::List(list));
                    }
                    _ => open.last_mut()?.push(Tree::Word(word.to_string())),
                }
            }
        }
        let mut trees = open.pop().filter(|_| open.is_empty())?;
        trees.pop().filter(|_| trees.is_empty())
    }

    fn word(&self) -> Option<&str> {
        match self {
            Tree::Word(word) => Some(word),
            Tree::List(_) => None,
        }
    }

    fn list(&mut self) -> Option<&mut Vec<Tree>> {
        match self {
            Tree::Word(_) => None,
            Tree::List(list) => Some(list),
        }
    }

    /// The section whose first word this is.
    fn section(&mut self, name: &str) -> Option<&mut Vec<Tree>> {
        let sections = self.list()?.iter_mut().filter_map(Tree::list);
        sections.into_iter().find(|section| section.first().and_then(Tree::word) == Some(name))
    }

    fn of(text: &str) -> Tree {
        Tree::parse(text).unwrap_or_else(|| Tree::List(Vec::new()))
    }
}

impl Structure {
    /// Changes a domain and its problem.
    pub fn change(self, domain: &mut Tree, problem: &mut Tree) {
        match self {
            Structure::Plain => {}
            Structure::Either => change_types(domain, problem, &either),
            Structure::NestedEither => change_types(domain, problem, &nested_either),
            Structure::EitherInPredicates => each_predicate(domain, &mut |list| map_types(list, &either)),
            Structure::NestedEitherInPredicates => {
                each_predicate(domain, &mut |list| map_types(list, &nested_either));
            }
            Structure::Imply => after_key(domain, ":precondition", &|formula| match &formula {
                Tree::List(list) if list.is_empty() => formula,
                _ => Tree::List(vec![Tree::Word("imply".into()), Tree::of("(and)"), formula]),
            }),
            Structure::QuantifiedGoal => {
                if let Some([_, goal]) = problem.section(":goal").map(Vec::as_mut_slice) {
                    let some = [Tree::Word("exists".into()), Tree::of("(?any-one - object)"), goal.clone()];
                    *goal = Tree::List(some.into());
                }
            }
            Structure::ObjectsAsConstants => objects_as_constants(domain, problem),
            Structure::MoreAnd => {
                after_key(domain, ":precondition", &|formula| match &formula {
                    Tree::List(list) if list.is_empty() => formula,
                    _ => Tree::List(vec![Tree::Word("and".into()), formula]),
                });
                if let Some([_, goal]) = problem.section(":goal").map(Vec::as_mut_slice) {
                    *goal = Tree::List(vec![Tree::Word("and".into()), goal.clone()]);
                }
            }
            Structure::NothingEmpty => drop_empty(domain),
            Structure::RequirementsTwice => {
                if let Some(section) = domain.section(":requirements") {
                    let again = section[1..].to_vec();
                    section.extend(again);
                }
            }
            Structure::TypeEach => {
                each_typed_list(domain, &mut type_each);
                if let Some(objects) = problem.section(":objects") {
                    type_each(objects);
                }
            }
            Structure::EmptyGroups => {
                if let Some(objects) = problem.section(":objects") {
                    empty_groups(objects);
                }
            }
            Structure::Negation => {
                if let Some(requirements) = domain.section(":requirements") {
                    requirements.push(Tree::Word(":negation".into()));
                }
            }
            Structure::InitTwice => {
                if let Some(init) = problem.section(":init") {
                    let atoms = init[1..].iter().filter(|tree| !matches!(tree, Tree::List(list) if list.first().and_then(Tree::word) == Some("=")));
                    let again: Vec<Tree> = atoms.cloned().collect();
                    init.extend(again);
                }
            }
            Structure::IdleAction => {
                let action = "(:action idle :parameters () :precondition () :effect (and))";
                domain.list().into_iter().for_each(|sections| sections.push(Tree::of(action)));
            }
            Structure::Unused => {
                if let Some(predicates) = domain.section(":predicates") {
                    predicates.push(Tree::of("(never-used ?a ?b)"));
                }
                if let Some(types) = domain.section(":types") {
                    types.insert(1, Tree::Word("unused-kind".into()));
                    types.insert(2, Tree::Word("-".into()));
                    types.insert(3, Tree::Word("object".into()));
                }
            }
        }
    }
}

fn either(name: &str) -> Tree {
    Tree::of(&format!("(either {name})"))
}

fn nested_either(name: &str) -> Tree {
    Tree::of(&format!("(either {name} (either {name} {name}))"))
}

fn each_predicate(domain: &mut Tree, change: &mut dyn FnMut(&mut Vec<Tree>)) {
    let predicates = domain.section(":predicates").into_iter().flatten().skip(1);
    predicates.filter_map(Tree::list).for_each(change);
}

fn change_types(domain: &mut Tree, problem: &mut Tree, change: &dyn Fn(&str) -> Tree) {
    each_typed_list(domain, &mut |list| map_types(list, change));
    if let Some(objects) = problem.section(":objects") {
        map_types(objects, change);
    }
}

/// Parameters of predicates and actions, constants; not types, where `either` is another matter.
fn each_typed_list(domain: &mut Tree, change: &mut dyn FnMut(&mut Vec<Tree>)) {
    let Some(sections) = domain.list() else { return };
    for section in sections.iter_mut().filter_map(Tree::list) {
        match section.first().and_then(Tree::word) {
            Some(":constants") => change(section),
            Some(":predicates") => section.iter_mut().skip(1).filter_map(Tree::list).for_each(&mut *change),
            Some(":action") => {
                let at = section.iter().position(|tree| tree.word() == Some(":parameters"));
                if let Some(list) = at.and_then(|at| section.get_mut(at + 1)).and_then(Tree::list) {
                    change(list);
                }
            }
            _ => {}
        }
    }
}

fn map_types(list: &mut [Tree], change: &dyn Fn(&str) -> Tree) {
    for at in 1..list.len() {
        if list[at - 1].word() == Some("-")
            && let Some(name) = list[at].word()
        {
            list[at] = change(name);
        }
    }
}

/// `a b - t` becomes `a - t b - t`; a first word that is no variable or object stays.
/// Every type is said once more, of nothing.
fn empty_groups(list: &mut Vec<Tree>) {
    let mut is_type = false;
    for tree in std::mem::take(list) {
        let was_type = std::mem::replace(&mut is_type, tree.word() == Some("-"));
        list.push(tree.clone());
        if was_type {
            list.extend([Tree::Word("-".into()), tree]);
        }
    }
}

fn type_each(list: &mut Vec<Tree>) {
    let mut done = Vec::new();
    let mut names: Vec<Tree> = Vec::new();
    let mut rest = std::mem::take(list).into_iter();
    while let Some(tree) = rest.next() {
        if tree.word() == Some("-") {
            let Some(of_type) = rest.next() else { break };
            for name in names.drain(..) {
                done.extend([name, Tree::Word("-".into()), of_type.clone()]);
            }
        } else if done.is_empty()
            && names.is_empty()
            && tree.word().is_some_and(|word| !word.starts_with('?'))
        {
            // The section's or the predicate's name.
            done.push(tree);
        } else {
            names.push(tree);
        }
    }
    done.extend(names);
    *list = done;
}

fn objects_as_constants(domain: &mut Tree, problem: &mut Tree) {
    let objects = problem.section(":objects").map(|section| section.split_off(1)).unwrap_or_default();
    match domain.section(":constants") {
        Some(constants) => constants.extend(objects),
        None => {
            let at = domain.list().and_then(|sections| {
                sections.iter_mut().position(|tree| {
                    tree.list().and_then(|section| section.first()?.word().map(|word| word == ":predicates"))
                        == Some(true)
                })
            });
            let section = [Tree::Word(":constants".into())].into_iter().chain(objects).collect();
            if let (Some(at), Some(sections)) = (at, domain.list()) {
                sections.insert(at, Tree::List(section));
            }
        }
    }
}

fn after_key(domain: &mut Tree, key: &str, change: &dyn Fn(Tree) -> Tree) {
    let Some(sections) = domain.list() else { return };
    for section in sections.iter_mut().filter_map(Tree::list) {
        for at in 1..section.len() {
            if section[at - 1].word() == Some(key) {
                section[at] = change(section[at].clone());
            }
        }
    }
}

fn drop_empty(domain: &mut Tree) {
    let Some(sections) = domain.list() else { return };
    for section in sections.iter_mut().filter_map(Tree::list) {
        let mut at = 1;
        while at < section.len() {
            let is_key = matches!(section[at - 1].word(), Some(":parameters" | ":precondition"));
            if is_key && section[at] == Tree::List(Vec::new()) {
                section.drain(at - 1..=at);
            } else {
                at += 1;
            }
        }
    }
}

impl Layout {
    /// The text of a tree, in the encoding of the layout.
    pub fn print(self, tree: &Tree) -> Vec<u8> {
        let text = self.text(tree);
        match self {
            // Of the characters used here, Latin-1 has one byte each.
            Layout::CommentsInLatin1 => text.chars().map(|c| c as u8).collect(),
            _ => text.into_bytes(),
        }
    }

    fn text(self, tree: &Tree) -> String {
        let mut tokens = Vec::new();
        flatten(tree, &mut tokens);
        let mut text = String::new();
        for (at, token) in tokens.iter().enumerate() {
            let tight = token == ")" || at == 0 || tokens[at - 1] == "(";
            text += &match self {
                Layout::OneLine | Layout::NoLastLineEnd => format!("{}{token}", if tight { "" } else { " " }),
                Layout::WordALine => format!("{token}\n\n"),
                Layout::CommentsEverywhere => format!("{token};x\n"),
                Layout::CommentsWithBrackets => format!("{token} ; )) (define ((\"\n"),
                Layout::CommentsInLatin1 => format!("{token} ; gr\u{f6}\u{df}er \u{1}\n"),
                Layout::GluedVariables => {
                    let glued = tight || token.starts_with('?');
                    format!("{}{token}", if glued { "" } else { " " })
                }
                Layout::UpperCase => format!(" {}", token.to_uppercase()),
                Layout::MixedCase => format!(" {}", mixed(token)),
                Layout::CarriageReturns => format!("{token}\r\n"),
                Layout::Tabs => format!("\t{token}\t"),
                Layout::NoSpaces => {
                    let glued = tight || token == "(" || tokens[at - 1] == ")";
                    format!("{}{token}", if glued { "" } else { " " })
                }
            };
        }
        match self {
            Layout::NoLastLineEnd => text + " ; the end",
            _ => text + "\n",
        }
    }
}

fn flatten(tree: &Tree, tokens: &mut Vec<String>) {
    match tree {
        Tree::Word(word) => tokens.push(word.clone()),
        Tree::List(list) => {
            tokens.push("(".into());
            list.iter().for_each(|tree| flatten(tree, tokens));
            tokens.push(")".into());
        }
    }
}

fn mixed(word: &str) -> String {
    let one = |(at, c): (usize, char)| if at % 2 == 1 { c.to_ascii_uppercase() } else { c };
    word.chars().enumerate().map(one).collect()
}
