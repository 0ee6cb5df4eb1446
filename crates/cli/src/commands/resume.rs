//! `segue resume`.

use std::path::PathBuf;

use segue_core::id::ExecutionId;

use super::run::finish;
use super::stop::Stop;
use super::{Context, control};
use crate::error::{Error, Result};
use crate::letrun::file::{Flow, Reading};
use crate::letrun::how::How;
use crate::letrun::saved::Saved;
use crate::letrun::session::{Kept, Session};
use crate::project::Project;

/// Go on with a saved run of a letrun file, or end the pause of an execution on the server.
///
/// What is done is skipped, what failed is tried again. A run is looked for among those that the project of the working
/// directory has saved; any other id is the server's.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue resume ID
  segue resume ID --project songs/ -p > output.json")]
pub(crate) struct Args {
    /// The execution.
    id: String,
    /// A file or folder of the project that saved it.
    #[arg(long, default_value = ".", value_name = "PATH")]
    project: PathBuf,
    #[command(flatten)]
    how: How,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<()> {
    let project = match Project::of(&args.project) {
        Ok(project) => project,
        // It may be the server's all the same.
        Err(broken) => {
            let hint = format!("runs saved here were not looked for: {}", broken.message);
            return control::end_pause(context, &args.id).await.map_err(|error| error.hint(hint));
        }
    };
    match Saved::find(&project, &args.id)? {
        Some(saved) => resume(args, project, &saved, context.json).await,
        None => control::end_pause(context, &args.id).await,
    }
}

async fn resume(args: Args, project: Project, saved: &Saved, as_json: bool) -> Result<()> {
    let id: ExecutionId =
        saved.id.parse().map_err(|_| Error::usage(format!("{:?} is no id of an execution", saved.id)))?;
    let kept = Kept {
        folder: project.runs_dir(),
        journal: saved.journal.clone(),
        is_copy: false,
        strict: saved.strict,
    };
    let reading = Reading { strict: saved.strict, ..Reading::default() };
    let setup = args.how.setup(project, reading).await?;
    let flow = Flow::read(&saved.file, &setup.project, setup.reading)?;
    let url = format!("sqlite:{}", kept.folder.join(&kept.journal).display());
    let mut stop = Stop::listen()?;
    let session = Session::open(&setup, flow, &url, None).await?;
    if saved.status == "completed" {
        setup.surface.say("everything in it is done");
    } else {
        session.go_on(id).await?;
    }
    finish(&session, id, &kept, &mut stop, &args.how.show(as_json)).await
}
