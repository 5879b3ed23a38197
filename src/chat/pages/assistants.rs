//! `/settings/ai/assistants`.

use crate::chat::model::*;
use crate::error::Problems;
use crate::ui::{Shell, filters};
use askama::Template;

#[derive(Template)]
#[template(path = "chats/assistants.html")]
pub struct Assistants {
    pub shell: Shell,
    pub built_in: Vec<Assistant>,
    pub own: Vec<Assistant>,
    pub can_manage: bool,
}

#[derive(Template)]
#[template(path = "chats/assistant.html")]
pub struct EditAssistant {
    pub shell: Shell,
    /// None for a new one.
    pub id: Option<uuid::Uuid>,
    pub form: AssistantForm,
    pub problems: Problems,
    /// What somebody else saved meanwhile.
    pub theirs: Option<String>,
}

impl Assistants {
    pub fn new(shell: Shell, all: Vec<Assistant>, can_manage: bool) -> Self {
        let (built_in, own) = all.into_iter().partition(Assistant::is_built_in);
        Assistants { shell, built_in, own, can_manage }
    }

    pub fn sample() -> Self {
        let mut all = Assistant::samples();
        all.push(Assistant {
            key: uuid::Uuid::from_u128(5).to_string(),
            name: "Harbour master".to_owned(),
            instructions: "Answer as somebody who has to sign the sailing plan.".to_owned(),
            sources: vec![SourceGroup::Docs],
            version: 1,
        });
        Assistants::new(Shell::sample("settings"), all, true)
    }
}

impl EditAssistant {
    pub fn action(&self) -> String {
        match self.id {
            Some(id) => format!("/settings/ai/assistants/{id}"),
            None => "/settings/ai/assistants".to_owned(),
        }
    }

    pub fn groups(&self) -> Vec<(SourceGroup, bool)> {
        SourceGroup::ALL.iter().map(|group| (*group, self.form.sources.contains(group))).collect()
    }

    pub fn sample() -> Self {
        let form = AssistantForm { name: "Harbour master".to_owned(), ..AssistantForm::default() };
        let problems = Problems::one("instructions", "problem-assistant-empty");
        EditAssistant { shell: Shell::sample("settings"), id: None, form, problems, theirs: None }
    }
}
