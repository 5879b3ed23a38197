//! Files on their way in: a multipart form, streamed to disk while it is counted and hashed. The CSRF token must come before the
//! first file, so that nothing is stored for a stranger; whatever goes wrong, nothing stays behind.

use crate::error::{Error, Msg, ProblemStatus, Problems, Result};
use crate::web::{Form, Shared, blocking, check_csrf};
use actix_multipart::{Field, Multipart};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;

/// Files in one form.
pub const MAX_FILES_AT_ONCE: usize = 20;
/// Other fields of such a form are tokens and short words.
pub const MAX_TEXT_BYTES: usize = 8 * 1024;
/// The folder below `upload_storage_path` where uploads wait until they are complete.
pub const INCOMING: &str = "incoming";
/// What goes to disk in one step.
const WRITE_BYTES: usize = 256 * 1024;
/// A sender that is silent for this long has gone.
const PATIENCE: Duration = Duration::from_secs(60);
/// Read and thrown away after a refusal: a browser that is still sending would not read our answer.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(20);

/// A file on disk that goes away with this value, unless it is kept.
pub struct Incoming {
    /// As sent: never a path of ours.
    pub name: String,
    pub file: NamedTempFile,
    /// SHA-256, lower-case hexadecimal.
    pub hash: String,
    pub bytes: u64,
}

/// A multipart form, read to its end.
pub struct Upload {
    pub form: Form,
    pub files: Vec<Incoming>,
}

impl Upload {
    /// `Invalid` with status 413 as soon as a file grows over `upload_max_bytes`. Ask for permission before: this may take minutes.
    pub async fn receive(request: &HttpRequest, state: &Shared, payload: Payload) -> Result<Upload> {
        if !request.content_type().eq_ignore_ascii_case("multipart/form-data") {
            return Err(wrong_kind());
        }
        let mut reader = Reader {
            request: request.clone(),
            state: state.clone(),
            folder: state.config.uploads.upload_storage_path.join(INCOMING),
            is_ours: false,
            fields: Vec::new(),
            files: Vec::new(),
        };
        let mut form = Multipart::new(request.headers(), payload);
        let read = reader.read(&mut form).await;
        let fields = reader.form();
        request.extensions_mut().insert(Fields(fields.clone()));
        if let Err(error) = read {
            // The files so far go first; the rest is only read so that the answer arrives.
            drop(reader);
            drain(&mut form).await;
            return Err(error);
        }
        Ok(Upload { form: fields, files: reader.files })
    }

    /// The fields that came before a refusal, to draw the form again as it was.
    pub fn form_of(request: &HttpRequest) -> Form {
        request.extensions().get::<Fields>().map(|fields| fields.0.clone()).unwrap_or_default()
    }
}

/// Kept beside the request.
struct Fields(Form);

struct Reader {
    request: HttpRequest,
    state: Shared,
    folder: PathBuf,
    /// Whether the token was read and is right.
    is_ours: bool,
    fields: Vec<(String, String)>,
    files: Vec<Incoming>,
}

impl Reader {
    fn form(&self) -> Form {
        let fields: Vec<(&str, &str)> =
            self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Form::of(&fields)
    }

    async fn read(&mut self, form: &mut Multipart) -> Result<()> {
        while let Some(field) = next(form).await? {
            let disposition = field.content_disposition();
            let name = disposition.and_then(|disposition| disposition.get_name()).unwrap_or_default().to_owned();
            match disposition.and_then(file_name) {
                Some(file_name) => self.read_file(field, file_name).await?,
                None => self.read_text(field, name).await?,
            }
        }
        if self.is_ours { Ok(()) } else { Err(Error::forbidden("refused-upload-order")) }
    }

    async fn read_text(&mut self, mut field: Field, name: String) -> Result<()> {
        let mut bytes = Vec::new();
        while let Some(chunk) = next(&mut field).await? {
            if bytes.len() + chunk.len() > MAX_TEXT_BYTES || self.fields.len() >= MAX_FILES_AT_ONCE {
                return Err(too_large(Msg::new("problem-form-too-large")));
            }
            bytes.extend_from_slice(&chunk);
        }
        let value = String::from_utf8_lossy(&bytes).into_owned();
        if name == "_csrf" {
            check_csrf(&self.request, &self.state, &value)?;
            self.is_ours = true;
        }
        self.fields.push((name, value));
        Ok(())
    }

