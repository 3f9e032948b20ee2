//! Plan files as planners write them are read; what is written is what the field expects.
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

use isogrid_plan::plan_file::{CostKind, PlanStep, StatedCost, parse_plan, write_plan};

fn step(text: &str) -> PlanStep {
    let mut words = text.split(' ').map(str::to_string);
    PlanStep { action: words.next().unwrap(), args: words.collect() }
}

#[test]
fn steps_are_read_however_they_are_laid_out() {
    let expected = [step("pick-up a"), step("stack a b"), step("noop")];
    for (name, text, lines) in [
        ("plain", "(pick-up a)\n(stack a b)\n(noop)\n", [1, 2, 3]),
        ("no last line end", "(pick-up a)\n(stack a b)\n(noop)", [1, 2, 3]),
        ("CRLF", "(pick-up a)\r\n(stack a b)\r\n(noop)\r\n", [1, 2, 3]),
        ("byte order mark", "\u{feff}(pick-up a)\n(stack a b)\n(noop)", [1, 2, 3]),
        ("upper case", "(PICK-UP A)\n(Stack a B)\n(NOOP)", [1, 2, 3]),
        ("blank lines and comments", "; plan\n\n(pick-up a) ; first\n\n(stack a b)\n;;\n(noop)", [3, 5, 7]),
        ("spaces", "  ( pick-up   a )\n\t(stack a\tb)\n(noop )", [1, 2, 3]),
        ("numbered", "0: (pick-up a)\n1: (stack a b)\n2: (noop)", [1, 2, 3]),
        ("times and durations", "0.000: (pick-up a) [1.000]\n1.001:(stack a b)[1]\n2: (noop) [0]", [1, 2, 3]),
        ("in one line", "(pick-up a)(stack a b) (noop)", [1, 1, 1]),
        ("over several lines", "(pick-up\n  a) (stack a\nb)\n(noop)", [1, 2, 4]),
    ] {
        let plan = parse_plan("plan", text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(plan.steps, expected, "{name}");
        assert_eq!(plan.lines, lines, "{name}");
    }
}

#[test]
fn the_cost_comment_is_read() {
    let cost = |value, kind| Some(StatedCost { value, kind });
    for (text, expected) in [
        ("", None),
        ("; nothing", None),
        ("; cost = 12 (unit cost)", cost(12.0, Some(CostKind::Unit))),
        ("(a)\n; cost = 12 (general cost)\n", cost(12.0, Some(CostKind::General))),
        ("(a) ;COST=7(Unit Cost)\r\n", cost(7.0, Some(CostKind::Unit))),
        ("; cost = 3", cost(3.0, None)),
        (";; Cost: 3.5", cost(3.5, None)),
        ("; cost = 1 (unit cost)\n(a)\n; cost = 2 (unit cost)\n; end", cost(2.0, Some(CostKind::Unit))),
        ("; cost = many", None),
        ("; cost = 99999999999999999999999", None),
        ("; costs = 3", None),
    ] {
        let plan = parse_plan("plan", text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(plan.cost, expected, "{text}");
    }
}

#[test]
fn plans_are_written_as_the_field_expects() {
    let steps = [step("pick-up a"), step("noop")];
    assert_eq!(write_plan(&steps, 2.0, CostKind::Unit), "(pick-up a)\n(noop)\n; cost = 2 (unit cost)\n");
    assert_eq!(write_plan(&[], 0.0, CostKind::General), "; cost = 0 (general cost)\n");
}
