//! SET_VARIABLE: each input becomes a workflow variable.

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::{Event, Frame};
use crate::plan::NodeIndex;
use crate::status::TaskStatus;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let ordinal = turn.schedule(node, frame, |_| {});
    if turn.too_deep {
        return;
    }
    let input = turn.exec.task(ordinal).map(|task| task.input.object()).unwrap_or_default();
    let mut variables = turn.exec.variables.clone();
    variables.extend(input.clone());
    let bytes = serde_json::to_string(&variables).map_or(usize::MAX, |text| text.len());
    let bytes_max = turn.ctx.limits.variables_bytes_max;
    if bytes > bytes_max {
        let reason = format!(
            "The variables payload size: {bytes} of workflow: {} is greater than the permissible limit: {} kilobytes",
            turn.exec.id,
            bytes_max / 1024
        );
        turn.fail_task(ordinal, TaskStatus::FailedWithTerminalError, &reason);
        return;
    }
    turn.emit(Event::VariablesSet(input));
    end_task(turn, ordinal, Ending::completed());
}
