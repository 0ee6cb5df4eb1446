//! `while`: a DO_WHILE that begins each round with the test, so that a first round may not happen either.

use serde_json::Value;

use super::super::model::{Block, Task};
use super::super::placeholder::address::Part;
use super::super::placeholder::native::{key, path, placeholder};
use super::Compiler;
use super::block::Emitted;
use super::output::result_of;

impl<'a> Compiler<'a, '_, '_> {
    pub(super) fn while_loop(&mut self, task: &'a Task<'a>, body: &'a Block<'a>) -> Emitted {
        let mut repeat = self.scope("DO_WHILE", task);
        let reference = self.names.helper(&task.name, "test");
        let mut test = self.head(task, &reference);
        let round = placeholder(&[path(&repeat.task_reference_name, &[key("output"), key("iteration")])]);
        test.input_parameters.insert("round".to_owned(), round.into());
        let expression = task.parameters.and_then(|parameters| parameters.get("expression"));
        self.show_workflow(&mut test, expression.and_then(Value::as_str).unwrap_or_default());
        let mut branch = self.helper("SWITCH", &task.name, "branch");
        branch.evaluator_type = Some("value-param".to_owned());
        branch.expression = Some("value".to_owned());
        let more = placeholder(&[path(&reference, &[key("output"), key("more")]), "false".to_owned()]);
        branch.input_parameters.insert("value".to_owned(), more.into());
        let emitted = self.inside(task, Part::Body, |it| it.block(body, &task.name, "", false));
        branch.decision_cases = [("true".to_owned(), emitted.nodes)].into_iter().collect();
        repeat.loop_over = vec![test, branch];
        repeat.loop_condition = Some(format!("$[{}]['more'] == true", condition_text(&reference)));
        Emitted::of(vec![repeat], result_of(&reference))
    }
}

/// A text in the language of loop conditions.
fn condition_text(text: &str) -> String {
    let escape = |c: char| match c {
        '\\' => "\\\\".to_owned(),
        '\'' => "\\'".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c => c.to_string(),
    };
    format!("'{}'", text.chars().map(escape).collect::<String>())
}
