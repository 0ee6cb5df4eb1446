//! The words of plans for scripts, in ours.

use segue_core::plan;

use super::{Form, Language};

impl From<plan::Language> for Language {
    fn from(language: plan::Language) -> Self {
        match language {
            plan::Language::JavaScript => Self::JavaScript,
            plan::Language::Jq => Self::Jq,
            plan::Language::Python => Self::Python,
        }
    }
}

impl From<plan::Form> for Form {
    fn from(form: plan::Form) -> Self {
        match form {
            plan::Form::Expression => Self::Expression,
            plan::Form::Body => Self::Body,
        }
    }
}
