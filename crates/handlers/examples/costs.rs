//! What an evaluation costs, as multiples of a bare round trip through a child's pipes, measured in the same run.
//!
//! `cargo run --release -p segue-handlers --example costs`

use std::process::Stdio;
use std::time::{Duration, Instant};

use segue_core::json::Json;
use segue_handlers::{Evaluation, EvaluatorOptions, Evaluators, Form, Language};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

const ROUNDS: usize = 2_000;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    // The children are this program again. Nothing has been set up that matters to them.
    segue_handlers::evaluator::run_if_started_as_one();
    let bare = bare_round_trip().await?;
    println!("{:<34} {:>9.1} µs", "a bare round trip", micros(bare));
    let evaluators = Evaluators::new(EvaluatorOptions::default());
    let large = format!("{{\"rows\":[{}]}}", vec![r#"{"id":1,"name":"x","price":2.5}"#; 300].join(","));
    for (what, language, source, input, rounds) in [
        ("JavaScript, a condition", Language::JavaScript, "$.a > 1", r#"{"a":2}"#, ROUNDS),
        ("JavaScript over 10 KB", Language::JavaScript, "$.rows.filter(r => r.price > 2)", &large, ROUNDS),
        ("jq, a field", Language::Jq, ".a", r#"{"a":2}"#, ROUNDS),
        ("jq over 10 KB", Language::Jq, "[.rows[] | select(.price > 2)]", &large, ROUNDS),
        ("Python, a condition", Language::Python, "$.a > 1", r#"{"a":2}"#, 20),
    ] {
        let input = Json::parse(input.to_owned())?;
        let evaluation = Evaluation {
            language,
            form: Form::Expression,
            source: source.into(),
            input,
            share: "costs".into(),
        };
        match median(&evaluators, &evaluation, rounds).await {
            Ok(took) => {
                println!("{what:<34} {:>9.1} µs {:>8.1} ×", micros(took), micros(took) / micros(bare));
            }
            Err(error) => println!("{what:<34} {error}"),
        }
    }
    Ok(())
}

async fn median(
    evaluators: &Evaluators,
    evaluation: &Evaluation,
    rounds: usize,
) -> Result<Duration, Failure> {
    let mut took = Vec::with_capacity(rounds);
    // The first has to start its child.
    evaluators.evaluate(evaluation.clone()).await?;
    for _ in 0..rounds {
        let began = Instant::now();
        evaluators.evaluate(evaluation.clone()).await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    Ok(took[rounds / 2])
}

async fn bare_round_trip() -> Result<Duration, Failure> {
    let mut echo =
        Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let (Some(mut input), Some(mut output)) = (echo.stdin.take(), echo.stdout.take()) else {
        return Err("no pipes".into());
    };
    let mut took = Vec::with_capacity(ROUNDS);
    let mut frame = [7; 200];
    for _ in 0..ROUNDS {
        let began = Instant::now();
        input.write_all(&frame).await?;
        output.read_exact(&mut frame).await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    Ok(took[ROUNDS / 2])
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
