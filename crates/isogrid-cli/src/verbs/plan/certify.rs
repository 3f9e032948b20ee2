//! `isogrid plan certify`: a certificate that a problem has no plan, checked before it is handed out.

use std::ops::ControlFlow;

use clap::{Arg, ArgMatches, Command, value_parser};
use isogrid::core::{Ctx, Fault, FaultClass, Stop};
use isogrid::plan::certificate::{Certificate, Certification, CertifyOptions, Proof, certify};
use isogrid::plan::pddl::{Domain, Problem};
use isogrid::plan::validate::{Judgement, check_certificate};
use isogrid::{files, wire};

use super::made::Made;
use super::{pair, path, within};
use crate::app::App;
use crate::args;
use crate::exit::{Answer, Exit, Trouble};

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

/// What came of it: a certificate or none, a sentence, and the exit.
type Certificates = (Option<Certificate>, String, Exit);

pub(super) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let (domain, problem) = pair(app, matches)?;
    let file = path(matches, "output");
    file.map_or(Ok(()), files::check)?;
    let max_states =
        matches.get_one::<u64>("max-states").map_or(0, |&n| usize::try_from(n).unwrap_or(usize::MAX));
    let options = CertifyOptions { max_states, ..CertifyOptions::default() };
    let driven = within(app, matches, |ctx| make(ctx, (&domain, &problem), &options))?;
    let (certificate, message, exit) = driven.value?;
    let text = certificate.as_ref().map(Certificate::text);
    let made = Made { file, text, message, ticks: driven.ticks, exit };
    let certificate = certificate.as_ref();
    made.hand_out(app, |made| wire::Certified {
        kind: certificate.map(|certificate| certificate.proof.kind()),
        atoms: certificate.map(|certificate| certificate.atoms.len() as u64),
        states: certificate.and_then(|certificate| match &certificate.proof {
            Proof::Explored { states } => Some(states.len() as u64),
            _ => None,
        }),
        made,
    })
}

fn make(
    ctx: &Ctx,
    (domain, problem): (&Domain, &Problem),
    options: &CertifyOptions,
) -> Result<Certificates, Fault> {
    let none = |message: String, exit| Ok((None, message, exit));
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
            let message = format!("certificate of kind {}: {message}", certificate.proof.kind());
            Ok((Some(certificate), message, Exit::Answered))
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
