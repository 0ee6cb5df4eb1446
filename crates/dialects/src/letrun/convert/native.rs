//! Nodes of the native format in letrun's words, as far as it has some.

use segue_core::definition::{RetryLogic, WorkflowTask};
use serde_json::{Map, Value, json};

use super::super::handler::Handler;
use super::sequence::Writer;

impl<'a> Writer<'a> {
    /// The fields of a task; nothing if it was refused.
    pub(super) fn native(&mut self, node: &'a WorkflowTask) -> Option<Map<String, Value>> {
        let place = node.task_reference_name.as_str();
        let input = self.rewrite_fields(&node.input_parameters, place);
        let said = match node.type_.as_str() {
            "SIMPLE" => self.simple(node, input),
            "SWITCH" => self.native_switch(node, &input)?,
            "FOR_EACH" => self.for_each(node),
            "TRY_CATCH" => self.try_catch(node)?,
            "HTTP" => self.http(node, &input)?,
            "INLINE" | "LAMBDA" => self.inline(node, input)?,
            "WAIT" => self.wait(node, &input)?,
            "SUB_WORKFLOW" => Value::Object(self.child(node, None)),
            other => {
                self.refuse(node, &format!("letrun has nothing like {other}"));
                return None;
            }
        };
        let Value::Object(said) = said else { return None };
        let mut fields = Map::new();
        if let Some(title) = &node.description {
            fields.insert("title".to_owned(), title.clone().into());
        }
        fields.extend(said);
        if node.optional {
            fields.insert("ignoreError".to_owned(), true.into());
        }
        self.retries(node, &mut fields);
        self.unsaid_fields(node);
        Some(fields)
    }

    fn simple(&mut self, node: &WorkflowTask, input: Map<String, Value>) -> Value {
        let handler = Handler::parse(&node.name);
        let what = match handler {
            Handler::System(_) => {
                format!("a worker's task `{}` would be letrun's own of that name", node.name)
            }
            _ => format!(
                "`{}` is a worker's task; here a package or file of that name has to do it",
                node.name
            ),
        };
        match handler {
            Handler::System(_) => self.refuse(node, &what),
            _ => self.lose(node, what),
        }
        let mut fields = Map::new();
        fields.insert("handler".to_owned(), node.name.clone().into());
        if !input.is_empty() {
            fields.insert("parameters".to_owned(), Value::Object(input));
        }
        Value::Object(fields)
    }

    fn native_switch(&mut self, node: &'a WorkflowTask, input: &Map<String, Value>) -> Option<Value> {
        let value = node.expression.as_ref().and_then(|expression| input.get(expression));
        let (Some("value-param"), Some(value)) = (node.evaluator_type.as_deref(), value) else {
            self.refuse(node, "a script that chooses the case sees other things in letrun");
            return None;
        };
        let cases = node.decision_cases.iter().map(|(case, tasks)| (case.to_owned(), self.block(tasks)));
        let cases: Map<String, Value> = cases.collect();
        let default = self.block(&node.default_case);
        let case = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(json!({
            "handler": "switch", "parameters": {"expression": case}, "decisionCases": cases, "defaultCase": default,
        }))
    }

    fn for_each(&mut self, node: &'a WorkflowTask) -> Value {
        if node.concurrency.is_some_and(|count| count > 1) {
            self.lose(node, "the items are gone through one after the other");
        }
        let items = node.items.clone().or_else(|| node.input_parameters.get("items").cloned());
        let items = self.rewrite(&items.unwrap_or_default(), &node.task_reference_name);
        json!({"handler": "iterate", "parameters": {"items": items}, "loopOver": self.block(&node.loop_over)})
    }

