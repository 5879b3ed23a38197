//! The page, the palette's answers, and what is offered while typing.

use super::model::*;
use crate::access::{Actor, Ctx, Kind, ProjectAccess};
use crate::db::Tx;
use crate::error::{Error, Problems, Result};
use crate::people::{Face, Offered};
use crate::records::{Record, Scope};
use crate::search::offers::Offers;
use crate::ui::{
    Choice, Chooser, Frame, FrameProject, Sample, SettingsPlace, Shell, count_label, filters, sample, say_with, text,
    thousands,
};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

/// `/search`.
#[derive(Template)]
#[template(path = "search/index.html")]
pub struct Index {
    pub shell: Shell,
    pub query: SearchQuery,
    pub hits: Vec<Hit>,
    /// Of all pages.
    pub total: i64,
    pub kinds: Vec<Filter>,
    pub places: Vec<Filter>,
    pub people: Chooser,
    pub times: Vec<Choice>,
    /// What is meant was not known in time.
    pub is_by_words_alone: bool,
}

/// A box to tick, with how many results it stands for.
#[derive(Debug, Clone)]
pub struct Filter {
    pub value: String,
    pub label: String,
    pub count: i64,
    /// With the filter more may be found.
    pub is_least: bool,
    pub is_chosen: bool,
}

/// The page's address, taken apart.
#[derive(Debug, Clone, Default)]
pub struct SearchQuery {
    pub q: String,
    pub kinds: Vec<String>,
    pub places: Vec<Uuid>,
    /// As typed, or an id.
    pub author: String,
    pub since: String,
    pub project: String,
    pub skip: usize,
}

/// Choices of "Changed", in days.
const TIMES: [(&str, &str, i64); 3] =
    [("week", "search-since-week", 7), ("month", "search-since-month", 31), ("year", "search-since-year", 366)];
/// More boxes than this were not ticked by a person.
const MOST_FILTERS: usize = 50;

impl SearchQuery {
    /// Unknown words are as good as none.
    pub fn of(ctx: &Ctx) -> Self {
        let text = |name| ctx.query(name).unwrap_or_default();
        let pairs = || url::form_urlencoded::parse(ctx.request.query_string().as_bytes()).take(MOST_FILTERS);
        let all =
            |wanted: &'static str| pairs().filter(move |(name, _)| name == wanted).map(|(_, value)| value.into_owned());
        SearchQuery {
            q: text("q"),
            kinds: all("kind").filter(|kind| kinds().any(|known| known == kind)).collect(),
            places: all("place").filter_map(|id| id.parse().ok()).collect(),
            author: text("author"),
            since: text("since"),
            project: text("project"),
            skip: text("after").parse().unwrap_or(0).min(MAX_RESULTS - RESULTS_SHOWN),
        }
    }

    /// None while nothing is asked; `NotFound` for a project that one cannot see.
    pub fn question(&self, me: &Actor, now: DateTime<Utc>) -> Result<Option<Question>> {
        let project = match self.project.as_str() {
            "" => None,
            key => Some(me.project(key).ok_or(Error::NotFound)?.id.0),
        };
        let Some(words) = Words::parse(&self.q) else { return Ok(None) };
        let days = TIMES.iter().find(|(word, ..)| *word == self.since).map(|(.., days)| *days);
        Ok(Some(Question {
            kinds: self.kinds.clone(),
            places: if self.places.is_empty() { project.into_iter().collect() } else { self.places.clone() },
            since: days.map(|days| now - Duration::days(days)),
            skip: self.skip,
            ..Question::new(words)
        }))
    }

    /// Whose records are asked for, and whom the page offers. Words that name nobody find nothing, and the page says why.
    pub fn author(&self, tx: &mut Tx, me: &Actor) -> Result<(Option<Uuid>, Chooser)> {
        let mut problems = Problems::default();
        let face = problems.gather(Face::someone(tx, "author", &self.author))?;
        let author = face.as_ref().map_or(Some(Uuid::nil()), |face| face.as_ref().map(|face| face.id.0));
        let offered = Offered::of(tx, me.person_id(), &[face.flatten().map(|face| face.id)])?;
        let chosen = author.filter(|id| !id.is_nil()).map_or(self.author.clone(), |id| id.to_string());
        let chooser = offered.chooser(&[("", text("search-anyone"))], &chosen);
        Ok((author, Chooser { problem: problems.get("author").cloned(), ..chooser }))
    }

    fn address(&self, skip: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = [("q", &self.q), ("author", &self.author), ("since", &self.since), ("project", &self.project)];
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        query.extend_pairs(self.kinds.iter().map(|kind| ("kind", kind)));
        query.extend_pairs(self.places.iter().map(|place| ("place", place.to_string())));
        if skip > 0 {
            query.append_pair("after", &skip.to_string());
        }
        format!("/search?{}", query.finish())
    }

