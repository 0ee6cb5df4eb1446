//! Executions driven by hand: virtual time, messages delivered in process, every journal kept.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use segue_core::decide::{
    self, Answer, Asked, Command, Context, Definitions, Limits, Outcome, Refusal, Start,
};
use segue_core::definition::{TaskDef, Violation, WorkflowDef};
use segue_core::event::{Event, QueueName};
use segue_core::execution::{Execution, Task};
use segue_core::id::{BlueprintHash, ExecutionId};
use segue_core::json::Json;
use segue_core::plan::{Evaluation, Plan};
use segue_core::record::{FORMAT, Message, MessageBody, MessageId, Record};
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;
use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::check;
pub(crate) use crate::hands::result;
pub(crate) use crate::nodes::{fork, node, simple};

/// When every run begins.
pub(crate) const T0: i64 = 1_700_000_000_000;

/// One execution and all that was written of it.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) execution: Execution,
    pub(crate) journal: Vec<Vec<u8>>,
    pub(crate) tables: check::Tables,
    pub(crate) plan: Arc<Plan>,
    /// Every plan that it pinned.
    pub(crate) plans: Vec<Arc<Plan>>,
}

/// Several executions in one process.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) now: Timestamp,
    pub(crate) entropy: u64,
    pub(crate) limits: Limits,
    /// Queues that somebody polls.
    pub(crate) polled: HashSet<String>,
    /// Whether the invariants are checked after every command (costs a fold of the whole journal).
    pub(crate) checks: bool,
    /// Messages on their way; delivered after each command unless `holds_messages`.
    pub(crate) messages: VecDeque<(MessageId, Message)>,
    pub(crate) holds_messages: bool,
    pub(crate) executions: BTreeMap<ExecutionId, Live>,
    /// What evaluators were asked and have not answered; answered after each command unless `holds_answers`.
    pub(crate) asked: VecDeque<(ExecutionId, Asked)>,
    pub(crate) holds_answers: bool,
    pub(crate) evaluator: fn(&Evaluation) -> Answer,
    catalog: Catalog,
    pinned: HashMap<BlueprintHash, Arc<Plan>>,
    started: u64,
}

impl Run {
    pub(crate) fn new() -> Self {
        Self {
            now: Timestamp(T0),
            entropy: 7,
            limits: Limits::default(),
            polled: HashSet::new(),
            checks: true,
            messages: VecDeque::new(),
            holds_messages: false,
            executions: BTreeMap::new(),
            asked: VecDeque::new(),
            holds_answers: false,
            evaluator: |evaluation| panic!("nobody evaluates {evaluation:?}"),
            catalog: Catalog::default(),
            pinned: HashMap::new(),
            started: 0,
        }
    }

    /// Registers a task definition.
    pub(crate) fn task_def(&mut self, def: Value) -> &mut Self {
        let def: TaskDef = serde_json::from_value(def).expect("a task definition");
        self.catalog.task_defs.insert(def.name.clone(), Arc::new(def));
        self
    }

    /// Registers a definition.
    pub(crate) fn define(&mut self, definition: Value) -> &mut Self {
        self.try_define(definition).expect("a definition that compiles");
        self
    }

    pub(crate) fn try_define(&mut self, definition: Value) -> Result<(), Vec<Violation>> {
        let definition: WorkflowDef = serde_json::from_value(definition).expect("a definition");
        let plan = self.catalog.compile_here(&definition)?;
        let versions = self.catalog.plans.entry(definition.name.clone()).or_default();
        versions.insert(i64::from(definition.version), plan);
        Ok(())
    }

    /// Registers an event handler.
    pub(crate) fn on(&mut self, handler: Value) -> &mut Self {
        self.catalog.handlers.push(serde_json::from_value(handler).expect("an event handler"));
        self
    }

    /// The latest plan of a definition.
    pub(crate) fn plan(&self, name: &str) -> Arc<Plan> {
        self.catalog.find(name, None).expect("a registered definition")
    }

    /// Defines `wf` with these tasks and starts it.
    pub(crate) fn of(tasks: Value, input: Value) -> (Self, ExecutionId) {
        let mut run = Self::new();
        run.define(json!({"name": "wf", "tasks": tasks}));
        let id = run.start("wf", input);
        (run, id)
    }

    pub(crate) fn start(&mut self, name: &str, input: Value) -> ExecutionId {
        self.start_with(name, Start { input: Json::of(&input), ..Start::default() })
    }

