//! Expressions that found nothing and were left as they are written: hardly what their author meant.

use serde_json::Value;

use super::shown;
use crate::print::field;

/// A warning for each expression of a run that is over.
pub(crate) fn warnings(workflow: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for task in workflow.get("tasks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        let (Some(given), Some(template)) =
            (task.pointer("/inputData/parameters"), task.pointer("/workflowTask/inputParameters/parameters"))
        else {
            continue;
        };
        let (mut texts, mut templates) = (Vec::new(), Vec::new());
        collect(given, &mut texts);
        collect(template, &mut templates);
        for expression in texts.iter().flat_map(|text| expressions(text)) {
            // The author's own text is the default of what the compiler made of it.
            let quoted = format!("'{}'", expression.replace('\\', "\\\\").replace('\'', "\\'"));
            if templates.iter().any(|template| template.contains(&quoted)) {
                let name = shown::name(&field(task, "referenceTaskName"));
                found
                    .push(format!("warning: task {name:?}: {expression} finds nothing and is left as it is"));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) if text.contains("${") => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        _ => {}
    }
}

/// The `${…}` of a text.
fn expressions(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices("${").map(|(at, _)| at);
    starts.filter_map(|start| Some(&text[start..=start + text[start..].find('}')?]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_author_wrote_is_told_from_data_that_looks_like_it() {
        let task = |given: &str| {
            json!({"tasks": [{
                "referenceTaskName": "greet__1",
                "inputData": {"parameters": {"message": given}},
                "workflowTask": {"inputParameters": {"parameters": {"message": "hi ${workflow.input.x ?? '${input.x}'}"}}},
            }]})
        };
        assert_eq!(
            warnings(&task("hi ${input.x}")),
            ["warning: task \"greet__0\": ${input.x} finds nothing and is left as it is"]
        );
        assert!(warnings(&task("hi ${other}")).is_empty());
    }
}
