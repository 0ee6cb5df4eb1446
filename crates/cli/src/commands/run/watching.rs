//! A letrun file again and again, whenever something that it depends on changes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Args;
use crate::commands::stop::Stop;
use crate::error::Result;
use crate::input;
use crate::letrun::file::Flow;
use crate::letrun::memo::{Memo, stamp};
use crate::letrun::session::{Followed, Session, Show, conclude};
use crate::letrun::setup::{Setup, watched};

/// Between two looks at the files.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn run(args: Args) -> Result<()> {
    let input = input::object(args.input.as_deref())?;
    let memo = Arc::new(Memo::default());
    let mut stop = Stop::listen()?;
    loop {
        let before = Files::seen(&args);
        let ended = once(&args, input.clone(), &memo, &before, &mut stop).await;
        match ended {
            Ok(Ended::Stopped) => return Ok(()),
            Ok(Ended::Changed) => continue,
            Ok(Ended::Over) => {}
            Err(error) => drop(error.report(false)),
        }
        eprintln!("waiting for a change (Ctrl-C ends it)");
        tokio::select! {
            () = before.changed() => {}
            () = stop.told() => return Ok(()),
        }
    }
}

enum Ended {
    Over,
    Stopped,
    Changed,
}

async fn once(
    args: &Args,
    input: serde_json::Map<String, serde_json::Value>,
    memo: &Arc<Memo>,
    files: &Files,
    stop: &mut Stop,
) -> Result<Ended> {
    // Plugins and configuration may have changed too. All tasks go through the host, where results are kept.
    let mut setup: Setup = super::letrun::setup(args).await?;
    setup.reading.host_does_all = true;
    let flow = Flow::read(&args.file, &setup.project, setup.reading)?;
    let session = Session::open(&setup, flow.clone(), "memory:", Some(memo.clone())).await?;
    setup.surface.begin_anew();
    let followed = match session.start(input, stop).await? {
        Some(id) => session.follow(id, stop, files.changed()).await?,
        None => Followed::Stopped,
    };
    session.close().await?;
    match followed {
        Followed::Stopped => Ok(Ended::Stopped),
        Followed::Changed => Ok(Ended::Changed),
        Followed::Over(workflow) => {
            let show = Show { file: args.how.output.clone(), ..Show::default() };
            conclude(&workflow, &show).map(|()| Ended::Over)
        }
    }
}

fn stamps(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| stamp(path)).collect()
}

/// What the files looked like.
struct Files {
    paths: Vec<PathBuf>,
    stamps: Vec<String>,
}

impl Files {
    /// How they are now.
    fn seen(args: &Args) -> Self {
        let folder = args.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut paths = match crate::project::Project::of(&args.file) {
            Ok(project) => watched(&project, &args.file),
            // A broken configuration is waited for like any other file.
            Err(_) => vec![args.file.clone()],
        };
        paths.push(folder.map_or_else(|| PathBuf::from("."), PathBuf::from));
        let stamps = stamps(&paths);
        Self { paths, stamps }
    }

    /// They look different, and have for two looks: nobody is in the middle of writing them.
    async fn changed(&self) {
        let mut before = self.stamps.clone();
        loop {
            tokio::time::sleep(PAUSE).await;
            let now = stamps(&self.paths);
            if now == before && now != self.stamps {
                return;
            }
            before = now;
        }
    }
}
