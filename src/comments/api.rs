//! `/api/v1/records/{id}/comments`: what is said about a record of any kind that the token's scopes open.

use super::model::{Comment, NewComment};
use crate::access::Api;
use crate::error::Result;
use crate::people::Face;
use crate::records::Record;
use crate::web::{Listed, Operation, Reply, Routes};
use actix_web::http::Method;
use actix_web::web::Path;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub fn routes() -> Routes {
    let list = Operation::lists::<Listed<CommentShape>>("List the comments on a record, the oldest first");
    let made = Operation::makes::<NewCommentBody, CommentShape>("Comment on a record");
    Routes::new().api(Method::GET, "/api/v1/records/{id}/comments", "comments:read", list, index).api(
        Method::POST,
        "/api/v1/records/{id}/comments",
        "comments:write",
        made,
        create,
    )
}

/// A comment.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommentShape {
    pub id: Uuid,
    /// Display ID of the record it is about.
    pub record: String,
    /// Handle of who wrote it; null when a key of the organisation did.
    pub author: Option<String>,
    /// As people read it, also a key's.
    pub author_name: Option<String>,
    /// Markdown.
    pub body: String,
    /// The passage it is about.
    pub quote: Option<String>,
    pub created_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    pub resolved_at: Option<DateTime<Utc>>,
}

/// A comment to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCommentBody {
    /// Markdown.
    pub body: String,
    /// The passage it is about.
    pub quote: Option<String>,
}

impl CommentShape {
    fn of(record: &Record, faces: &[Face], comment: Comment) -> Self {
        let face = faces.iter().find(|face| Some(face.id) == comment.author_id);
        CommentShape {
            id: comment.id.0,
            record: record.display_id.clone(),
            author: face.map(|face| face.handle.clone()),
            author_name: comment.author_name,
            body: comment.body,
            quote: comment.quote,
            created_at: comment.created_at,
            edited_at: comment.edited_at,
            resolved_at: comment.resolved_at,
        }
    }
}

async fn index(api: Api, id: Path<String>) -> Result<Reply> {
    let query = api.query().await?;
    let listed = api
        .read(move |tx, me| {
            let record = Record::find_any(tx, me, &id)?;
            let page = Comment::page(tx, &record, query.after.as_ref(), query.limit)?;
            let authors = page.rows.iter().filter_map(|comment| comment.author_id).map(|id| id.0).collect();
            let faces = Face::of(tx, authors)?;
            Ok(Listed::of(page, |comment| CommentShape::of(&record, &faces, comment)))
        })
        .await?;
    Ok(Reply::json(&listed))
}

async fn create(api: Api, id: Path<String>) -> Result<Reply> {
    let body: NewCommentBody = api.json().await?;
    api.create(move |tx, me| {
        let record = Record::find_any(tx, me, &id)?;
        let comment = NewComment::parse(&body.body, body.quote.as_deref())?.write(tx, me, &record)?;
        let faces = Face::of(tx, comment.author_id.into_iter().map(|id| id.0).collect())?;
        let location = format!("/api/v1/records/{}/comments", record.display_id);
        Ok((location, CommentShape::of(&record, &faces, comment)))
    })
    .await
}
