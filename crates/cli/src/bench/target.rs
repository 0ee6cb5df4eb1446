//! One run against the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use segue_core::definition::WorkflowDef;
use segue_core::json::Json;
use segue_server::{Server, ServerOptions};
use segue_store::contract::Overwrite;

use super::{Error, Figures, Place, Plan, load, process};

/// Attempts that one worker takes with a poll.
const POLL_COUNT: usize = 1;

pub(crate) async fn measure(place: &Place, plan: &Plan, ceiling_per_s: f64) -> Result<Figures, Error> {
    let url = match &place.postgres {
        Some(url) => url.clone(),
        None => place.directory.join("engine.db").display().to_string(),
    };
    let engine = crate::commands::server::open_engine(segue_store::open(&url).await?, Vec::new()).await?;
    let definition: WorkflowDef = serde_json::from_value(plan.shape.definition(plan.tasks))?;
    engine.put_workflows(&[definition], Overwrite::Allowed).await?;
    let server = Server::bind(
        engine.clone(),
        ServerOptions { listen: ([127, 0, 0, 1], 0).into(), ..ServerOptions::default() },
    )
    .await?;
    let address = server.address();
    let (stop_server, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server.run(async move { drop(stopped.await) }));
    let stop = Arc::new(AtomicBool::new(false));
    let types = plan.shape.types(plan.tasks);
    let workers: Vec<_> = if plan.in_process {
        for task_type in &types {
            engine.handle(task_type, |_| async { Ok(Json::of(&serde_json::json!({"ok": true}))) });
        }
        Vec::new()
    } else {
        (0..plan.workers.max(1))
            .map(|n| {
                let worker =
                    load::Worker { number: n, task_type: types[n % types.len()].clone(), count: POLL_COUNT };
                tokio::spawn(worker.work(address, stop.clone()))
            })
            .collect()
    };
    let before = engine.activity();
    let (cpu, begun) = (process::cpu(), Instant::now());
    let mut latencies = load::drive(address, &engine, plan).await?;
    engine.store().flush().await?;
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = process::cpu().saturating_sub(cpu);
    let after = engine.activity();
    stop.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await??;
    }
    let _ = stop_server.send(());
    serving.await??;
    engine.shutdown().await?;
    let steps = (plan.tasks * plan.executions) as f64;
    latencies.sort_by(f64::total_cmp);
    let at =
        |share: f64| latencies.get(((latencies.len() as f64 - 1.0) * share) as usize).copied().unwrap_or(0.0);
    Ok(Figures {
        steps_per_s: steps / seconds,
        executions_per_s: plan.executions as f64 / seconds,
        ceiling_per_s,
        ratio: steps / seconds / ceiling_per_s,
        executions_ratio: plan.executions as f64 / seconds / ceiling_per_s,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        cpu_us_per_step: cpu.as_secs_f64() * 1e6 / steps,
        bytes_per_step: (after.bytes - before.bytes) as f64 / steps,
        fsyncs: (after.syncs - before.syncs) as f64,
        rss_peak_bytes: process::rss_peak_bytes() as f64,
    })
}
