//! Previews of commands: what the execution itself would do again, what its ancestors would, and what the children did
//! that would be started anew.

use std::collections::VecDeque;

use segue_core::decide::{ChildAnew, Context, Preview, Refusal, done, heard, preview};
use segue_core::execution::Execution;
use segue_core::id::ExecutionId;
use segue_core::record::Message;

use super::Engine;
use super::control::Control;
use crate::error::Error;

/// So many executions below are looked at; the others are only counted.
const DESCENDANTS_READ_MAX: usize = 100;

impl Engine {
    /// What a command would do. Nothing is changed.
    ///
    /// # Errors
    /// As [`Engine::control`].
    pub async fn preview(&self, id: ExecutionId, control: Control) -> Result<Preview, Error> {
        let (target, command) = self.commanded(id, control).await?;
        let execution = self.read(target, Execution::clone).await?;
        let mut own = self.on_copy(target, |context| preview(&execution, command, context))?;
        own.parents = self.above(target, own.told.take()).await?;
        let mut left = DESCENDANTS_READ_MAX;
        let children = own.parents.iter_mut().flat_map(|parent| &mut parent.children);
        for child in own.children.iter_mut().chain(children) {
            self.look_at(child, &mut left).await?;
        }
        Ok(own)
    }

    /// What the ancestors would do, the nearest first, as far as one tells the next.
    async fn above(&self, child: ExecutionId, told: Option<Message>) -> Result<Vec<Preview>, Error> {
        let mut parents = Vec::new();
        let (mut child, mut told) = (child, told);
        while let Some(Message { to, body }) = told {
            let parent = match self.read(to, Execution::clone).await {
                Err(Error::NoSuchExecution(_)) => break,
                parent => parent?,
            };
            let Some(mut next) = self.on_copy(to, |context| heard(&parent, child, body, context))? else {
                break;
            };
            told = next.told.take();
            child = to;
            parents.push(next);
        }
        Ok(parents)
    }

    /// Sums up what the former child and its descendants did, while executions are `left` to look at.
    async fn look_at(&self, child: &mut ChildAnew, left: &mut usize) -> Result<(), Error> {
        let mut below: VecDeque<ExecutionId> = child.former_workflow_id.into_iter().collect();
        while let Some(id) = below.pop_front() {
            if *left == 0 {
                child.unread += 1 + below.len();
                return Ok(());
            }
            *left -= 1;
            match self.read(id, done).await {
                Ok(did) => below.extend(child.did.add(did)),
                Err(Error::NoSuchExecution(_)) => child.unread += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn on_copy<T>(
        &self,
        target: ExecutionId,
        decide: impl FnOnce(&Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Error> {
        let context = Context {
            now: self.now(),
            entropy: 0,
            definitions: &*self.inner.catalog,
            is_polled: &|_| false,
            limits: &self.inner.options.limits,
        };
        decide(&context).map_err(|refusal| match refusal {
            Refusal::NoSuchTask(ordinal) => Error::NoSuchTask(target.task(ordinal)),
            refusal => Error::Refused { execution: target, refusal },
        })
    }
}
