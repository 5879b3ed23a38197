//! Why a colleague can or cannot see something, for who manages it.

use super::Member;
use crate::access::{Actor, Explanation, ProjectAccess, Thing};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::Face;
use crate::records::Record;

/// Longer words are no ID.
const MAX_ID_CHARS: usize = 40;

/// What is asked about.
#[derive(Debug, Clone)]
pub enum Subject {
    Record(Box<Record>),
    Project(ProjectAccess),
}

impl Subject {
    /// By display ID or by a project's key, within what the asker may see; anything else is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<Subject> {
        let id = id.trim().to_uppercase();
        match me.project(&id) {
            Some(project) => Ok(Subject::Project(project.clone())),
            None if id.chars().count() > MAX_ID_CHARS => Err(Error::NotFound),
            None => Ok(Subject::Record(Box::new(Record::find_any(tx, me, &id)?))),
        }
    }

    pub fn thing(&self) -> Thing {
        match self {
            Subject::Record(record) => record.thing(),
            Subject::Project(project) => Thing::Project(project.id),
        }
    }

    pub fn title(&self) -> &str {
        match self {
            Subject::Record(record) => &record.title,
            Subject::Project(project) => &project.name,
        }
    }

    pub fn path(&self) -> String {
        match self {
            Subject::Record(record) => record.path(),
            Subject::Project(project) => format!("/projects/{}", project.key),
        }
    }

    /// Where access to it is changed; None where nothing but the record itself decides.
    pub fn access_path(&self, me: &Actor) -> Option<String> {
        let project = match self {
            Subject::Record(record) => record.project_id.and_then(|id| me.project_by_id(id)),
            Subject::Project(project) => Some(project),
        };
        project.map(|project| format!("/projects/{}/access", project.key))
    }
}

/// A question with its answer.
#[derive(Debug, Clone)]
pub struct Explained {
    pub member: Member,
    pub subject: Subject,
    pub explanation: Explanation,
}

impl Explained {
    /// `NotFound` for what the asker may not see, `Invalid` at `user` for nobody we know.
    pub fn of(tx: &mut Tx, me: &Actor, who: &str, id: &str) -> Result<Explained> {
        let subject = Subject::find(tx, me, id)?;
        let face = Face::ever(tx, "user", who)?;
        let member = Member::find(tx, me, &face.handle).map_err(|error| match error {
            Error::NotFound => Error::invalid("user", "problem-person-unknown"),
            other => other,
        })?;
        let explanation = Explanation::of(tx, me, member.id, &subject.thing())?;
        Ok(Explained { member, subject, explanation })
    }
}
