//! `isogrid plan certify`: a certificate that a problem has no plan, checked before it is handed out.

use std::ops::ControlFlow;
use std::path::Path;

use clap::{Arg, ArgMatches, Command, value_parser};
use isogrid::core::{Ctx, Fault, FaultClass, Stop};
use isogrid::plan::certificate::{Certificate, Certification, CertifyOptions, Proof, certify};
use isogrid::plan::pddl::{Domain, Problem};
use isogrid::plan::validate::{Judgement, check_certificate};
use isogrid::{files, wire};

use super::{pair, path, within};
use crate::app::App;
use crate::args;
use crate::exit::{Answer, Exit, Trouble};
use crate::screen::Form;

pub(super) fn command() -> Command {
    let max_states = Arg::new("max-states")
        .long("max-states")
        .value_name("N")
        .value_parser(value_parser!(u64))
        .default_value("100000")
        .help("List at most so many states where nothing shorter is a proof");
    Command::new("certify")
        .about("Prove that a problem has no plan, with a certificate that `plan validate` checks")
        .after_help(
            "Exit codes: 0 a certificate, 1 there is a plan, 2 a file that cannot be read as what it should be, 3 \
             neither was found. The certificate goes to standard output where no file is given.",
        )
        .arg(args::output("Write the certificate to this file, whole or not at all"))
        .arg(max_states)
}

/// What came of it.
struct Made {
    certificate: Option<Certificate>,
    message: String,
    exit: Exit,
}

pub(super) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let (domain, problem) = pair(app, matches)?;
    let file = path(matches, "output");
    file.map_or(Ok(()), files::check)?;
    let max_states =
        matches.get_one::<u64>("max-states").map_or(0, |&n| usize::try_from(n).unwrap_or(usize::MAX));
    let options = CertifyOptions { max_states, ..CertifyOptions::default() };
    let driven = within(app, matches, |ctx| make(ctx, (&domain, &problem), &options))?;
    let made = driven.value?;
    let text = made.certificate.as_ref().map(Certificate::text);
    if let (Some(path), Some(text)) = (file, &text) {
        files::write(path, text.as_bytes())?;
    }
    show(app, &made, (file, text.as_deref()), driven.ticks)?;
    Ok(made.exit)
}

fn make(ctx: &Ctx, (domain, problem): (&Domain, &Problem), options: &CertifyOptions) -> Result<Made, Fault> {
    let none = |message: String, exit| Ok(Made { certificate: None, message, exit });
    let stopped = |stop: Stop| none(format!("no certificate: {stop}"), Exit::after(stop, Answer::Incomplete));
    let certificate = match certify(ctx, domain, problem, options) {
        ControlFlow::Break(stop) => return stopped(stop),
        ControlFlow::Continue(Certification::Certified(certificate)) => certificate,
        ControlFlow::Continue(Certification::Solvable) => {
            return none(
                "there is a plan: a state in which the goal holds was reached".to_string(),
                Exit::Negative,
            );
        }
        ControlFlow::Continue(other) => return none(format!("no certificate: {other}"), Exit::Budget),
    };
    match check_certificate(ctx, domain, problem, &certificate) {
        Judgement::Valid(message) => {
            Ok(Made { certificate: Some(certificate), message, exit: Exit::Answered })
        }
        Judgement::Stopped(stop) => stopped(stop),
        other => Err(Fault {
            class: FaultClass::Internal,
            message: format!("a certificate failed its check and is not shown: {other:?}"),
            hint: Some(
                "this is a fault of isogrid, not of your input: please report it with the input".to_string(),
            ),
        }),
    }
}

fn show(
    app: &App,
    made: &Made,
    (file, text): (Option<&Path>, Option<&str>),
    ticks: u64,
) -> Result<(), Trouble> {
    let proof = made.certificate.as_ref().map(|certificate| &certificate.proof);
    let written = file.filter(|_| text.is_some());
    if app.screen.form == Form::Json {
        return app.screen.object(&wire::Certified {
            kind: proof.map(Proof::kind),
            atoms: made.certificate.as_ref().map(|certificate| certificate.atoms.len() as u64),
            states: match proof {
                Some(Proof::Explored { states }) => Some(states.len() as u64),
                _ => None,
            },
            message: &made.message,
            text: text.filter(|_| file.is_none()),
            file: written.map(|path| path.display().to_string()),
            ticks,
            exit: made.exit.code(),
        });
    }
    match (text, file) {
        (Some(text), None) => app.screen.data(text)?,
        (None, _) => app.screen.data(&format!("{}\n", made.message))?,
        _ => {}
    }
    if let Some(proof) = proof {
        app.screen.note(&format!("certificate of kind {}: {}", proof.kind(), made.message));
    }
    if let Some(path) = written {
        app.screen.note(&format!("wrote {}", path.display()));
    }
    Ok(())
}
