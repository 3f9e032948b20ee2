//! Interrupts and kills: the best so far is kept, and files are whole at every moment.
#![cfg(all(unix, feature = "plan"))]

mod common;

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::{self, JoinHandle};

use common::Desk;
use common::pddl::{DOMAIN, many_boxes};

/// A desk with a problem that keeps a planner busy after its first plan.
fn busy_desk() -> Desk {
    let desk = Desk::new();
    desk.file("domain.pddl", DOMAIN);
    desk.file("problem.pddl", many_boxes());
    desk
}

/// A running command; its output is read all the time, so that it never waits for a reader.
struct Running {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    /// Starts `isogrid run -v` and waits until it tells of a first plan.
    fn until_the_first_plan(desk: &Desk, args: &[&str]) -> Running {
        let mut command = desk.command();
        command.args(["run", "-v", "--budget", "1h", "domain.pddl", "problem.pddl"]).args(args);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
        let stdout = child.stdout.take().expect("piped");
        let stdout = thread::spawn(move || io::read_to_string(stdout).expect("UTF-8"));
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        let first = stderr.by_ref().lines().map_while(Result::ok).find(|line| line.contains("plan of "));
        assert!(first.is_some(), "it ended without a plan");
        Running { child, stdout, stderr }
    }

    /// Sends a signal; the exit code, standard output and the rest of standard error.
    fn end(mut self, name: &str) -> (Option<i32>, String, String) {
        signal(&self.child, name);
        let rest = io::read_to_string(&mut self.stderr).expect("UTF-8");
        let stdout = self.stdout.join().expect("no panic");
        (self.child.wait().expect("it ends").code(), stdout, rest)
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill exists");
    assert!(sent.success());
}

fn is_whole_plan(text: &str) -> bool {
    text.lines().last().is_some_and(|line| line.starts_with("; cost = ") && line.ends_with("(unit cost)"))
}

#[test]
fn the_first_interrupt_keeps_the_best_so_far() {
    let desk = busy_desk();
    let (code, plan, rest) = Running::until_the_first_plan(&desk, &[]).end("-INT");
    assert_eq!(code, Some(130), "{rest}");
    assert!(is_whole_plan(&plan), "{plan}");
    assert!(rest.contains("interrupted: ending with the best so far"), "{rest}");
    desk.file("plan.txt", plan);
    assert_eq!(desk.run("plan validate domain.pddl problem.pddl plan.txt").code, Some(0));
}

#[test]
fn an_interrupted_run_leaves_its_best_plan_in_the_file() {
    let desk = busy_desk();
    let (code, objects, _) = Running::until_the_first_plan(&desk, &["-o", "plan.txt", "--json"]).end("-INT");
    assert_eq!(code, Some(130));
    let result: serde_json::Value =
        serde_json::from_str(objects.lines().last().expect("a result")).expect("JSON");
    assert_eq!((&result["stop"], &result["exit"]), (&"cancelled".into(), &130.into()));
    assert!(is_whole_plan(&desk.read("plan.txt")));
    assert_eq!(desk.names(), ["domain.pddl", "plan.txt", "problem.pddl"]);
}

#[test]
fn a_killed_run_leaves_a_whole_file() {
    let desk = busy_desk();
    let running = Running::until_the_first_plan(&desk, &["-o", "plan.txt"]);
    assert!(is_whole_plan(&desk.read("plan.txt")), "the file is there when the plan is told");
    assert_eq!(running.end("-KILL").0, None);
    assert!(is_whole_plan(&desk.read("plan.txt")));
}

#[test]
fn a_killed_fit_leaves_the_old_model() {
    let desk = busy_desk();
    assert_eq!(desk.run("fit domain.pddl problem.pddl -o m.iso").code, Some(0));
    let old = std::fs::read(desk.path().join("m.iso")).expect("written");
    let mut child = desk
        .command()
        .args(["fit", "domain.pddl", "problem.pddl", "-o", "m.iso"])
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    signal(&child, "-KILL");
    child.wait().expect("it ends");
    assert_eq!(std::fs::read(desk.path().join("m.iso")).expect("still there"), old);
}
