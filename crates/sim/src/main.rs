//! Runs seeds, prints the first one that breaks a rule and how to replay it.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use segue_sim::{Failure, Plant};

/// Deterministic simulation of nodes, store and clients.
#[derive(Parser)]
#[command(after_help = "Examples:
  segue-sim --seeds 10000                  ten thousand seeds on all cores
  segue-sim --seed 4711 --trace            one seed, with everything that happens in it
  segue-sim --plant lost-wake-up           a bug on purpose; the exit code says that it was found

Exit code: 0 if no rule broke, 1 with the first broken rule and how to replay it.")]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    start: u64,
    /// Only this seed.
    #[arg(long)]
    seed: Option<u64>,
    /// Print everything that happens in a seed.
    #[arg(long)]
    trace: bool,
    /// Go on after a failure, and count.
    #[arg(long)]
    keep_going: bool,
    /// Threads; 0: one for each core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// A bug on purpose: lost-wake-up, lost-message, double-claim, ack-before-commit, limit-ignored, lost-window.
    #[arg(long, value_parser = plant)]
    plant: Option<Plant>,
}

/// Lines of what happened last that a failure shows.
const LINES: usize = 60;

fn plant(name: &str) -> Result<Plant, String> {
    Plant::named(name).ok_or_else(|| format!("no plant is called {name}"))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.seed {
        Some(seed) => one(seed, &arguments),
        None => many(&arguments),
    }
}

fn one(seed: u64, arguments: &Arguments) -> ExitCode {
    let lines_max = if arguments.trace { usize::MAX } else { LINES };
    match segue_sim::run_traced(seed, arguments.plant, lines_max) {
        Ok(summary) => {
            println!("seed {seed}: {summary:?}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            report(&failure, arguments);
            ExitCode::FAILURE
        }
    }
}

fn report(failure: &Failure, arguments: &Arguments) {
    for line in &failure.trace {
        println!("{line}");
    }
    let plant = arguments.plant.map_or_else(String::new, |plant| format!(" --plant {}", plant.name()));
    println!("seed {} breaks a rule: {}", failure.seed, failure.broken.rule);
    println!("  {}", failure.broken.detail);
    println!("replay: cargo run -p segue-sim -- --seed {}{plant} --trace", failure.seed);
}

fn many(arguments: &Arguments) -> ExitCode {
    let threads = match arguments.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let (next, done, failed) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let stop = AtomicBool::new(false);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= arguments.seeds {
                        return;
                    }
                    let seed = arguments.start + index;
                    if let Err(failure) = segue_sim::run(seed, arguments.plant) {
                        failed.fetch_add(1, Ordering::Relaxed);
                        if arguments.keep_going {
                            println!("seed {seed}: {}", failure.broken.rule);
                        } else if !stop.swap(true, Ordering::Relaxed) {
                            one(seed, arguments);
                        }
                    }
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if done.is_multiple_of(500) {
                        let rate = done as f64 / begun.elapsed().as_secs_f64();
                        println!("{done} seeds, {rate:.0} a second");
                    }
                }
            });
        }
    });
    let (done, failed) = (done.into_inner(), failed.into_inner());
    println!("{done} seeds in {:.1} s, {failed} failed", begun.elapsed().as_secs_f64());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