    pub(crate) fn start_with(&mut self, name: &str, start: Start) -> ExecutionId {
        let plan = self.catalog.find(name, None).expect("a registered definition");
        self.started += 1;
        let id = ExecutionId::new(self.now.0, self.started);
        let event = start.event(&plan);
        self.begin(id, plan, event, None);
        if !self.holds_messages {
            self.deliver();
        }
        id
    }

    fn begin(
        &mut self,
        id: ExecutionId,
        plan: Arc<Plan>,
        event: segue_core::event::ExecutionStarted,
        message: Option<MessageId>,
    ) {
        let is_polled = |queue: &QueueName| self.polled.contains(&*queue.0);
        let context = Context {
            now: self.now,
            entropy: self.entropy,
            definitions: &self.catalog,
            is_polled: &is_polled,
            limits: &self.limits,
        };
        let (execution, decision) =
            decide::start(id, plan.clone(), event, message, &context).expect("a start is never refused");
        let live = Live {
            execution,
            journal: Vec::new(),
            tables: check::Tables::default(),
            plan,
            plans: Vec::new(),
        };
        self.executions.insert(id, live);
        self.append(id, decision);
    }

    fn append(&mut self, id: ExecutionId, decision: decide::Decision) {
        self.asked.extend(decision.asked.into_iter().map(|asked| (id, asked)));
        let live = self.executions.get_mut(&id).expect("an execution");
        for plan in decision.pinned {
            live.plans.push(plan.clone());
            self.pinned.insert(plan.hash, plan);
        }
        if let Some(record) = &decision.record {
            let seq = live.journal.len() as u64;
            live.tables.apply(id, seq, record);
            live.journal.push(record.encode());
            for (index, message) in (0..).zip(&record.messages) {
                self.messages.push_back((MessageId { sender: id, seq, index }, message.clone()));
            }
        }
        if self.checks {
            check::all(id, live);
        }
    }

    /// Decides a command and delivers what it sends.
    pub(crate) fn apply(&mut self, id: ExecutionId, command: Command) -> Result<Outcome, Refusal> {
        let outcome = self.decide(id, command);
        if !self.holds_messages {
            self.deliver();
        }
        outcome
    }

    /// What a command would do.
    pub(crate) fn preview(&self, id: ExecutionId, command: Command) -> Result<decide::Preview, Refusal> {
        decide::preview(self.execution(id), command, &self.context())
    }

    /// What the message of a child would do.
    pub(crate) fn hear(
        &self,
        id: ExecutionId,
        child: ExecutionId,
        body: MessageBody,
    ) -> Result<Option<decide::Preview>, Refusal> {
        decide::heard(self.execution(id), child, body, &self.context())
    }

