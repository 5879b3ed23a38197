//! One agent: what it is told, and where it may run.

use crate::access::{Actor, Permission, holds};
use crate::agents::model::*;
use crate::db::Tx;
use crate::error::{Error, Problems, Result};
use crate::related::{PlaceChoice, parse_place, place_choices, place_options};
use crate::snapshots;
use crate::text::diff::{Line, words};
use crate::ui::{Choice, Shell, filters, text};
use crate::web::Form;
use askama::Template;
use chrono::{DateTime, Utc};

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
    pub can_schedule: bool,
    pub schedule: Schedule,
    /// When it runs next by itself.
    pub due_at: Option<DateTime<Utc>>,
}

/// An agent with everything that its page shows.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub agent: Agent,
    pub versions: Versions,
    pub posts: Vec<PostRow>,
    /// Projects about which nothing is decided and in which one may.
    pub projects: Vec<Choice>,
    /// Where one may run it.
    pub places: Vec<Choice>,
    /// Those one may know of.
    pub runs: Vec<Run>,
    pub can_manage: bool,
}

impl Loaded {
    pub fn load(tx: &mut Tx, me: &Actor, key: &str) -> Result<Loaded> {
        let agent = Agent::find(tx, me, key)?;
        let (posts, projects) = posts(me, &agent, &Binding::list(tx, me)?);
        let may_run = |choice: &PlaceChoice| parse_place(me, &choice.value).is_ok_and(|place| manages(me, place));
        let places: Vec<PlaceChoice> = place_choices(tx, me)?.into_iter().filter(may_run).collect();
        let runs = match agent.id {
            Some(id) => Run::list(tx, me, id)?,
            None => Vec::new(),
        };
        Ok(Loaded {
            versions: Versions::of(tx, &agent)?,
            places: place_options(&places, "private"),
            can_manage: holds(me, Permission::AiManage),
            agent,
            posts,
            projects,
            runs,
        })
    }
}

#[derive(Template)]
#[template(path = "agents/show.html")]
pub struct Show {
    pub shell: Shell,
    pub of: Loaded,
    /// As it was typed.
    pub doc: String,
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
    fn of(me: &Actor, agent: &Agent, post: Post, (binding, off_above): (Option<&Binding>, Option<Level>)) -> PostRow {
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
            can_schedule: can_be_scheduled(agent, post),
            schedule: binding.map(|binding| binding.schedule.clone()).unwrap_or_default(),
            due_at: binding.and_then(|binding| binding.due_at),
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

    pub fn rhythms(&self) -> Vec<Choice> {
        let choice =
            |one: &Rhythm| Choice::new(one, text(&format!("agent-rhythm-{one}")), self.schedule.rhythm == *one);
        Rhythm::ALL.iter().map(choice).collect()
    }

    pub fn weekdays(&self) -> Vec<Choice> {
        (1..=7).map(|day| Choice::new(day, text(&format!("agent-day-{day}")), self.schedule.weekday == day)).collect()
    }

    /// "08:00".
    pub fn time(&self) -> String {
        format!("{:02}:{:02}", self.schedule.at_minute / 60, self.schedule.at_minute % 60)
    }

    pub fn types(&self) -> Vec<Choice> {
        types(&self.schedule.variant)
    }

    pub fn switches(&self) -> Vec<Choice> {
        vec![
            Choice::new("on", text("agent-on"), self.is_enabled),
            Choice::new("off", text("agent-off"), !self.is_enabled),
        ]
    }
}

/// What a snapshot may look at.
fn types(chosen: &str) -> Vec<Choice> {
    snapshots::Type::ALL.iter().map(|one| Choice::new(one, text(&one.label()), one.as_str() == chosen)).collect()
}

/// A form without a rhythm says nothing of it: then it does not run by itself.
pub fn schedule_of(form: &Form, agent: &Agent) -> Result<Schedule> {
    if !form.has("rhythm") {
        return Ok(Schedule::default());
    }
    let number = |name: &str, least: i32, most: i32| {
        let number = form.text(name).trim().parse::<i32>().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| Error::invalid(name, "problem-choice"))
    };
    let time = form.text("at").trim().split_once(':').and_then(|(hours, minutes)| {
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
    });
    let kind = snapshots::Type::parse(form.text("variant").trim());
    Ok(Schedule {
        rhythm: form.word("rhythm", Rhythm::parse)?,
        at_minute: time.ok_or_else(|| Error::invalid("at", "problem-agent-time"))?,
        weekday: number("weekday", 1, 7)?,
        every_hours: number("every_hours", 1, MAX_EVERY_HOURS)?,
        variant: if agent.contract == Contract::Snapshot {
            kind.map(|kind| kind.to_string()).unwrap_or_default()
        } else {
            String::new()
        },
    })
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
        PostRow::of(me, agent, Post::Server, (find(Post::Server), None)),
        PostRow::of(me, agent, Post::Organisation, (find(Post::Organisation), of_server)),
    ];
    let (mut rest, mut choices) = (Vec::new(), Vec::new());
    for project in me.projects.iter().filter(|project| !project.is_archived) {
        let post = Post::Project(project.id);
        match find(post) {
            Some(binding) => rest.push(PostRow::of(me, agent, post, (Some(binding), above))),
            None if post.can_manage(me) => choices.push(Choice::new(post.value(me), &project.name, false)),
            None => {}
        }
    }
    rows.append(&mut rest);
    if let Some(person) = me.person_id() {
        rows.push(PostRow::of(me, agent, Post::Person(person), (find(Post::Person(person)), above)));
    }
    (rows, choices)
}

