//! What files at a chat say, as far as it is text.

use super::model::Prepared;
use crate::ai::{Desk, Material, Prompt};
use crate::error::{Error, Result};
use crate::files::File;
use crate::storage::Store;
use crate::web::Shared;
use std::io::Read;

/// Of a file at the chat; a longer one goes in as far as this.
pub const MAX_FILE_CHARS: usize = 30_000;
/// Of all files together.
pub const MAX_FILES_CHARS: usize = 120_000;
/// In place of what a file says.
const UNREADABLE: &str = "(The content of this file could not be read. Say so when it matters.)";

/// Text of files at the chat, which belong to it as its own words do.
pub async fn attach<D: Desk>(state: &Shared, desk: &mut D, prepared: &Prepared) -> Result<Prompt> {
    let texts: Vec<File> = prepared.files.iter().filter(|file| is_text(&file.content_type)).cloned().collect();
    let Some(chat) = prepared.chat.clone().filter(|_| !texts.is_empty()) else { return Ok(prepared.prompt.clone()) };
    let store = Store::of(&state.config.uploads);
    let materials = desk.work(move || read_files(&store, &chat, texts)).await?;
    Ok(prepared.prompt.clone().material(&materials))
}

fn is_text(content_type: &str) -> bool {
    content_type.starts_with("text/") || content_type == "application/json"
}

/// What cannot be read is left out and named, so that no answer takes it for empty. `Away` when nobody can tell now.
fn read_files(store: &Store, chat: &crate::records::Record, files: Vec<File>) -> Result<Vec<Material>> {
    let mut room = MAX_FILES_CHARS;
    let mut materials = Vec::new();
    for file in files {
        let text = match beginning(store, &file.hash)? {
            Some(text) => text.chars().take(MAX_FILE_CHARS.min(room)).collect(),
            None => UNREADABLE.to_owned(),
        };
        room = room.saturating_sub(text.chars().count());
        materials.push(Material {
            record: chat.id.0,
            display_id: chat.display_id.clone(),
            title: format!("file {}", file.name),
            text,
        });
    }
    Ok(materials)
}

/// As much as may be used, whatever its characters are; None when its content is not there.
fn beginning(store: &Store, hash: &str) -> Result<Option<String>> {
    const MAX_CHAR_BYTES: usize = 4;
    let Some(reading) = store.open(&Store::key(hash))? else { return Ok(None) };
    let mut bytes = Vec::new();
    let read = reading.take((MAX_FILE_CHARS * MAX_CHAR_BYTES) as u64).read_to_end(&mut bytes);
    read.map_err(|why| Error::Away(format!("uploads: {why}")))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
