//! A short stretch of seeds, replay, and the planted bugs. The long stretch is `cargo run -p segue-sim`.

use segue_sim::{Plant, run, run_traced};

/// So many seeds find any of the planted bugs; most need one.
const PLANTED_SEEDS_MAX: u64 = 100;

#[test]
fn two_hundred_seeds_break_no_rule() {
    for seed in 0..200 {
        if let Err(failure) = run(seed, None) {
            panic!("seed {seed} breaks a rule: {}: {}", failure.broken.rule, failure.broken.detail);
        }
    }
}

#[test]
fn a_seed_replays_the_same_run_and_another_seed_another_one() {
    let digests: Vec<u64> = (0..20).map(|seed| run(seed, None).expect("no rule breaks").digest).collect();
    let again: Vec<u64> =
        (0..20).map(|seed| run_traced(seed, None, 10).expect("no rule breaks").digest).collect();
    assert_eq!(digests, again);
    let distinct: std::collections::BTreeSet<u64> = digests.iter().copied().collect();
    assert_eq!(distinct.len(), digests.len());
}

#[test]
fn every_planted_bug_is_found_and_its_seed_finds_it_again() {
    for plant in Plant::ALL {
        let found = (0..PLANTED_SEEDS_MAX).find_map(|seed| run(seed, Some(plant)).err());
        let failure = found.unwrap_or_else(|| panic!("{} stays hidden", plant.name()));
        let again = run_traced(failure.seed, Some(plant), 20).expect_err("fails again");
        assert_eq!((again.broken.rule, &again.broken.detail), (failure.broken.rule, &failure.broken.detail));
        assert!(!again.trace.is_empty(), "{}: what happened last is told", plant.name());
    }
}
