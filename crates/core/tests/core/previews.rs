//! Previews: what a command would do again, and whose effects would repeat.

use segue_core::decide::{Command, Preview};
use segue_core::id::ExecutionId;
use segue_core::plan::EffectClass;
use segue_core::status::TaskStatus;
use serde_json::json;

use crate::run::{Run, fork, simple};

fn of(run: &Run, id: ExecutionId, command: Command) -> Preview {
    run.preview(id, command).expect("a preview")
}

#[test]
fn a_retry_names_what_is_attempted_again_and_what_goes_on_in_place() {
    let [f, j] = fork("f", &[json!([simple("b")]), json!([simple("c")])]);
    let (mut run, id) = Run::of(json!([simple("a"), f, j, simple("z")]), json!({}));
    run.complete(id, "a", json!({}));
    run.complete(id, "c", json!({}));
    run.fail_as(id, "b", TaskStatus::FailedWithTerminalError, "no");
    let preview = of(&run, id, Command::Retry);
    assert_eq!((preview.runs_again.join(" ").as_str(), preview.reopened.join(" ").as_str()), ("b", "f_join"));
    assert_eq!(preview.effects.get(&EffectClass::AtLeastOnce), Some(&vec!["b".to_owned()]));
    assert_eq!(preview.effects.len(), 1);
    assert!(preview.hidden.is_empty());
}
