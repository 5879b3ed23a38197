//! The page where an export is asked for and fetched.

use super::{Export, ExportStatus, KEEP_HOURS};
use crate::error::Problems;
use crate::ui::{Sample, Shell, filters, sample};
use askama::Template;

#[derive(Template)]
#[template(path = "exports/index.html")]
pub struct Index {
    pub shell: Shell,
    pub exports: Vec<Line>,
    pub problems: Problems,
}

/// One export, with the link that holds ten minutes when it is ready.
pub struct Line {
    pub export: Export,
    pub href: Option<String>,
}

impl Index {
    pub fn is_waiting(&self) -> bool {
        self.exports.iter().any(|line| line.export.status == ExportStatus::Waiting)
    }

    pub fn hours(&self) -> i64 {
        KEEP_HOURS
    }

    pub fn sample() -> Self {
        let export = |status, bytes| Export {
            id: super::ExportId(uuid::Uuid::nil()),
            with_uploads: true,
            status,
            rows: 2180,
            bytes,
            created_at: chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(20_000),
        };
        let lines = [
            Line { export: export(ExportStatus::Waiting, 0), href: None },
            Line { export: export(ExportStatus::Ready, 34_200_000), href: Some("/settings/export/1/file".to_owned()) },
            Line { export: export(ExportStatus::Gone, 0), href: None },
        ];
        Index { shell: Shell::sample("settings"), exports: lines.into(), problems: Problems::default() }
    }
}

impl Line {
    /// Message key.
    pub fn status_label(&self) -> String {
        format!("export-status-{}", self.export.status)
    }
}

pub fn samples() -> Vec<Sample> {
    vec![sample("exports/index", &Index::sample())]
}
