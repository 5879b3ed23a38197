//! `/settings/ai/agents`, and a new one.

use crate::agents::model::*;
use crate::error::Problems;
use crate::ui::{Choice, Shell, filters, text};
use askama::Template;

/// An agent with whether it may run in the organisation.
#[derive(Debug, Clone)]
pub struct Row {
    pub agent: Agent,
    pub leave: Leave,
}

#[derive(Template)]
#[template(path = "agents/index.html")]
pub struct Index {
    pub shell: Shell,
    pub built_in: Vec<Row>,
    pub own: Vec<Row>,
    pub can_manage: bool,
}

#[derive(Template)]
#[template(path = "agents/new.html")]
pub struct New {
    pub shell: Shell,
    pub form: AgentForm,
    pub problems: Problems,
}

impl Index {
    pub fn new(shell: Shell, rows: Vec<Row>, can_manage: bool) -> Self {
        let (built_in, own) = rows.into_iter().partition(|row| row.agent.built_in().is_some());
        Index { shell, built_in, own, can_manage }
    }

    pub fn sample() -> Self {
        let off = Leave { off_at: Some(Level::Organisation), version: None };
        let mut rows: Vec<Row> =
            Agent::samples().into_iter().map(|agent| Row { agent, leave: Leave::default() }).collect();
        rows.extend(rows.first().cloned().map(|row| Row { leave: off, ..row }));
        let own = Agent {
            key: "0199f0a0-0000-7000-8000-000000000005".to_owned(),
            name: "Tide watcher".to_owned(),
            about: "Says what the tide does to our plans.".to_owned(),
            category: Category::Own,
            contract: Contract::Text,
            is_archived: false,
            id: None,
        };
        rows.push(Row { agent: own.clone(), leave: Leave::default() });
        rows.push(Row { agent: Agent { is_archived: true, ..own }, leave: Leave::default() });
        Index::new(Shell::sample("settings"), rows, true)
    }
}

impl New {
    pub fn contracts(&self) -> Vec<Choice> {
        let choice = |one: &Contract| Choice::new(one, text(&one.label()), self.form.contract == one.as_str());
        OWN_CONTRACTS.iter().map(choice).collect()
    }

    pub fn sample() -> Self {
        let problems = Problems::one("name", "problem-agent-taken");
        New { shell: Shell::sample("settings"), form: AgentForm::default(), problems }
    }
}
