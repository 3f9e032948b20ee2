//! Any bytes as a domain and a problem, split at the first zero byte: no panic, printing reads back the same, and what
//! is small is grounded and solved within a tick budget, its plan accepted by the validator.

#![no_main]

use std::sync::Arc;

use isogrid_core::Ctx;
use isogrid_plan::pddl::{parse_domain, parse_problem, print_domain, print_problem};
use isogrid_plan::{Keep, PlanQuery, Session, ground_in};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let split = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let (domain, problem) = (&bytes[..split], bytes.get(split + 1..).unwrap_or_default());
    let domain = match parse_domain("domain", domain) {
        Ok((domain, _)) => domain,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let printed = print_domain(&domain);
    assert_eq!(parse_domain("printed", printed.as_bytes()).expect("own text").0, domain);
    let problem = match parse_problem("problem", problem, &domain) {
        Ok((problem, _)) => problem,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let printed = print_problem(&domain, &problem);
    assert_eq!(parse_problem("printed", printed.as_bytes(), &domain).expect("own text").0, problem);
    let ctx = Ctx::new(1).with_tick_limit(20_000);
    let Ok(task) = ground_in(&ctx, &Arc::new(domain), &Arc::new(problem), Keep::Relevant) else { return };
    let mut session = Session::new(&Arc::new(task));
    let answered = session.plan(&ctx, &PlanQuery::default(), &mut |_| std::ops::ControlFlow::Continue(()));
    assert!(answered.is_ok(), "{answered:?}");
});
