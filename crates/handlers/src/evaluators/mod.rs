//! Scripts of definitions, run in child processes with hard limits.
//!
//! [`Evaluators`] keeps a few children and lends one to each evaluation. A child that does not answer in time is
//! killed, one that dies is replaced: each costs the evaluation that it had and nothing else. Which evaluation goes
//! next is decided in [`turns`], and who gives way to whom in [`pace`].

mod child;
mod interpreter;
mod options;
mod pace;
mod turns;

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use segue_core::json::Json;
use tokio::sync::{OnceCell, oneshot};

use crate::evaluator::frames::{Answer, Failure, Limits, Purpose, Request, framed};
use child::{Child, Fate};
pub use options::EvaluatorOptions;
use pace::Pace;
pub use segue_core::plan::{Form, Language};
use turns::{Running, Turns};

/// Whose turn it is to have a script checked.
const REGISTRATION: &str = "\0registration";
/// What inputs and sources may take of a child's memory.
const SHARE_OF_MEMORY: u64 = 4;

/// One script and what it is to be run on.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The language.
    pub language: Language,
    /// What the text is.
    pub form: Form,
    /// The text.
    pub source: Arc<str>,
    /// What the script sees as `$`, or as jq's input.
    pub input: Json,
    /// Children are shared fairly between shares: the name of the definition.
    pub share: Arc<str>,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// The script is at fault: what it threw, or what is wrong with it or with its result.
    #[error("{0}")]
    Failed(String),
    /// The script took longer than it may.
    #[error("the script took longer than {limit_ms} ms")]
    TimedOut {
        /// The limit.
        limit_ms: u64,
    },
    /// The script took more memory than it may.
    #[error("the script took more memory than a script may")]
    OutOfMemory,
    /// Too many evaluations of one share are waiting.
    #[error("{waiting_max} scripts of {share} are waiting already")]
    Busy {
        /// The share.
        share: Arc<str>,
        /// So many may wait.
        waiting_max: usize,
    },
    /// The language cannot be run here, and why.
    #[error("{0}")]
    Unavailable(String),
}

/// Runs scripts. Clones share the children, which are started when they are needed and end with the last clone.
#[derive(Clone)]
pub struct Evaluators {
    shared: Arc<Shared>,
}

impl fmt::Debug for Evaluators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluators").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

struct Shared {
    options: EvaluatorOptions,
    idle: Mutex<Vec<Child>>,
    python: OnceCell<Result<PathBuf, String>>,
    turns: Mutex<Turns<oneshot::Sender<Turn>>>,
}

/// The right to use one child. Dropping it lets the next one go.
struct Turn {
    shared: Arc<Shared>,
    running: Option<Running>,
}

impl Evaluators {
    /// Children to come; none is started yet.
    pub fn new(options: EvaluatorOptions) -> Self {
        let turns = Turns::new(options.slots.max(1), options.waiting_max);
        Self {
            shared: Arc::new(Shared {
                options,
                idle: Mutex::default(),
                python: OnceCell::new(),
                turns: Mutex::new(turns),
            }),
        }
    }

    /// Runs a script, when its turn comes.
    pub async fn evaluate(&self, evaluation: Evaluation) -> Result<Json, EvaluationError> {
        self.ask(&evaluation, Purpose::Evaluate).await
    }

    /// Runs a script as a program of its own, when its turn comes: the input's fields are JavaScript's globals and
    /// Python's `context`. The result is `{"result": …}`: the value of JavaScript's last statement, a promise's once it
    /// is settled, the key absent if it is undefined; in Python what `output` is in the end.
    pub async fn run(&self, evaluation: Evaluation) -> Result<Json, EvaluationError> {
        self.ask(&evaluation, Purpose::Run).await
    }

    /// Says what is wrong with the text of a script, as [`EvaluationError::Failed`]. Nothing of it is run.
    pub async fn check(
        &self,
        language: Language,
        form: Form,
        source: impl Into<Arc<str>>,
    ) -> Result<(), EvaluationError> {
        let (source, share, input) = (source.into(), REGISTRATION.into(), Json::empty_object());
        self.ask(&Evaluation { language, form, source, input, share }, Purpose::Check).await.map(drop)
    }

    async fn ask(&self, evaluation: &Evaluation, purpose: Purpose) -> Result<Json, EvaluationError> {
        let frame = self.shared.frame(evaluation, purpose)?;
        let mut turn = self.turn(&evaluation.share).await?;
        match evaluation.language {
            Language::Python => self.once_in_python(&frame, &mut turn).await,
            Language::JavaScript | Language::Jq => self.in_kept_child(&frame, &mut turn).await,
        }
    }

    async fn turn(&self, share: &Arc<str>) -> Result<Turn, EvaluationError> {
        let (grant, granted) = oneshot::channel();
        let asked = self.shared.turns.lock().ask(share, grant);
        if asked.is_err() {
            let waiting_max = self.shared.options.waiting_max;
            return Err(EvaluationError::Busy { share: Arc::clone(share), waiting_max });
        }
        Shared::grant(&self.shared);
        granted.await.map_err(|_| EvaluationError::Unavailable("the evaluators have ended".into()))
    }