    pub fn is_narrowed(&self) -> bool {
        !(self.kinds.is_empty()
            && self.places.is_empty()
            && self.author.is_empty()
            && self.since.is_empty()
            && self.project.is_empty())
    }

    /// The same words everywhere.
    pub fn widened(&self) -> String {
        SearchQuery { q: self.q.clone(), ..SearchQuery::default() }.address(0)
    }
}

/// Everything one can filter by as kind.
fn kinds() -> impl Iterator<Item = &'static str> {
    Kind::ALL.iter().map(|kind| kind.as_str()).chain(["comment", "file"])
}

fn kind_label(kind: &str) -> String {
    text(match kind {
        "chat" => "search-kind-chat",
        "ticket" => "search-kind-ticket",
        "decision" => "search-kind-decision",
        "risk" => "search-kind-risk",
        "experiment" => "search-kind-experiment",
        "doc" => "search-kind-doc",
        "memory" => "search-kind-memory",
        "snapshot" => "search-kind-snapshot",
        "comment" => "search-kind-comment",
        _ => "search-kind-file",
    })
}

pub fn kind_icon(kind: &str) -> &str {
    match kind {
        "comment" => "chat",
        "file" => "clip",
        record => record,
    }
}

fn place_label(scope: Scope, name: Option<&str>) -> String {
    match (scope, name) {
        (Scope::Organisation, _) => text("search-place-organisation"),
        (Scope::Person, _) => text("search-place-mine"),
        (_, Some(name)) => name.to_owned(),
        (_, None) => String::new(),
    }
}

impl Index {
    pub fn new(shell: Shell, query: SearchQuery, answer: Answer, people: Chooser) -> Self {
        let Answer { hits, facets, is_least } = answer;
        let in_places = |facet: &&Facet| query.places.is_empty() || query.places.contains(&facet.place_id);
        let of_kinds = |facet: &&Facet| query.kinds.is_empty() || query.kinds.contains(&facet.kind);
        let kinds = kinds().map(|kind| Filter {
            value: kind.to_owned(),
            label: kind_label(kind),
            count: facets.iter().filter(in_places).filter(|facet| facet.kind == kind).map(|facet| facet.count).sum(),
            is_least,
            is_chosen: query.kinds.iter().any(|chosen| chosen == kind),
        });
        let mut places: Vec<Filter> = Vec::new();
        for facet in &facets {
            let value = facet.place_id.to_string();
            let count = if of_kinds(&facet) { facet.count } else { 0 };
            match places.iter_mut().find(|place| place.value == value) {
                Some(place) => place.count += count,
                None => places.push(Filter {
                    label: place_label(facet.scope, facet.place_name.as_deref()),
                    is_least,
                    is_chosen: query.places.contains(&facet.place_id),
                    value,
                    count,
                }),
            }
        }
        let times = TIMES.iter().map(|(word, label, _)| Choice::new(word, text(label), query.since == *word)).collect();
        let total = hits.first().map(|hit| hit.total).unwrap_or_default();
        Index { shell, kinds: kinds.collect(), hits, total, places, people, times, query, is_by_words_alone: false }
    }

    pub fn is_asked(&self) -> bool {
        Words::parse(&self.query.q).is_some()
    }

    pub fn total_label(&self) -> String {
        count_label(self.total)
    }

    /// "21–40 of 1,000+".
    pub fn range(&self) -> String {
        let (first, last, total) = ((self.query.skip + 1).to_string(), self.last().to_string(), self.total_label());
        say_with("search-range", [("first", first.as_str()), ("last", last.as_str()), ("total", total.as_str())])
    }

    fn last(&self) -> usize {
        self.query.skip + self.hits.len()
    }

    pub fn previous(&self) -> Option<String> {
        (self.query.skip > 0).then(|| self.query.address(self.query.skip.saturating_sub(RESULTS_SHOWN)))
    }

    /// None at the end, and where one should ask more narrowly.
    pub fn next(&self) -> Option<String> {
        let last = self.last();
        (usize::try_from(self.total).is_ok_and(|total| last < total) && last < MAX_RESULTS)
            .then(|| self.query.address(last))
    }

    pub fn is_cut(&self) -> bool {
        self.last() >= MAX_RESULTS
            && self.next().is_none()
            && self.total > i64::try_from(MAX_RESULTS).unwrap_or(i64::MAX)
    }

    pub fn sample() -> Self {
        let query = SearchQuery { q: "tide window".to_owned(), ..SearchQuery::default() };
        Index {
            is_by_words_alone: true,
            ..Index::new(Shell::sample("search"), query, Answer::default(), Chooser::many())
        }
    }
}

