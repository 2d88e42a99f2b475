//! Whole runs, and what is written about them.

use super::{Checks, Verdict};
use crate::node::Version;
use crate::observe::consistency::script::{Script, census, op, version};
use crate::observe::consistency::{Census, MEASURES};

fn quiet_run() -> Script<Checks> {
    let mut run = Script::started(Checks::new(census()));
    run.whole_update(2_000, op(6, 0), version(1, 1), None);
    run.at(3_000).sent(1, 2, 50);
    run.at(3_010).delivered(1, 2, 50);
    run.whole_update(150_000, op(7, 0), version(2, 2), Some(version(1, 1)));
    run
}

#[test]
fn a_good_run_fails_nothing_and_says_what_it_could_not_judge() {
    let reports = quiet_run().observer.finish();
    for report in &reports {
        assert!(!matches!(report.verdict, Verdict::Fail(_)), "{report}");
    }
    let passed: Vec<_> = (reports.iter())
        .filter(|report| report.verdict == Verdict::Pass && report.judged > 0)
        .map(|report| report.id)
        .collect();
    assert_eq!(
        passed,
        ["H3", "H4", "H5", "H6", "H7", "H8", "H9", "H10", "C1", "C2", "C3", "C6", "G1"]
    );
}

#[test]
fn without_groups_nothing_is_said_about_them() {
    let ids = |groups| -> Vec<&str> {
        let checks = Checks::new(Census { groups, ..census() });
        checks.finish().iter().map(|report| report.id).collect()
    };
    let all: Vec<_> = Checks::catalogue().iter().map(|check| check.0).collect();
    assert_eq!(ids(1), all);
    let others: Vec<_> =
        all.into_iter().filter(|id| !["H12", "C5", "C7", "G6"].contains(id)).collect();
    assert_eq!(ids(0), others);
}

#[test]
fn a_guarantee_that_is_broken_fails_only_who_demands_it() {
    for (demanded, fails) in
        [(&[][..], false), (&["monotonic_reads"], false), (&["linearizable"], true)]
    {
        let checks = Checks::new(census()).demanding(demanded.iter().copied());
        let mut run = Script::started(checks);
        run.whole_update(2_000, op(6, 0), version(1, 1), None);
        run.at(3_000).ask_read(op(7, 0));
        run.at(3_010).read(op(7, 0), Version::ZERO);
        run.at(3_020).ask_read(op(7, 1));
        run.at(3_030).read(op(7, 1), version(1, 1));
        // Without this the condition of C1 would hold.
        run.at(4_000).stop(8);
        let reports = run.observer.finish();
        let broken = reports.iter().find(|report| report.id == "G1").expect("there are objects");
        assert!(matches!(broken.verdict, Verdict::Fail(_)), "{broken}");
        assert_eq!(broken.failed(), fails, "{demanded:?}");
        assert_eq!(broken.conclusion().starts_with("FAIL"), fails, "{broken}");
        assert_eq!(reports.iter().filter(|report| report.failed()).count(), usize::from(fails));
    }
}

#[test]
fn reports_are_readable_in_json() {
    let mut run = quiet_run();
    run.at(151_000).commit(1, version(9, 9), Some(version(2, 2)));
    let reports = run.observer.finish();
    let json = serde_json::to_value(&reports).expect("reports are plain data");
    assert_eq!(json[0]["verdict"], "pass");
    let values = &json[3];
    assert_eq!((&values["id"], &values["violations"]), (&"H4".into(), &1.into()));
    let witness = &values["verdict"]["fail"];
    assert_eq!(witness["time"], "151.000000000s");
    assert_eq!(witness["nodes"], serde_json::json!([1]));
    assert_eq!(witness["expected"], "a version that was made");
}

#[test]
fn the_documentation_lists_what_is_checked_and_measured() {
    let text = include_str!("../../docs/checks.md");
    let headings = text.lines().filter_map(|line| line.strip_prefix("### "));
    let documented: Vec<&str> = headings.collect();
    let expected: Vec<String> = (Checks::catalogue().iter().chain(&MEASURES))
        .map(|(id, title)| format!("{id}: {title}"))
        .collect();
    assert_eq!(documented, expected);
}
