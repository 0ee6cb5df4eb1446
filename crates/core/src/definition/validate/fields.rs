//! What each task type demands.

use super::Violation;
use super::outline::Node;
use crate::definition::{TaskDef, WorkflowTask};

pub(super) fn task(node: &Node<'_>, task_defs: &dyn Fn(&str) -> Option<TaskDef>, found: &mut Vec<Violation>) {
    let task = node.task;
    let mut demand = Demand { node, found };
    match task.type_.as_str() {
        "EVENT" => demand.field("sink", task.sink.is_some()),
        "DECISION" => {
            let given = task.case_value_param.is_some() || task.case_expression.is_some();
            demand.field("caseValueParam or caseExpression", given);
            demand.one_task("decisionCases", task.decision_cases.is_empty());
        }
        "SWITCH" => {
            demand.field("evaluatorType", task.evaluator_type.is_some());
            demand.field("expression", task.expression.is_some());
            demand.one_task("decisionCases", task.decision_cases.is_empty());
        }
        "DO_WHILE" => {
            demand.field("loopCondition", task.loop_condition.is_some());
            demand.field("loopOver", !task.loop_over.is_empty());
        }
        "FOR_EACH" => super::native::for_each(node, found),
        "TRY_CATCH" => super::native::try_catch(node, found),
        "GRAPH" => super::native::graph(node, found),
        "DYNAMIC" => demand.field("dynamicTaskNameParam", task.dynamic_task_name_param.is_some()),
        "FORK_JOIN" => demand.one_task("forkTasks", task.fork_tasks.is_empty()),
        "FORK_JOIN_DYNAMIC" => dynamic_fork(&mut demand),
        "HTTP" => {
            let given = has_input(task, task_defs, &["http_request", "uri"]);
            demand.field("inputParameters.http_request or inputParameters.uri", given);
        }
        "KAFKA_PUBLISH" => {
            demand.field("inputParameters.kafka_request", has_input(task, task_defs, &["kafka_request"]));
        }
        "JSON_JQ_TRANSFORM" => {
            demand.field("inputParameters.queryExpression", has_input(task, task_defs, &["queryExpression"]));
        }
        "SUB_WORKFLOW" => sub_workflow(&mut demand),
        "TERMINATE" => terminate(&mut demand),
        _ => {}
    }
}

struct Demand<'a, 'b> {
    node: &'a Node<'b>,
    found: &'a mut Vec<Violation>,
}

impl Demand<'_, '_> {
    fn field(&mut self, field: &str, given: bool) {
        if !given {
            self.add(field, &format!("{field} field is required for"));
        }
    }

    fn one_task(&mut self, field: &str, is_empty: bool) {
        if is_empty {
            self.add(field, &format!("{field} should have atleast one task for"));
        }
    }

    fn add(&mut self, field: &str, complaint: &str) {
        let WorkflowTask { type_, name, .. } = self.node.task;
        let first = field.split(" or ").next().unwrap_or(field);
        let message = format!("{complaint} taskType: {type_} taskName: {name}");
        self.found.push(Violation::missing(self.node.at(first), message));
    }
}

/// True when the input, or the default input of the task definition, has one of the keys. An embedded task
/// definition goes before the registered one.
fn has_input(task: &WorkflowTask, task_defs: &dyn Fn(&str) -> Option<TaskDef>, keys: &[&str]) -> bool {
    if keys.iter().any(|key| task.input_parameters.contains_key(*key)) {
        return true;
    }
    let in_template = |def: &TaskDef| keys.iter().any(|key| def.input_template.contains_key(*key));
    match &task.task_definition {
        Some(def) => in_template(def),
        None => task_defs(&task.name).is_some_and(|def| in_template(&def)),
    }
}

fn dynamic_fork(demand: &mut Demand<'_, '_>) {
    let task = demand.node.task;
    let (tasks, inputs) = (&task.dynamic_fork_tasks_param, &task.dynamic_fork_tasks_input_param_name);
    if task.dynamic_fork_join_tasks_param.is_some() {
        if tasks.is_some() || inputs.is_some() {
            // The misspelling is Conductor's.
            let complaint = "dynamicForkJoinTasksParam or combination of dynamicForkTasksInputParamName and \
                             dynamicForkTasksParam cam be used for";
            demand.add("dynamicForkJoinTasksParam", complaint);
        }
    } else if !task.input_parameters.contains_key("forkTaskInputs") {
        demand.field("dynamicForkTasksParam", tasks.is_some());
        demand.field("dynamicForkTasksInputParamName", inputs.is_some());
    }
}

fn sub_workflow(demand: &mut Demand<'_, '_>) {
    let param = &demand.node.task.sub_workflow_param;
    demand.field("subWorkflowParam", param.is_some());
    let version = param.as_ref().and_then(|param| param.version.as_ref()?.as_i64());
    if let Some(version) = version.filter(|version| *version < 0) {
        let message = format!("version: {version} should be minimum 0");
        demand.found.push(Violation::of(demand.node.at("subWorkflowParam.version"), message, version));
    }
}

fn terminate(demand: &mut Demand<'_, '_>) {
    let task = demand.node.task;
    if task.optional {
        let message = format!("terminate task cannot be optional, taskName: {}", task.name);
        demand.found.push(Violation::of(demand.node.at("optional"), message, true));
    }
    let status = task.input_parameters.get("terminationStatus");
    let is_known = status
        .and_then(|status| status.as_str())
        .is_some_and(|s| matches!(s, "COMPLETED" | "FAILED" | "TERMINATED"));
    if !is_known {
        let message = format!(
            "terminate task must have an terminationStatus parameter and must be set to COMPLETED or FAILED, \
             taskName: {}",
            task.name
        );
        let path = demand.node.at("inputParameters.terminationStatus");
        demand.found.push(Violation { path, message, invalid_value: status.cloned() });
    }
}
