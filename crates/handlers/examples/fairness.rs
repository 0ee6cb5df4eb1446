//! How long quick scripts take while other definitions keep slots busy with slow ones, against how long they take alone,
//! in the same run; and whether a definition that asks for much takes from others.
//!
//! `cargo run --release -p segue-handlers --example fairness`

use std::sync::Arc;
use std::time::{Duration, Instant};

use segue_core::json::Json;
use segue_handlers::{Evaluation, EvaluatorOptions, Evaluators, Form, Language};

const ROUNDS: usize = 3_000;
/// The machine may have other work: each measurement is repeated, and the best of each kind counts.
const REPEATS: usize = 5;
const SLOTS: usize = 4;
const SLOW: &str = "const until = Date.now() + 1500; while (Date.now() < until) {} 1";
/// How many evaluations each definition asks for at a time.
const CALLERS: [usize; 3] = [32, 8, 8];

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    // The children are this program again; they begin before it has threads.
    segue_handlers::evaluator::run_if_started_as_one();
    tokio::runtime::Runtime::new()?.block_on(run())
}

async fn run() -> Result<(), Failure> {
    let evaluators = Evaluators::new(EvaluatorOptions { slots: SLOTS, ..EvaluatorOptions::default() });
    measure(&evaluators).await?;
    let mut best = [(Duration::MAX, Duration::MAX); SLOTS];
    for _ in 0..REPEATS {
        for (slow, best) in best.iter_mut().enumerate() {
            let busy = keep_busy(&evaluators, slow);
            tokio::time::sleep(Duration::from_millis(300)).await;
            let (p50, p99) = measure(&evaluators).await?;
            *best = (best.0.min(p50), best.1.min(p99));
            for one in busy {
                one.abort();
                drop(one.await);
            }
        }
    }
    let alone = best[0].1;
    println!("{SLOTS} slots; quick scripts alone: p50 {:?}, p99 {alone:?}", best[0].0);
    for (slow, (p50, p99)) in best.iter().enumerate().skip(1) {
        let times = p99.as_secs_f64() / alone.as_secs_f64();
        println!("{slow} slow: p50 {p50:?}, p99 {p99:?}, {times:.2} × alone");
    }
    let counts = shares(&evaluators).await?;
    println!("{CALLERS:?} callers of three definitions, beside 1 slow: {counts:?} evaluations a second");
    Ok(())
}

/// So many definitions that always have a slow script to run.
fn keep_busy(evaluators: &Evaluators, slow: usize) -> Vec<tokio::task::JoinHandle<()>> {
    let busy = |number| {
        let evaluators = evaluators.clone();
        tokio::spawn(async move {
            loop {
                drop(evaluators.evaluate(script(SLOW, &format!("slow {number}"))).await);
            }
        })
    };
    (0..slow).map(busy).collect()
}

/// How much each of several definitions gets that ask for different amounts.
async fn shares(evaluators: &Evaluators) -> Result<Vec<usize>, Failure> {
    let busy = keep_busy(evaluators, 1);
    let until = Instant::now() + Duration::from_secs(2);
    let mut asking = Vec::new();
    for (definition, callers) in CALLERS.into_iter().enumerate() {
        for _ in 0..callers {
            let evaluators = evaluators.clone();
            let caller = tokio::spawn(async move {
                let mut done = 0;
                while Instant::now() < until {
                    let script = script("1 + 1", &format!("definition {definition}"));
                    done += usize::from(evaluators.evaluate(script).await.is_ok());
                }
                done
            });
            asking.push((definition, caller));
        }
    }
    let mut counts = vec![0; CALLERS.len()];
    for (definition, caller) in asking {
        counts[definition] += caller.await? / 2;
    }
    busy.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(counts)
}

fn script(source: &str, share: &str) -> Evaluation {
    Evaluation {
        language: Language::JavaScript,
        form: Form::Expression,
        source: source.into(),
        input: Json::empty_object(),
        share: Arc::from(share),
    }
}

/// The median and the 99th percentile of quick scripts, one after the other.
async fn measure(evaluators: &Evaluators) -> Result<(Duration, Duration), Failure> {
    let mut took = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        evaluators.evaluate(script("1 + 1", "quick")).await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    Ok((took[ROUNDS / 2], took[ROUNDS * 99 / 100]))
}