    fn try_catch(&mut self, node: &'a WorkflowTask) -> Option<Value> {
        if node.input_parameters.get("catch").is_some_and(|names| !names.is_null()) {
            self.refuse(node, "letrun catches by the names of errors, not by statuses and tasks");
            return None;
        }
        let mut fields = json!({"handler": "catch", "tasks": self.block(&node.try_tasks)});
        if !node.catch_tasks.is_empty() {
            fields["catch"] = self.block(&node.catch_tasks);
        }
        if !node.finally_tasks.is_empty() {
            fields["finally"] = self.block(&node.finally_tasks);
        }
        Some(fields)
    }

    fn http(&mut self, node: &WorkflowTask, input: &Map<String, Value>) -> Option<Value> {
        let request = input.get("http_request").and_then(Value::as_object).unwrap_or(input);
        let mut parameters = Map::new();
        for (key, value) in request {
            let known = match key.as_str() {
                "uri" => "url",
                "readTimeOut" => "timeoutMs",
                "method" | "headers" | "body" => key,
                _ => {
                    self.lose(node, format!("`{key}` of the request has no counterpart"));
                    continue;
                }
            };
            parameters.insert(known.to_owned(), value.clone());
        }
        if !parameters.contains_key("url") {
            self.refuse(node, "where the request goes is not said in its place");
            return None;
        }
        Some(json!({"handler": "http", "parameters": parameters}))
    }

    fn inline(&mut self, node: &WorkflowTask, mut input: Map<String, Value>) -> Option<Value> {
        let evaluator = input.shift_remove("evaluatorType");
        let is_javascript =
            evaluator.is_none_or(|name| matches!(name.as_str(), Some("javascript" | "graaljs")));
        let key = if node.type_ == "LAMBDA" { "scriptExpression" } else { "expression" };
        let Some(Value::String(script)) = input.shift_remove(key).filter(|_| is_javascript) else {
            self.refuse(node, "only scripts in JavaScript carry over");
            return None;
        };
        let script = match key {
            "expression" => format!("const $ = input;\n{script}"),
            _ => format!("(function ($) {{ {script} }})(input)"),
        };
        Some(json!({"handler": "lambda", "parameters": {"expression": script, "input": input}}))
    }

    fn wait(&mut self, node: &WorkflowTask, input: &Map<String, Value>) -> Option<Value> {
        let duration = input.get("duration").and_then(Value::as_str);
        let ms = duration.and_then(segue_core::plan::parse_duration_ms);
        let Some(ms) = ms else {
            self.refuse(
                node,
                "letrun waits for a time that is written out only, not for a call or an instant",
            );
            return None;
        };
        Some(json!({"handler": "delay", "parameters": {"time": ms}}))
    }

    fn retries(&mut self, node: &WorkflowTask, fields: &mut Map<String, Value>) {
        if let Some(count) = node.retry_count {
            fields.insert("retryCount".to_owned(), count.max(0).into());
        }
        let Some(def) = &node.task_definition else { return };
        let seconds = def.retry_delay_seconds.ms() as f64 / 1000.0;
        let (strategy, seconds) = match def.retry_logic {
            RetryLogic::Fixed => ("fixed", seconds),
            RetryLogic::ExponentialBackoff => ("exponential_backoff", seconds / 2.0),
            RetryLogic::LinearBackoff => {
                ("linear_backoff", seconds * f64::from(def.backoff_scale_factor.max(1)) / 1.5)
            }
        };
        fields.entry("retryCount").or_insert_with(|| def.retry_count.max(0).into());
        fields.insert("retryStrategy".to_owned(), strategy.into());
        fields.insert("retryDelaySeconds".to_owned(), json!(seconds));
    }

    /// What a node says that no task of letrun can.
    fn unsaid_fields(&mut self, node: &WorkflowTask) {
        if node.async_complete {
            self.refuse(node, "it is ended by a call from outside");
        }
        let given = [
            ("startDelay", node.start_delay != 0),
            ("permissive", node.permissive),
            ("onStateChange", !node.on_state_change.is_empty()),
            ("cacheConfig", node.cache_config.is_some()),
        ];
        for (field, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
            self.lose(node, format!("letrun has no `{field}`"));
        }
    }
}
