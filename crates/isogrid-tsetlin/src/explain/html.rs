//! Rules and reasons as one page that needs nothing else.

use std::fmt::Write;

use super::{Reasons, Rule};
use crate::TableClassifier;

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:64em;padding:0 1em;color:#1b1f24;background:#fff}\
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}\
table{border-collapse:collapse;width:100%}td,th{padding:.3em .6em;text-align:left;vertical-align:top;\
border-bottom:1px solid #d8dee4}th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;\
white-space:nowrap}code{font:13px/1.5 ui-monospace,monospace}.bar{display:inline-block;height:.7em;background:#2f6f9f}\
.against{background:#b5543c}p.note{color:#57606a}\
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#d6dbe1}td,th{border-color:#30363d}\
p.note{color:#8b949e}}";

/// A page of the first `n_shown` of all `rules`, and of the reasons for some rows, whichever rules they come from.
pub fn page(model: &TableClassifier, rules: &[Rule], n_shown: usize, reasons: &[Reasons]) -> String {
    let target = escaped(model.target());
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Rules for {target}</title><style>{STYLE}</style></head><body>\n\
         <h1>What decides {target}</h1>\n"
    );
    let machine = model.machine().machine();
    let way = if machine.fuzziness() == 1 {
        "A rule votes where all of it is true.".to_string()
    } else {
        format!(
            "A rule has a vote for each of its parts, at most {}, and loses one for each part that is false.",
            machine.fuzziness()
        )
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        html,
        "<p class=\"note\">{} rules over {} yes-or-no features. {way} The class with most votes is the answer.</p>",
        rules.len(),
        machine.n_features()
    );
    for reasons in reasons {
        add_reasons(&mut html, model, rules, reasons);
    }
    add_rules(&mut html, model, rules, n_shown);
    html.push_str("</body></html>\n");
    html
}

fn add_rules(html: &mut String, model: &TableClassifier, rules: &[Rule], n_shown: usize) {
    let n_shown = n_shown.min(rules.len());
    let heading = if n_shown < rules.len() {
        format!("The {n_shown} rules with the most say, of {}", rules.len())
    } else {
        "Rules, those with the most say first".to_string()
    };
    let _ = write!(html, "<h2>{heading}</h2>\n<table><thead><tr><th>votes</th>");
    let has_records = rules.iter().any(|rule| rule.record.is_some());
    if has_records {
        html.push_str("<th class=\"n\">rows</th><th class=\"n\">right</th>");
    }
    html.push_str("<th>where</th></tr></thead><tbody>\n");
    for rule in &rules[..n_shown] {
        let _ = write!(html, "<tr><td>{}</td>", escaped(&rule.opinion(model.classes())));
        if has_records {
            let (rows, right) = rule.record.map_or((String::new(), String::new()), |record| {
                (record.n_fired.to_string(), format!("{:.1} %", record.percent()))
            });
            let _ = write!(html, "<td class=\"n\">{rows}</td><td class=\"n\">{right}</td>");
        }
        let _ = writeln!(html, "<td><code>{}</code></td></tr>", escaped(&rule.text));
    }
    html.push_str("</tbody></table>\n");
}

fn add_reasons(html: &mut String, model: &TableClassifier, rules: &[Rule], reasons: &Reasons) {
    let name = |class: usize| escaped(model.classes().get(class).map_or("?", String::as_str));
    let probability =
        reasons.answer.probability.map_or(String::new(), |p| format!(", {:.1} % likely", p * 100.0));
    let _ = writeln!(
        html,
        "<h2>Row {}: {}{probability}</h2>\n<table><tbody>",
        reasons.answer.row,
        name(reasons.answer.class as usize)
    );
    let widest = reasons.sums.iter().map(|sum| sum.unsigned_abs()).max().unwrap_or(1).max(1);
    for (class, sum) in reasons.sums.iter().enumerate() {
        let kind = if *sum < 0 { "bar against" } else { "bar" };
        let width = f64::from(sum.unsigned_abs()) / f64::from(widest) * 20.0;
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td class=\"n\">{sum:+}</td><td><span class=\"{kind}\" style=\"width:{width:.2}em\">\
             </span></td></tr>",
            name(class)
        );
    }
    html.push_str("</tbody></table>\n<table><tbody>\n");
    for (clause, votes) in &reasons.votes {
        if let Some(rule) = rules.iter().find(|rule| rule.clause == *clause) {
            let _ = writeln!(
                html,
                "<tr><td class=\"n\">{votes} of {}</td><td>{}</td><td><code>{}</code></td></tr>",
                rule.most,
                escaped(&rule.opinion(model.classes())),
                escaped(&rule.text)
            );
        }
    }
    html.push_str("</tbody></table>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
