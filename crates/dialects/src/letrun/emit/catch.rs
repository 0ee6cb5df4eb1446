//! `catch`: a TRY_CATCH whose catch part first asks whether the error is one to handle, and passes it on if not.

use segue_core::definition::WorkflowTask;
use serde_json::Value;

use super::super::model::{Block, Task};
use super::super::placeholder::address::Part;
use super::super::placeholder::native::{key, path, placeholder};
use super::Compiler;
use super::block::Emitted;
use super::output::result_of;

impl<'a> Compiler<'a, '_, '_> {
    pub(super) fn catch(
        &mut self,
        task: &'a Task<'a>,
        tried: &'a Block<'a>,
        catch: Option<&'a Block<'a>>,
        finally: Option<&'a Block<'a>>,
    ) -> Emitted {
        let mut scope = self.scope("TRY_CATCH", task);
        scope.optional = task.ignore_error;
        let guarded = self.inside(task, Part::Tried, |it| it.block(tried, &task.name, "", false)).nodes;
        scope.try_tasks = self.filled(guarded, &task.name, "nothing");
        // The scope shows the output of its last task, which must not look like a failure of the scope.
        if scope.try_tasks.last().is_some_and(|last| last.optional) {
            scope.try_tasks.push(self.helper("NOOP", &task.name, "tried"));
        }
        if let Some(catch) = catch {
            scope.catch_tasks = self.handling(task, catch);
        }
        if let Some(finally) = finally {
            let emitted =
                self.inside(task, Part::Finally, |it| it.block(finally, &task.name, "finally", false));
            scope.finally_tasks = match catch {
                Some(_) => emitted.nodes,
                None => self.filled(emitted.nodes, &task.name, "finally_nothing"),
            };
        }
        let mut end = self.system_helper("caught", task, "end");
        end.optional = task.ignore_error;
        let reference = self.names.helper(&task.name, "caught");
        let caught = match catch {
            Some(_) => placeholder(&[path(&reference, &[key("output"), key("result")]), "null".to_owned()]),
            None => placeholder(&["null".to_owned()]),
        };
        // In a loop that result may be an earlier round's: without an error in this one it does not count.
        let error = placeholder(&[
            path(&scope.task_reference_name, &[key("output"), key("error")]),
            "null".to_owned(),
        ]);
        end.input_parameters.insert("caught".to_owned(), caught.into());
        end.input_parameters.insert("error".to_owned(), error.into());
        end.input_parameters.insert("finally".to_owned(), finally.is_some().into());
        let out = result_of(&end.task_reference_name);
        Emitted::of(vec![scope, end], out)
    }

    /// What runs after a failure.
    fn handling(&mut self, task: &'a Task<'a>, block: &'a Block<'a>) -> Vec<WorkflowTask> {
        let scope = self.names.reference(&task.name);
        let error = || Value::String(placeholder(&[path(&scope, &[key("output"), key("error")])]));
        let reference = self.names.helper(&task.name, "caught");
        let mut caught = self.head(task, &reference);
        caught.optional = false;
        caught.input_parameters.insert("error".to_owned(), error());
        let expression = task.parameters.and_then(|parameters| parameters.get("expression"));
        self.show_workflow(&mut caught, expression.and_then(Value::as_str).unwrap_or_default());
        let mut rethrow = self.system_helper("rethrow", task, "rethrow");
        rethrow.input_parameters.insert("error".to_owned(), error());
        let mut choice = self.helper("SWITCH", &task.name, "match");
        choice.evaluator_type = Some("value-param".to_owned());
        choice.expression = Some("value".to_owned());
        let matched = placeholder(&[path(&reference, &[key("output"), key("matched")])]);
        choice.input_parameters.insert("value".to_owned(), matched.into());
        let emitted = self.inside(task, Part::Handling, |it| it.block(block, &task.name, "catch", false));
        choice.decision_cases = [("true".to_owned(), emitted.nodes)].into_iter().collect();
        choice.default_case = vec![rethrow];
        vec![caught, choice]
    }
}
