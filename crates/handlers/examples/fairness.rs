//! How long quick scripts take while other definitions keep slots busy with slow ones, against how long they take alone,
//! in the same run.
//!
//! `cargo run --release -p segue-handlers --example fairness`

use std::sync::Arc;
use std::time::{Duration, Instant};

use segue_core::json::Json;
use segue_handlers::{Evaluation, EvaluatorOptions, Evaluators, Form, Language};

const ROUNDS: usize = 3_000;
const SLOTS: usize = 4;
const SLOW: &str = "const until = Date.now() + 1500; while (Date.now() < until) {} 1";

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    // The children are this program again; they begin before it has threads.
    segue_handlers::evaluator::run_if_started_as_one();
    tokio::runtime::Runtime::new()?.block_on(run())
}

async fn run() -> Result<(), Failure> {
    let evaluators = Evaluators::new(EvaluatorOptions { slots: SLOTS, ..EvaluatorOptions::default() });
    measure(&evaluators).await?;
    let (alone_p50, alone) = measure(&evaluators).await?;
    println!("{SLOTS} slots; quick scripts alone: p50 {alone_p50:?}, p99 {alone:?}");
    for slow in 1..SLOTS {
        let busy: Vec<_> = (0..slow)
            .map(|number| {
                let evaluators = evaluators.clone();
                tokio::spawn(async move {
                    loop {
                        let script = script(SLOW, &format!("slow {number}"));
                        drop(evaluators.evaluate(script).await);
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let (p50, p99) = measure(&evaluators).await?;
        println!(
            "{slow} slow: p50 {p50:?}, p99 {p99:?}, {:.2} × alone",
            p99.as_secs_f64() / alone.as_secs_f64()
        );
        busy.iter().for_each(tokio::task::JoinHandle::abort);
        for one in busy {
            drop(one.await);
        }
    }
    Ok(())
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