    async fn read_file(&mut self, mut field: Field, name: String) -> Result<()> {
        if !self.is_ours {
            return Err(Error::forbidden("refused-upload-order"));
        }
        if self.files.len() >= MAX_FILES_AT_ONCE {
            return Err(too_large(Msg::new("problem-files-many").with("max", MAX_FILES_AT_ONCE)));
        }
        let max = self.state.config.uploads.upload_max_bytes;
        let mut sink = Sink::open(self.folder.clone()).await?;
        let mut waiting = Vec::with_capacity(WRITE_BYTES);
        while let Some(chunk) = next(&mut field).await? {
            if sink.bytes + (waiting.len() + chunk.len()) as u64 > max {
                return Err(too_large(
                    Msg::new("problem-file-large").with("name", shortened(&name)).with("max", megabytes(max)),
                ));
            }
            waiting.extend_from_slice(&chunk);
            if waiting.len() >= WRITE_BYTES {
                sink = sink.pour(std::mem::take(&mut waiting)).await?;
            }
        }
        let incoming = sink.pour(waiting).await?.close(name).await?;
        // A form without a chosen file sends an empty one without a name.
        if incoming.bytes > 0 || !incoming.name.is_empty() {
            self.files.push(incoming);
        }
        Ok(())
    }
}

/// The name a part is sent under when it is a file; a browser without a chosen file sends `""`.
fn file_name(disposition: &actix_web::http::header::ContentDisposition) -> Option<String> {
    let extended = disposition.get_filename_ext().map(|name| String::from_utf8_lossy(&name.value).into_owned());
    extended.or_else(|| disposition.get_filename().map(str::to_owned))
}

/// A file being written. Its steps run on the blocking pool, so that a slow disk holds up nobody else.
struct Sink {
    file: NamedTempFile,
    hasher: Sha256,
    bytes: u64,
}

impl Sink {
    async fn open(folder: PathBuf) -> Result<Sink> {
        let file = blocking(move || temporary(&folder)).await?;
        Ok(Sink { file, hasher: Sha256::new(), bytes: 0 })
    }

    async fn pour(self, bytes: Vec<u8>) -> Result<Sink> {
        blocking(move || {
            let mut sink = self;
            sink.file.write_all(&bytes).map_err(disk)?;
            sink.hasher.update(&bytes);
            sink.bytes += bytes.len() as u64;
            Ok(sink)
        })
        .await
    }

    async fn close(self, name: String) -> Result<Incoming> {
        blocking(move || {
            self.file.as_file().sync_all().map_err(disk)?;
            Ok(Incoming { name, file: self.file, hash: hex(&self.hasher.finalize()), bytes: self.bytes })
        })
        .await
    }
}

/// A file in `folder` (made when missing) that is deleted when dropped.
pub fn temporary(folder: &Path) -> Result<NamedTempFile> {
    std::fs::create_dir_all(folder).map_err(disk)?;
    NamedTempFile::new_in(folder).map_err(disk)
}

/// A full or broken disk: the person may try again later.
pub fn disk(error: std::io::Error) -> Error {
    Error::Away(format!("uploads: {error}"))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn next<T>(
    stream: &mut (impl Stream<Item = Result<T, actix_multipart::MultipartError>> + Unpin),
) -> Result<Option<T>> {
    use actix_multipart::MultipartError as Fault;
    let cut = || Error::invalid("", "problem-form-cut");
    match tokio::time::timeout(PATIENCE, stream.next()).await {
        Err(_) => Err(cut()),
        Ok(None) => Ok(None),
        Ok(Some(Ok(item))) => Ok(Some(item)),
        Ok(Some(Err(Fault::Payload(_) | Fault::Incomplete))) => Err(cut()),
        Ok(Some(Err(_))) => Err(wrong_kind()),
    }
}

async fn drain(form: &mut Multipart) {
    let all = async {
        let mut left = DRAIN_BYTES;
        while let Ok(Some(mut field)) = next(form).await {
            while let Ok(Some(chunk)) = next::<Bytes>(&mut field).await {
                left = left.saturating_sub(chunk.len());
                if left == 0 {
                    return;
                }
            }
        }
    };
    // Whether it ended or not, the answer follows.
    let _ = tokio::time::timeout(DRAIN_TIME, all).await;
}

fn too_large(msg: Msg) -> Error {
    let mut problems = Problems::one("file", msg);
    problems.status = ProblemStatus::TooLarge;
    Error::Invalid(problems)
}

fn wrong_kind() -> Error {
    let mut problems = Problems::one("", "problem-form-kind");
    problems.status = ProblemStatus::WrongKind;
    Error::Invalid(problems)
}

fn shortened(name: &str) -> String {
    crate::text::files::safe_file_name(name)
}

/// For people: whole megabytes, and a digit after the point below ten.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1024 * 1024);
    if tenths >= 100 || tenths.is_multiple_of(10) {
        (tenths / 10).to_string()
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}
