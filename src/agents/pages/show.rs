//! One agent: what it is told, and where it may run.

use crate::access::Actor;
use crate::agents::model::*;
use crate::error::Problems;
use crate::text::diff::{Line, words};
use crate::ui::{Choice, Shell, filters, text};
use askama::Template;

/// What was decided at one level, or may be.
#[derive(Debug, Clone)]
pub struct PostRow {
    /// As a form names it.
    pub value: String,
    pub level: Level,
    /// Of a project.
    pub name: Option<String>,
    pub is_enabled: bool,
    pub version: Option<i32>,
    pub edition: i32,
    pub updated_by: Option<String>,
    /// A wider level that switched it off, so that this one decides nothing.
    pub off_above: Option<Level>,
    pub can_manage: bool,
}

#[derive(Template)]
#[template(path = "agents/show.html")]
pub struct Show {
    pub shell: Shell,
    pub agent: Agent,
    pub versions: Versions,
    pub posts: Vec<PostRow>,
    /// Projects about which nothing is decided and in which one may.
    pub projects: Vec<Choice>,
    pub can_manage: bool,
    pub problems: Problems,
}

#[derive(Template)]
#[template(path = "agents/compare.html")]
pub struct Compare {
    pub shell: Shell,
    pub agent: Agent,
    pub from: i32,
    pub to: i32,
    pub lines: Vec<Line>,
    pub is_same: bool,
}

impl PostRow {
    fn of(me: &Actor, post: Post, binding: Option<&Binding>, off_above: Option<Level>) -> PostRow {
        let name = match post {
            Post::Project(id) => me.project_by_id(id).map(|project| project.name.clone()),
            _ => None,
        };
        PostRow {
            value: post.value(me),
            level: post.level(),
            name,
            is_enabled: binding.is_none_or(|binding| binding.is_enabled),
            version: binding.and_then(|binding| binding.version),
            edition: binding.map_or(0, |binding| binding.edition),
            updated_by: binding.and_then(|binding| binding.updated_by.clone()),
            off_above,
            can_manage: post.can_manage(me),
        }
    }

    /// Message key.
    pub fn state(&self) -> &'static str {
        match (self.off_above, self.is_enabled) {
            (Some(_), _) => "agent-off-above",
            (None, true) => "agent-on",
            (None, false) => "agent-off",
        }
    }

    pub fn tone(&self) -> &'static str {
        if self.off_above.is_none() && self.is_enabled { "green" } else { "grey" }
    }

    pub fn versions(&self, versions: &Versions) -> Vec<Choice> {
        let newest = Choice::new("", text("agent-version-newest"), self.version.is_none());
        let number = |version: &Version| {
            let number = version.number?;
            Some(Choice::new(number, version_label(number), self.version == Some(number)))
        };
        std::iter::once(newest).chain(versions.published.iter().filter_map(number)).collect()
    }

    pub fn switches(&self) -> Vec<Choice> {
        vec![
            Choice::new("on", text("agent-on"), self.is_enabled),
            Choice::new("off", text("agent-off"), !self.is_enabled),
        ]
    }
}

/// "Version 3", or that it came with the server.
pub fn version_label(number: i32) -> String {
    match number {
        0 => text("agent-version-built-in"),
        _ => crate::ui::say(&crate::error::Msg::new("agent-version").with("number", number)),
    }
}

/// Server, organisation, the projects with a decision, oneself; and the projects where one may decide.
pub fn posts(me: &Actor, agent: &Agent, bindings: &[Binding]) -> (Vec<PostRow>, Vec<Choice>) {
    let own: Vec<&Binding> = bindings.iter().filter(|binding| Some(binding.agent_id) == agent.id).collect();
    let find = |post: Post| own.iter().find(|binding| binding.post() == Some(post)).copied();
    let is_off = |post: Post| find(post).is_some_and(|binding| !binding.is_enabled);
    let of_server = is_off(Post::Server).then_some(Level::Server);
    let above = of_server.or(is_off(Post::Organisation).then_some(Level::Organisation));
    let mut rows = vec![
        PostRow::of(me, Post::Server, find(Post::Server), None),
        PostRow::of(me, Post::Organisation, find(Post::Organisation), of_server),
    ];
    let (mut rest, mut choices) = (Vec::new(), Vec::new());
    for project in me.projects.iter().filter(|project| !project.is_archived) {
        let post = Post::Project(project.id);
        match find(post) {
            Some(binding) => rest.push(PostRow::of(me, post, Some(binding), above)),
            None if post.can_manage(me) => choices.push(Choice::new(post.value(me), &project.name, false)),
            None => {}
        }
    }
    rows.append(&mut rest);
    if let Some(person) = me.person_id() {
        rows.push(PostRow::of(me, Post::Person(person), find(Post::Person(person)), above));
    }
    (rows, choices)
}

impl Show {
    pub fn label_of(&self, version: &Version) -> String {
        version.number.map(version_label).unwrap_or_default()
    }

    /// The address that compares this version with the newest.
    pub fn compare(&self, version: &Version) -> String {
        let newest = self.versions.newest().and_then(|newest| newest.number).unwrap_or_default();
        format!("{}/compare?from={}&to={newest}", self.agent.path(), version.number.unwrap_or_default())
    }

    pub fn is_newest(&self, version: &Version) -> bool {
        self.versions.newest().is_some_and(|newest| newest.number == version.number)
    }

    fn plain(shell: Shell, agent: Agent) -> Self {
        let versions = Versions {
            published: vec![Version::sample(Some(2)), Version::sample(Some(1)), Version::sample(Some(0))],
            draft: Some(Version::sample(None)),
        };
        let row = |value: &str, level: Level| PostRow {
            value: value.to_owned(),
            level,
            name: (level == Level::Project).then(|| "Atlas".to_owned()),
            is_enabled: true,
            version: None,
            edition: 1,
            updated_by: Some("Ada Lindqvist".to_owned()),
            off_above: None,
            can_manage: level != Level::Server,
        };
        let posts = vec![
            row("server", Level::Server),
            row("organisation", Level::Organisation),
            row("project:ATL", Level::Project),
            row("private", Level::User),
        ];
        let projects = vec![Choice::new("project:BCN", "Beacon", false)];
        Show { shell, agent, versions, posts, projects, can_manage: true, problems: Problems::default() }
    }

    pub fn sample() -> Self {
        let agent = Agent::samples().swap_remove(1);
        Show::plain(Shell::sample("settings"), agent)
    }

    /// Switched off on the server, and by rules.
    pub fn off_sample() -> Self {
        let agent = Agent::samples().swap_remove(2);
        let mut view = Show::plain(Shell::sample("settings"), agent);
        for row in &mut view.posts {
            (row.off_above, row.is_enabled) = ((row.level != Level::Server).then_some(Level::Server), false);
        }
        view.problems = Problems::one("", "problem-agent-stale");
        view
    }
}

impl Compare {
    pub fn new(shell: Shell, agent: Agent, from: &Version, to: &Version) -> Self {
        let lines = words(&from.text(), &to.text());
        let number = |version: &Version| version.number.unwrap_or_default();
        let is_same = !lines.iter().any(Line::is_changed);
        Compare { shell, agent, from: number(from), to: number(to), lines, is_same }
    }

    pub fn title(&self) -> String {
        format!("{} – {}", version_label(self.from), version_label(self.to))
    }

    pub fn sample() -> Self {
        let (from, mut to) = (Version::sample(Some(1)), Version::sample(Some(2)));
        to.instructions.push_str(" Leave out what is only hoped.");
        Compare::new(Shell::sample("settings"), Agent::samples().swap_remove(1), &from, &to)
    }
}
