//! A letrun file, once.

use segue_core::id::ExecutionId;

use super::Args;
use crate::commands::stop::Stop;
use crate::error::{Error, Result};
use crate::letrun::file::{Flow, Reading};
use crate::letrun::plugins;
use crate::letrun::session::{Followed, Kept, Session, Show, conclude};
use crate::letrun::setup::Setup;
use crate::project::Project;

pub(super) async fn run(args: Args, as_json: bool) -> Result<()> {
    let setup = setup(&args).await?;
    let input = plugins::input(&setup.host, args.input.as_deref()).await?;
    let flow = Flow::read(&args.file, &setup.project, setup.reading)?;
    let kept = kept(&args, &setup)?;
    let url = match kept.is_copy {
        true => "memory:".to_owned(),
        false => format!("sqlite:{}", kept.folder.join(&kept.journal).display()),
    };
    let session = Session::open(&setup, flow, &url, None).await?;
    let mut stop = Stop::listen()?;
    let server = match args.serve {
        Some(port) => Some(super::native::serve_workers(&session.engine, port).await?),
        None => None,
    };
    let Some(id) = session.start(input, &mut stop).await? else {
        session.close().await?;
        return Err(Error::failed("stopped before the workflow began"));
    };
    if !kept.is_copy {
        session.summarise(id, &kept).await?;
    }
    let ended = finish(&session, id, &kept, &mut stop, &args.how.show(as_json)).await;
    if let Some(server) = server {
        server.abort();
    }
    ended
}

/// Follows a run to its end, keeps what is to be kept, and prints what came of it.
pub(crate) async fn finish(
    session: &Session,
    id: ExecutionId,
    kept: &Kept,
    stop: &mut Stop,
    show: &Show,
) -> Result<()> {
    let followed = session.follow(id, stop, std::future::pending()).await?;
    let hint = format!("segue resume {id} goes on");
    let ended = match &followed {
        Followed::Over(workflow) => {
            let ended = conclude(workflow, show);
            match (ended, kept.is_copy) {
                (Err(error), false) => Err(error.hint(hint)),
                (Err(error), true) => Err(error.hint("with --save it could be resumed")),
                (done, _) => done,
            }
        }
        _ => Err(Error::failed("stopped before the workflow was over; it is saved").hint(hint)),
    };
    match followed {
        Followed::Over(workflow) => {
            session.conclude(&workflow).await?;
            if !kept.is_copy {
                session.summarise(id, kept).await?;
            }
        }
        _ => session.save(id, kept).await?,
    }
    session.close().await?;
    ended
}

/// The project of the file, ready.
pub(super) async fn setup(args: &Args) -> Result<Setup> {
    let project = Project::of(&args.file)?;
    let reading = Reading { strict: args.strict, counts_attempts: args.letrun_compat, host_does_all: false };
    args.how.setup(project, reading).await
}

fn kept(args: &Args, setup: &Setup) -> Result<Kept> {
    let folder = setup.project.runs_dir();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let fresh = format!("{}-{}.db", now.as_millis(), std::process::id());
    let journal = match args.save.as_deref() {
        None | Some("") => fresh,
        Some(file) => std::path::absolute(file)?.display().to_string(),
    };
    let kept = Kept { folder, journal, is_copy: args.save.is_none(), strict: args.strict };
    if !kept.is_copy {
        std::fs::create_dir_all(&kept.folder)?;
    }
    Ok(kept)
}
