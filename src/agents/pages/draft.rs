//! What an agent shall be told.

use crate::agents::model::*;
use crate::error::Problems;
use crate::ui::{Choice, Shell, filters, text};
use askama::Template;

#[derive(Template)]
#[template(path = "agents/draft.html")]
pub struct EditDraft {
    pub shell: Shell,
    pub agent: Agent,
    pub form: DraftForm,
    pub problems: Problems,
    /// What somebody else saved meanwhile.
    pub theirs: Option<String>,
}

impl EditDraft {
    pub fn models(&self) -> Vec<Choice> {
        let choice = |one: crate::ai::Model| {
            Choice::new(one, text(&format!("agent-model-{one}")), self.form.model == one.as_str())
        };
        BRAINS.into_iter().map(choice).collect()
    }

    pub fn modes(&self) -> Vec<Choice> {
        let choice = |one: Mode| Choice::new(one, text(&format!("agent-mode-{one}")), self.form.mode == one.as_str());
        [Mode::Propose, Mode::Off].into_iter().map(choice).collect()
    }

    /// None where what is read is part of what it does.
    pub fn kinds(&self) -> Vec<Choice> {
        let choice = |kind: crate::access::Kind| {
            let is_on = self.form.kinds.iter().any(|word| word == kind.as_str());
            Choice::new(kind, text(&format!("search-kind-{kind}")), is_on)
        };
        match self.agent.built_in() {
            Some(_) => Vec::new(),
            None => READABLE.into_iter().map(choice).collect(),
        }
    }

    pub fn wants_schema(&self) -> bool {
        self.agent.contract == Contract::Json
    }

    pub fn sample() -> Self {
        let agent = Agent { key: "own".to_owned(), contract: Contract::Json, ..Agent::samples().swap_remove(1) };
        let form = DraftForm { edition: 2, ..DraftForm::of(&Version::sample(None), 2) };
        let problems = Problems::one("kinds", "problem-agent-kinds");
        EditDraft { shell: Shell::sample("settings"), agent, form, problems, theirs: Some("model: fast".to_owned()) }
    }
}
