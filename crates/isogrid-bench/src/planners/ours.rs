//! What `isogrid run --json` says about a plan.

use serde::Serialize;
use serde_json::Value;

/// Figures of one run; what it does not say is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Answer {
    /// States expanded.
    pub expanded: Option<u64>,
    /// States generated.
    pub generated: Option<u64>,
    /// Seconds from reading to the checked plan, without the process's own start.
    pub run_seconds: Option<f64>,
    /// Whether the plan is proved optimal.
    pub optimal: Option<bool>,
    /// Why there is no plan, or what was wrong.
    pub message: Option<String>,
}

impl Answer {
    /// Reads the lines of standard output; what is no object of the wire format is passed over.
    pub fn parse(stdout: &str) -> Answer {
        let mut answer = Answer::default();
        for line in stdout.lines() {
            if let Ok(object) = serde_json::from_str::<Value>(line) {
                answer.read(&object);
            }
        }
        answer
    }

    fn read(&mut self, object: &Value) {
        match object["type"].as_str() {
            Some("output") => {
                let record = &object["record"];
                self.expanded = record["statistics"]["expanded"].as_u64();
                self.generated = record["statistics"]["generated"].as_u64();
                self.optimal = record["optimal"].as_bool();
                self.message = record["reason"].as_str().map(str::to_string);
            }
            Some("result") => self.run_seconds = object["seconds"].as_f64(),
            Some("error") => self.message = object["message"].as_str().map(str::to_string),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_output_counts() {
        let stdout = r#"{"isogrid":1,"type":"output","record":{"optimal":false,"statistics":{"expanded":1,"generated":2}}}
{"isogrid":1,"type":"output","record":{"optimal":true,"statistics":{"expanded":5,"generated":9}}}
{"isogrid":1,"type":"result","seconds":0.25}
"#;
        let expected = Answer {
            expanded: Some(5),
            generated: Some(9),
            run_seconds: Some(0.25),
            optimal: Some(true),
            message: None,
        };
        assert_eq!(Answer::parse(stdout), expected);
    }

    #[test]
    fn failures_and_junk_are_understood() {
        let error = r#"{"isogrid":1,"type":"error","message":"no such file"}"#;
        assert_eq!(Answer::parse(error).message.as_deref(), Some("no such file"));
        assert_eq!(Answer::parse("a plan\n{\"type\": 3}\n"), Answer::default());
    }
}