    fn context(&self) -> Context<'_> {
        Context {
            now: self.now,
            entropy: self.entropy,
            definitions: &self.catalog,
            is_polled: &|_| false,
            limits: &self.limits,
        }
    }

    fn decide(&mut self, id: ExecutionId, command: Command) -> Result<Outcome, Refusal> {
        let is_polled = |queue: &QueueName| self.polled.contains(&*queue.0);
        let context = Context {
            now: self.now,
            entropy: self.entropy,
            definitions: &self.catalog,
            is_polled: &is_polled,
            limits: &self.limits,
        };
        let live = self.executions.get_mut(&id).expect("an execution");
        let before = self.checks.then(|| (check::state(&live.execution), live.execution.status));
        let is_anew = matches!(command, Command::Restart(_) | Command::Rerun { .. } | Command::Receive(..));
        let is_retry = is_anew || matches!(command, Command::Retry);
        let is_terminate = matches!(command, Command::Terminate { .. });
        let decision = match decide::decide(&mut live.execution, command, &context) {
            Ok(decision) => decision,
            Err(refusal) => {
                if let Some((before, _)) = before {
                    assert_eq!(check::state(&live.execution), before, "a refusal changes nothing: {refusal}");
                }
                return Err(refusal);
            }
        };
        if let Some((_, before)) = before.filter(|(_, before)| before.is_terminal()) {
            let after = live.execution.status;
            let may_change = is_anew
                || before != ExecutionStatus::Completed
                    && (is_retry || is_terminate && after == ExecutionStatus::Terminated);
            let stays = before == after || may_change;
            assert!(stays, "{before} became {after}");
        }
        let outcome = decision.outcome;
        self.append(id, decision);
        Ok(outcome)
    }

    /// Delivers all messages and answers, those included that the deliveries send and ask for.
    pub(crate) fn deliver(&mut self) {
        loop {
            if let Some((id, message)) = self.messages.pop_front() {
                self.deliver_one(id, message);
            } else if let Some((id, asked)) = (!self.holds_answers).then(|| self.asked.pop_front()).flatten()
            {
                let answer = (self.evaluator)(&asked.evaluation);
                self.answer(id, &asked, answer);
            } else {
                return;
            }
        }
    }

    pub(crate) fn answer(&mut self, id: ExecutionId, asked: &Asked, answer: Answer) -> Outcome {
        let command = Command::Evaluated { task: asked.task, round: asked.round, answer };
        self.decide(id, command).expect("an answer is never refused")
    }

    pub(crate) fn deliver_one(&mut self, id: MessageId, message: Message) {
        match message.body {
            MessageBody::Start(event) if !self.executions.contains_key(&message.to) => {
                let plan = self.pinned[&event.blueprint].clone();
                self.begin(message.to, plan, *event, Some(id));
            }
            body if self.executions.contains_key(&message.to) => {
                self.decide(message.to, Command::Receive(id, Box::new(body))).expect("never refused");
            }
            // To an execution that never began.
            _ => {}
        }
    }

    /// Lets time pass and wakes whatever is due, as often as it is.
    pub(crate) fn pass_ms(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        self.wake();
    }

    pub(crate) fn pass(&mut self, seconds: i64) {
        self.pass_ms(seconds * 1000);
    }

    /// Wakes whatever is due now.
    pub(crate) fn wake(&mut self) {
        for _ in 0..20_000 {
            let now = self.now;
            let is_due = |live: &Live| live.execution.wake_at(now).is_some_and(|at| at <= now);
            let Some(id) = self.executions.iter().find(|(_, live)| is_due(live)).map(|(id, _)| *id) else {
                return;
            };
            self.apply(id, Command::Wake).expect("never refused");
        }
        panic!("something is due for ever");
    }

    pub(crate) fn execution(&self, id: ExecutionId) -> &Execution {
        &self.executions[&id].execution
    }

    pub(crate) fn status(&self, id: ExecutionId) -> ExecutionStatus {
        self.execution(id).status
    }

    /// The newest attempt with this name (the reference with its frame).
    pub(crate) fn task(&self, id: ExecutionId, name: &str) -> &Task {
        self.find(id, name).unwrap_or_else(|| panic!("no attempt at {name} in {}", self.trace(id)))
    }

    pub(crate) fn find(&self, id: ExecutionId, name: &str) -> Option<&Task> {
        let execution = self.execution(id);
        let is_named = |task: &&Task| task.frame.name(&execution.plan.node(task.node).reference) == name;
        execution.current_tasks().rev().find(is_named)
    }

    /// The output of the newest attempt with this name.
    pub(crate) fn output(&self, id: ExecutionId, name: &str) -> Value {
        self.execution(id).output_of(self.task(id, name)).value()
    }

    pub(crate) fn input(&self, id: ExecutionId, name: &str) -> Value {
        self.task(id, name).input.value()
    }

    /// All attempts as text: `name:STATUS`, with `#n` for the n-th retry.
    pub(crate) fn trace(&self, id: ExecutionId) -> String {
        let execution = self.execution(id);
        let line = |task: &Task| {
            let name = task.frame.name(&execution.plan.node(task.node).reference);
            let attempt = if task.attempt > 0 { format!("#{}", task.attempt) } else { String::new() };
            format!("{name}{attempt}:{}", task.status)
        };
        execution.current_tasks().map(line).collect::<Vec<_>>().join(" ")
    }

    /// The names of the open attempts.
    pub(crate) fn open(&self, id: ExecutionId) -> Vec<String> {
        let execution = self.execution(id);
        let open = execution.tasks().iter().filter(|task| !task.is_terminal());
        open.map(|task| task.frame.name(&execution.plan.node(task.node).reference)).collect()
    }

    /// The records of an execution, as they were written.
    pub(crate) fn records(&self, id: ExecutionId) -> Vec<Record> {
        let journal = &self.executions[&id].journal;
        journal.iter().map(|body| Record::decode(FORMAT, body).expect("a record")).collect()
    }

    /// The events of an execution, as they were written.
    pub(crate) fn events(&self, id: ExecutionId) -> Vec<Event> {
        self.records(id).into_iter().flat_map(|record| record.events).collect()
    }
}
