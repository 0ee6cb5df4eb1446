//! `for` and `iterate`: a task that finds the rounds, and a FOR_EACH over them.

use serde_json::Value;

use super::super::model::{Block, Task};
use super::super::placeholder::address::Part;
use super::super::placeholder::native::{key, path, placeholder};
use super::Compiler;
use super::block::Emitted;
use super::output::Output;

impl<'a> Compiler<'a, '_, '_> {
    pub(super) fn counted(&mut self, task: &'a Task<'a>, body: &'a Block<'a>) -> Emitted {
        let reference = self.names.helper(&task.name, "begin");
        let begin = self.head(task, &reference);
        let mut each = self.scope("FOR_EACH", task);
        let rounds = path(&reference, &[key("output"), key("result"), key("rounds")]);
        each.items = Some(Value::String(placeholder(&[rounds])));
        let emitted = self.inside(task, Part::Body, |it| it.block(body, &task.name, "", false));
        each.loop_over = self.filled(emitted.nodes, &task.name, "nothing");
        let out = Output::of_path(&reference, &["output", "result", "final"]);
        if !task.ignore_error {
            return Emitted::of(vec![begin, each], out);
        }
        // Without rounds there is nothing to repeat.
        let mut guard = self.helper("SWITCH", &task.name, "branch");
        guard.evaluator_type = Some("value-param".to_owned());
        guard.expression = Some("value".to_owned());
        let status = placeholder(&[path(&reference, &[key("status")])]);
        guard.input_parameters.insert("value".to_owned(), status.into());
        guard.decision_cases = [("COMPLETED".to_owned(), vec![each])].into_iter().collect();
        Emitted::of(vec![begin, guard], out)
    }
}
