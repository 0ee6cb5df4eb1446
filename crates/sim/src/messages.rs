//! Messages between executions: sent once, applied by their receiver, gone then.

use std::collections::{BTreeMap, BTreeSet};

use segue_core::id::ExecutionId;
use segue_core::record::{Message, MessageId};

use crate::{Check, broken};

/// What was sent, and what of it is not applied.
#[derive(Default)]
pub(crate) struct Mail {
    sent: BTreeMap<MessageId, ExecutionId>,
    pub(crate) pending: BTreeMap<MessageId, Pending>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending {
    pub(crate) to: ExecutionId,
}

impl Mail {
    pub(crate) fn send(&mut self, id: MessageId, message: &Message, removed: &BTreeSet<ExecutionId>) {
        self.sent.insert(id, message.to);
        if !removed.contains(&message.to) {
            self.pending.insert(id, Pending { to: message.to });
        }
    }

    pub(crate) fn apply(&mut self, id: MessageId, by: ExecutionId) -> Check {
        if self.sent.get(&id) != Some(&by) {
            return broken("a message is applied by its receiver", format!("{by} applied {id:?}"));
        }
        self.pending.remove(&id);
        Ok(())
    }

    /// Nobody can answer them any more.
    pub(crate) fn drop_to(&mut self, receiver: ExecutionId) {
        self.pending.retain(|_, pending| pending.to != receiver);
    }
}
