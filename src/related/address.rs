//! The address of a list: its filters, sorting and page, taken apart and put together again.

use crate::access::{Actor, ProjectId};
use crate::db::Tx;
use crate::db::paging::Cursor;
use crate::error::{Error, Msg, Result};
use crate::people::{Face, Offered, PersonId};
use crate::records::Sort;
use crate::ui::{Choice, Chooser, Tab, text};
use crate::web::{Ctx, Principal};
use url::form_urlencoded::Serializer;
use uuid::Uuid;

/// Who asks, in TQL.
pub const ASKING: &str = "currentUser()";

/// A list's words in its address, each at most once, in a fixed order; and where its page begins.
#[derive(Debug, Clone)]
pub struct Address {
    path: &'static str,
    pairs: Vec<(&'static str, String)>,
    pub after: Option<Cursor>,
}

/// Whom one word of an address means. Only `Address::ask_for` finds that out, so that no filter is made before.
#[derive(Debug, Clone)]
pub struct Whom {
    /// As it stands in the address.
    word: String,
    meant: Meant,
}

#[derive(Debug, Clone)]
enum Meant {
    Anybody,
    Me(Option<PersonId>),
    Nobody,
    Person(PersonId),
    /// The words name none, for this reason.
    Nothing(Msg),
}

impl Meant {
    fn of(tx: &mut Tx, name: &'static str, word: &str) -> Result<Meant> {
        if let Ok(id) = word.parse() {
            return Ok(Meant::Person(PersonId(id)));
        }
        match Face::ever(tx, name, word) {
            Ok(face) => Ok(Meant::Person(face.id)),
            Err(Error::Invalid(problems)) => Ok(Meant::Nothing(problems.first())),
            Err(other) => Err(other),
        }
    }
}

impl Whom {
    /// Nothing asked for; for samples.
    pub fn anybody() -> Whom {
        Whom { word: String::new(), meant: Meant::Anybody }
    }

    /// None for anybody; `Some(None)` is nobody. Words that name none find nothing.
    pub fn person(&self) -> Option<Option<PersonId>> {
        match self.meant {
            Meant::Anybody => None,
            Meant::Me(me) => me.map(Some),
            Meant::Nobody => Some(None),
            Meant::Person(id) => Some(Some(id)),
            Meant::Nothing(_) => Some(Some(PersonId(Uuid::nil()))),
        }
    }

    /// As TQL names them: a handle, `currentUser()`, or nothing for nobody; None for anybody, and for who is not among those offered.
    pub fn in_tql<'o>(&self, offered: &'o Offered) -> Option<&'o str> {
        match self.meant {
            Meant::Anybody | Meant::Nothing(_) => None,
            Meant::Me(_) => Some(ASKING),
            Meant::Nobody => Some(""),
            Meant::Person(id) => {
                let mut faces = offered.faces.iter().chain(&offered.gone);
                faces.find(|face| face.id == id).map(|face| face.handle.as_str())
            }
        }
    }

    /// The choices of a filter by person: oneself, nobody, and whom the page offers.
    pub fn chooser(&self, offered: &Offered) -> Chooser {
        // Who types reads the word that the offers have.
        let nobody = if offered.is_all { "none" } else { "nobody" };
        let chosen = match &self.meant {
            Meant::Me(_) => "me".to_owned(),
            Meant::Nobody => nobody.to_owned(),
            Meant::Person(id) => id.to_string(),
            Meant::Anybody | Meant::Nothing(_) => self.word.clone(),
        };
        let chooser = offered.chooser(&[("me", text("assigned-to-me")), (nobody, text("nobody"))], &chosen);
        let problem = if let Meant::Nothing(msg) = &self.meant { Some(msg.clone()) } else { None };
        Chooser { problem, ..chooser }
    }
}

