//! Messages between executions. Each is durable with the record that sent it; delivering it is a command to
//! the receiver like any other, and delivering it twice does no harm.

use segue_core::decide::Command;
use segue_core::record::{Message, MessageBody, MessageId};
use segue_core::time::Timestamp;

use super::commits::Purpose;
use super::requests::Request;
use super::{Done, Node, Want};

impl Node {
    /// Delivers a message, unless that is under way.
    pub fn deliver(&mut self, id: MessageId, message: Message, now: Timestamp) {
        if !self.delivering.insert(id) {
            return;
        }
        let MessageBody::Start(started) = &message.body else {
            return self.receive(id, message, now);
        };
        if self.slots.contains_key(&message.to) {
            return self.receive(id, message, now);
        }
        match self.catalog.plan(started.blueprint) {
            Some(plan) => {
                let (to, started) = (message.to, started.as_ref().clone());
                self.begin(to, plan, started, Some(id), Purpose::StartOf(id, Box::new(message)), now);
            }
            None => {
                self.delivering.remove(&id);
                self.wants.push(Want::Plan(id, Box::new(message)));
            }
        }
    }

    /// The receiver of a start exists already: it only ticks the message off.
    pub(super) fn deliver_to_existing(&mut self, id: MessageId, message: Message, now: Timestamp) {
        if self.delivering.insert(id) {
            self.receive(id, message, now);
        }
    }

    fn receive(&mut self, id: MessageId, message: Message, now: Timestamp) {
        let command = Command::Receive(id, Box::new(message.body));
        self.submit(Request::new(message.to, command, Done::Message(id)), now);
    }
}
