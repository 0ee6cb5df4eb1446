//! How large inputs and outputs may be (Conductor: `maxTaskInputPayloadSizeThreshold` and its like). What is larger fails what
//! it belongs to, and is left out.

use super::end::Ending;
use super::turn::Turn;
use crate::json::Json;
use crate::status::TaskStatus;

/// The expressions of one template may read so many times what a payload may be: they may look for little in much.
const READS: usize = 16;

impl Turn<'_> {
    /// How many bytes the expressions of one template may read.
    pub(super) fn ration(&self) -> usize {
        self.ctx.limits.payload_bytes_max.saturating_mul(READS)
    }

    /// What is wrong with an input or output of an attempt, if it is too large.
    pub(super) fn excess_of_task(&self, ordinal: u32, payload: &Json) -> Option<String> {
        let (bytes, bytes_max) = (payload.text().len(), self.ctx.limits.payload_bytes_max);
        let (id, task) = (self.exec.id, self.exec.id.task(ordinal));
        // The two blanks are Conductor's.
        (bytes > bytes_max).then(|| {
            format!("The payload size: {bytes} of task: {task} in workflow: {id}  is greater than the permissible limit: {bytes_max} bytes")
        })
    }

    /// The same of the execution's output.
    pub(super) fn excess_of_workflow(&self, payload: &Json) -> Option<String> {
        let (bytes, bytes_max) = (payload.text().len(), self.ctx.limits.payload_bytes_max);
        let id = self.exec.id;
        (bytes > bytes_max).then(|| {
            format!("The payload size: {bytes} of workflow: {id} is greater than the permissible limit: {bytes_max} bytes")
        })
    }

    /// An ending, or in its place the failure of an attempt whose output is too large.
    pub(super) fn within_bounds(&self, ordinal: u32, ending: Ending) -> Ending {
        let excess = ending.output.as_ref().and_then(|output| self.excess_of_task(ordinal, output));
        match excess {
            Some(reason) => Ending {
                output: Some(Json::empty_object()),
                worker: ending.worker,
                ..Ending::new(TaskStatus::FailedWithTerminalError, Some(&reason))
            },
            None => ending,
        }
    }
}