impl Address {
    /// `Invalid` for a damaged cursor; words that the list does not know are passed over.
    pub fn of<P: Principal>(ctx: &Ctx<P>, path: &'static str, names: &[&'static str]) -> Result<Self> {
        let pairs = names.iter().map(|name| (*name, ctx.query(name).unwrap_or_default())).collect();
        let after = ctx.query("after").map(|after| Cursor::decode(&after)).transpose()?;
        Ok(Address { path, pairs, after })
    }

    /// Nothing asked for; for samples.
    pub fn plain(path: &'static str) -> Self {
        Address { path, pairs: Vec::new(), after: None }
    }

    /// As it stands there; empty when it does not.
    pub fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// Without blanks around and without NUL; None when that leaves nothing.
    pub fn given(&self, name: &str) -> Option<String> {
        Some(self.get(name).trim().replace('\0', "")).filter(|text| !text.is_empty())
    }

    /// `NotFound` for a project that one cannot see.
    pub fn project(&self, me: &Actor) -> Result<Option<ProjectId>> {
        match self.get("project") {
            "" => Ok(None),
            key => Ok(Some(me.project(key).ok_or(Error::NotFound)?.id)),
        }
    }

    /// Finds out whom the word `name` means: `me`, `none` or `nobody`, or a person as `Face::ever` understands it. Words that name nobody
    /// find nothing, and the page says why.
    pub fn ask_for(&self, tx: &mut Tx, me: &Actor, name: &'static str) -> Result<Whom> {
        let word = self.get(name).trim();
        let meant = match word.to_lowercase().as_str() {
            "" => Meant::Anybody,
            "me" => Meant::Me(me.person_id()),
            "none" | "nobody" => Meant::Nobody,
            _ => Meant::of(tx, name, word)?,
        };
        Ok(Whom { word: word.to_owned(), meant })
    }

    /// As `ask_for`; and whom the page offers in that place.
    pub fn offered(&self, tx: &mut Tx, me: &Actor, name: &'static str) -> Result<(Offered, Whom)> {
        let whom = self.ask_for(tx, me, name)?;
        Ok((Offered::of(tx, me.person_id(), &[whom.person().flatten()])?, whom))
    }

    pub fn is_archived(&self) -> bool {
        self.get("show") == "archived"
    }

    /// The query part without paging; empty values left out.
    pub fn address(&self) -> String {
        query(self.pairs.iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// Anything but the project and the sorting.
    pub fn is_narrowed(&self) -> bool {
        self.pairs.iter().any(|(name, value)| !matches!(*name, "project" | "sort") && !value.is_empty())
    }

    /// This list, one cursor on.
    pub fn next(&self, cursor: &Cursor) -> String {
        let query = self.address();
        let and = if query.is_empty() { "" } else { "&" };
        format!("{}?{query}{and}after={}", self.path, cursor.encode())
    }

    /// This list with some words changed; an empty value takes one away.
    pub fn with(&self, changed: &[(&str, &str)]) -> String {
        let value = |name: &str, old| changed.iter().find(|(other, _)| *other == name).map_or(old, |(_, new)| *new);
        let pairs = self.pairs.iter().map(|(name, old)| (*name, value(name, old.as_str())));
        format!("{}?{}", self.path, query(pairs))
    }

    /// The same at `path`, asked in TQL: of the other words the project alone stays. Without a text it asks for nothing.
    pub fn in_tql(&self, path: &str, text: &str) -> String {
        format!("{path}?{}", query([("project", self.get("project")), ("tql", text)].into_iter()))
    }

    /// What a form must carry along, because none of its controls (named here) does.
    pub fn kept(&self, controls: &[&str]) -> Vec<(&'static str, &str)> {
        let kept = self.pairs.iter().filter(|(name, value)| !value.is_empty() && !controls.contains(name));
        kept.map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// A fixed tab before the saved views: in the present project, narrowed to `query`.
    pub fn tab(&self, label: String, query: &str) -> Tab {
        let project = match self.get("project") {
            "" => String::new(),
            key => format!("project={key}"),
        };
        let parts = [query, project.as_str()];
        let query = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
        Tab {
            is_current: query == self.address(),
            href: format!("{}?{query}", self.path),
            label,
            is_shared: false,
            remove: None,
        }
    }
}

fn query<'p>(pairs: impl Iterator<Item = (&'static str, &'p str)>) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(pairs.filter(|(_, value)| !value.is_empty()));
    query.finish()
}

/// By its word in the address; the first for a word that is not on the list.
pub fn sort_of(sorts: &[Sort], word: &str) -> Sort {
    sorts.iter().find(|sort| sort.key == word).or(sorts.first()).copied().unwrap_or(crate::records::BY_UPDATED)
}

pub fn sort_choices(sorts: &[Sort], chosen: &str) -> Vec<Choice> {
    let chosen = sort_of(sorts, chosen).key;
    sorts.iter().map(|sort| Choice::new(sort.key, text(&format!("sort-{}", sort.key)), sort.key == chosen)).collect()
}