    async fn in_kept_child(&self, frame: &[u8], turn: &mut Turn) -> Result<Json, EvaluationError> {
        let mut kept = self.shared.kept(turn.pace());
        loop {
            let (mut child, is_kept) = match kept.take() {
                Some(child) => (child, true),
                None => (Child::start(&self.shared.options, None).await?, false),
            };
            match turn.ask(&mut child, frame).await {
                Ok(Answer::Done { result, is_worn }) => {
                    self.shared.keep(child, is_worn);
                    return Ok(result);
                }
                Ok(Answer::Not(failure)) => {
                    self.shared.keep(child, failure == Failure::OutOfMemory);
                    return Err(self.shared.error(failure));
                }
                // It had ended before it was asked.
                Err(Fate::Unasked) if is_kept => {}
                Err(fate) => return Err(self.shared.error(fate.into_failure())),
            }
        }
    }

    async fn once_in_python(&self, frame: &[u8], turn: &mut Turn) -> Result<Json, EvaluationError> {
        let options = &self.shared.options;
        let found = self.shared.python.get_or_init(|| interpreter::find(&options.python)).await;
        let python = found.as_ref().map_err(|reason| EvaluationError::Unavailable(reason.clone()))?;
        let mut child = Child::start(options, Some(python)).await?;
        match turn.ask(&mut child, frame).await {
            Ok(Answer::Done { result, .. }) => Ok(result),
            Ok(Answer::Not(failure)) => Err(self.shared.error(failure)),
            Err(fate) => Err(self.shared.error(fate.into_failure())),
        }
    }
}

impl Shared {
    fn frame(&self, evaluation: &Evaluation, purpose: Purpose) -> Result<Vec<u8>, EvaluationError> {
        let Evaluation { language, form, source, input, .. } = evaluation;
        let bytes_max = self.options.memory_bytes / SHARE_OF_MEMORY;
        if (source.len() + input.text().len()) as u64 > bytes_max {
            let message = format!("the script and its input are larger than {bytes_max} bytes");
            return Err(EvaluationError::Failed(message));
        }
        let unwritable = |error: &dyn fmt::Display| EvaluationError::Failed(error.to_string());
        let input = serde_json::from_str(input.text()).map_err(|error| unwritable(&error))?;
        let request = Request {
            purpose,
            language: *language,
            form: *form,
            source: Cow::Borrowed(source),
            input,
            limits: Limits {
                time_ms: self.options.time_ms(),
                memory_bytes: self.options.memory_bytes,
                result_bytes: self.options.result_bytes_max,
            },
        };
        let payload = serde_json::to_vec(&request).map_err(|error| unwritable(&error))?;
        framed(&payload).map_err(|error| unwritable(&error))
    }

    /// A child that waits. One that has given way to others serves long scripts only.
    fn kept(&self, pace: Pace) -> Option<Child> {
        let mut idle = self.idle.lock();
        let fitting = idle.iter().rposition(|child| child.pace() == pace);
        match (fitting, pace) {
            (Some(place), _) => Some(idle.remove(place)),
            (None, Pace::Long) => idle.pop(),
            (None, Pace::Quick) => None,
        }
    }

    fn keep(&self, child: Child, is_worn: bool) {
        if is_worn {
            return;
        }
        let mut idle = self.idle.lock();
        idle.push(child);
        if idle.len() > self.options.slots {
            idle.remove(0);
        }
    }

    fn error(&self, failure: Failure) -> EvaluationError {
        match failure {
            Failure::Failed(message) => EvaluationError::Failed(message),
            Failure::TimedOut => EvaluationError::TimedOut { limit_ms: self.options.time_ms() },
            Failure::OutOfMemory => EvaluationError::OutOfMemory,
        }
    }

    /// Lets all go that may.
    fn grant(shared: &Arc<Self>) {
        loop {
            let next = shared.turns.lock().next(Instant::now());
            let Some((running, grant)) = next else { return };
            let turn = Turn { shared: Arc::clone(shared), running: Some(running) };
            if let Err(mut unwanted) = grant.send(turn) {
                unwanted.give_back();
            }
        }
    }
}

impl Turn {
    fn pace(&self) -> Pace {
        self.running.as_ref().map_or(Pace::Quick, |running| running.pace)
    }

    async fn ask(&mut self, child: &mut Child, frame: &[u8]) -> Result<Answer, Fate> {
        child.set_pace(self.pace());
        let answered = child.ask(frame, &self.shared.options).await;
        if let Some(running) = &mut self.running {
            running.work = Some(child.work());
        }
        answered
    }

    fn give_back(&mut self) {
        if let Some(running) = self.running.take() {
            self.shared.turns.lock().finish(&running, Instant::now());
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.give_back();
            Shared::grant(&self.shared);
        }
    }
}