impl Filter {
    /// "37", or "37+".
    pub fn count_label(&self) -> String {
        format!("{}{}", thousands(self.count), if self.is_least { "+" } else { "" })
    }
}

impl Hit {
    pub fn title_pieces(&self) -> Vec<Piece> {
        marked(&self.title_marked)
    }

    pub fn passage_pieces(&self) -> Vec<Piece> {
        marked(&self.passage_marked)
    }

    pub fn icon(&self) -> &str {
        kind_icon(self.kind())
    }

    /// "Atlas", "Organisation", "Private to me".
    pub fn place(&self) -> String {
        place_label(self.record.scope, self.place_name.as_deref())
    }

    pub fn author_name(&self) -> &str {
        self.author.as_deref().unwrap_or_default()
    }
}

/// The palette's answer: options only, see static/js/palette.js.
#[derive(Template)]
#[template(path = "search/palette.html")]
pub struct Palette {
    pub q: String,
    pub records: Vec<Record>,
    /// Pages of the settings whose names hold what is typed.
    pub settings: Vec<&'static SettingsPlace>,
    /// Likewise projects; without those that the palette names itself.
    pub projects: Vec<FrameProject>,
    /// How many fit, also of those that menus name, when not all others are here; else 0.
    pub projects_in_all: usize,
    /// Where the page with all results is.
    pub all: String,
}

impl Palette {
    pub fn new(me: &Actor, frame: &Frame, q: String, project: &str, records: Vec<Record>) -> Self {
        let query = SearchQuery { q: q.trim().to_owned(), project: project.to_owned(), ..SearchQuery::default() };
        let found = projects_named(me, frame, &query.q);
        Palette {
            all: query.address(0),
            settings: settings_named(frame, &query.q),
            projects: found.iter().take(MAX_PROJECTS).map(|project| FrameProject::from(*project)).collect(),
            projects_in_all: if found.len() > MAX_PROJECTS { active_named(me, &query.q).count() } else { 0 },
            q: query.q,
            records,
        }
    }

    /// Who types the beginning of a page's name means it before any record.
    pub fn settings_first(&self) -> bool {
        self.is_meant(self.settings.iter().map(|place| text(place.label)).collect())
    }

    /// Likewise of a project's name, or its key.
    pub fn projects_first(&self) -> bool {
        self.is_meant(self.projects.first().map(|best| vec![best.name.clone(), best.key.clone()]).unwrap_or_default())
    }

    fn is_meant(&self, names: Vec<String>) -> bool {
        let typed = self.q.to_lowercase();
        typed.chars().count() >= CHOSEN_FROM && names.iter().any(|name| name.to_lowercase().starts_with(&typed))
    }

    pub fn sample() -> Self {
        let project =
            FrameProject { key: "MET".to_owned(), name: "Meteorological office".to_owned(), is_restricted: true };
        Palette {
            projects: vec![project],
            projects_in_all: 7,
            ..Palette::new(&Actor::visitor("", ""), &Shell::sample("").frame, "me".to_owned(), "", Vec::new())
        }
    }
}

/// Letters from which on a name that begins with them is meant, as in static/js/palette.js.
const CHOSEN_FROM: usize = 3;

/// Projects found by their names, at most; what begins as is typed stands first.
const MAX_PROJECTS: usize = 5;

fn projects_named<'me>(me: &'me Actor, frame: &Frame, typed: &str) -> Vec<&'me ProjectAccess> {
    if typed.is_empty() || frame.more_projects == 0 {
        return Vec::new();
    }
    let is_new = |project: &&ProjectAccess| !frame.projects.iter().any(|named| named.key == project.key);
    let mut found: Vec<&ProjectAccess> = active_named(me, typed).filter(is_new).collect();
    let typed = typed.to_lowercase();
    found.sort_by_cached_key(|project| {
        let (key, name) = (project.key.to_lowercase(), project.name.to_lowercase());
        (key != typed, !key.starts_with(&typed) && !name.starts_with(&typed))
    });
    found
}

fn active_named<'me>(me: &'me Actor, typed: &str) -> impl Iterator<Item = &'me ProjectAccess> {
    me.projects_named(typed).filter(|project| !project.is_archived)
}

fn settings_named(frame: &Frame, typed: &str) -> Vec<&'static SettingsPlace> {
    let words: Vec<String> = typed.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let is_named = |place: &&SettingsPlace| {
        let name = format!("{} {}", text("settings-title"), text(place.label)).to_lowercase();
        !words.is_empty() && words.iter().all(|word| name.contains(word))
    };
    frame.settings().into_iter().flat_map(|group| group.places).filter(is_named).collect()
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("search/index", &Index::sample()),
        sample("search/palette", &Palette::sample()),
        sample("search/complete", &Offers::sample()),
    ]
}