impl Show {
    pub fn label_of(&self, version: &Version) -> String {
        version.number.map(version_label).unwrap_or_default()
    }

    /// The address that compares this version with the newest.
    pub fn compare(&self, version: &Version) -> String {
        let newest = self.of.versions.newest().and_then(|newest| newest.number).unwrap_or_default();
        format!("{}/compare?from={}&to={newest}", self.of.agent.path(), version.number.unwrap_or_default())
    }

    /// Whether it is about one doc, which is named each time.
    pub fn wants_doc(&self) -> bool {
        self.of.agent.built_in() == Some(BuiltIn::DocMemoryReviewer)
    }

    pub fn wants_type(&self) -> bool {
        self.of.agent.contract == Contract::Snapshot
    }

    pub fn types(&self) -> Vec<Choice> {
        types("")
    }

    /// Whether there is anything to run, somewhere.
    pub fn can_run(&self) -> bool {
        let is_told = self.of.versions.newest().is_some() || self.can_try();
        is_told && !self.of.agent.is_archived && (self.wants_doc() || !self.of.places.is_empty())
    }

    pub fn can_try(&self) -> bool {
        self.of.can_manage && self.of.versions.draft.is_some()
    }

    pub fn is_newest(&self, version: &Version) -> bool {
        self.of.versions.newest().is_some_and(|newest| newest.number == version.number)
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
            can_schedule: level == Level::Organisation,
            schedule: Schedule { rhythm: Rhythm::Weekly, ..Schedule::default() },
            due_at: (level == Level::Organisation).then_some(DateTime::<Utc>::UNIX_EPOCH),
        };
        let posts = vec![
            row("server", Level::Server),
            row("organisation", Level::Organisation),
            row("project:ATL", Level::Project),
            row("private", Level::User),
        ];
        let projects = vec![Choice::new("project:BCN", "Beacon", false)];
        let places = vec![Choice::new("private", "Private", true)];
        let runs = vec![Run::sample(RunState::Running), Run::sample(RunState::Completed)];
        let of = Loaded { agent, versions, posts, projects, places, runs, can_manage: true };
        Show { shell, of, doc: String::new(), problems: Problems::default() }
    }

    pub fn sample() -> Self {
        let agent = Agent::samples().swap_remove(0);
        Show::plain(Shell::sample("settings"), agent)
    }

    /// Switched off on the server, and by rules.
    pub fn off_sample() -> Self {
        let agent = Agent::samples().swap_remove(2);
        let mut view = Show::plain(Shell::sample("settings"), agent);
        for row in &mut view.of.posts {
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
