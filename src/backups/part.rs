//! One file of a set: written once, from front to back, hashed on the way to the disk and sealed with age before that when a
//! recipient is set. Nothing is held in memory but a piece.

use super::fault::{Fault, Result};
use age::stream::StreamWriter;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Only its owner reads a backup.
pub const FILE_MODE: u32 = 0o600;
/// What is read, hashed or written at a time.
const PIECE_BYTES: usize = 128 * 1024;
/// What a sealed part's name ends with.
const SEALED_END: &str = ".age";

/// Name, hash and size of a part, as the manifest says them: of the file as it lies there, sealed or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    /// 64 hexadecimal digits.
    pub sha256: String,
    pub bytes: u64,
}

/// A file that hashes and counts what is written to it.
struct Hashed {
    file: File,
    hasher: Sha256,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let written = self.file.write(piece)?;
        self.hasher.update(piece.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

enum Way {
    Open(Hashed),
    Sealed(Box<StreamWriter<Hashed>>),
}

/// A part being written.
pub struct Writer {
    name: String,
    way: Way,
}

impl Writer {
    /// A new file in the folder; with a recipient its name ends with `.age`.
    pub fn begin(folder: &Path, name: &str, recipient: Option<&str>) -> Result<Writer> {
        let name = named(name, recipient.is_some());
        let path = folder.join(&name);
        let file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&path);
        let file = Hashed { file: file.map_err(Fault::file("made", &path))?, hasher: Sha256::new(), bytes: 0 };
        let way = match recipient {
            None => Way::Open(file),
            Some(text) => {
                let recipient: age::x25519::Recipient =
                    text.parse().map_err(|why| Fault::said(format!("backup.age_recipient is no age key: {why}.")))?;
                let seal = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
                    .map_err(|why| Fault::said(format!("Nothing can be encrypted to backup.age_recipient: {why}.")))?;
                Way::Sealed(Box::new(seal.wrap_output(file).map_err(Fault::file("written", &path))?))
            }
        };
        Ok(Writer { name, way })
    }

    /// Everything on disk, and what was written.
    pub fn end(self) -> io::Result<Part> {
        let mut file = match self.way {
            Way::Open(file) => file,
            Way::Sealed(writer) => writer.finish()?,
        };
        file.flush()?;
        file.file.sync_all()?;
        Ok(Part { name: self.name, sha256: hex(file.hasher), bytes: file.bytes })
    }
}

impl Write for Writer {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        match &mut self.way {
            Way::Open(file) => file.write(piece),
            Way::Sealed(writer) => writer.write(piece),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.way {
            Way::Open(file) => file.flush(),
            Way::Sealed(writer) => writer.flush(),
        }
    }
}

/// What a part is called.
pub fn named(name: &str, is_sealed: bool) -> String {
    format!("{name}{}", if is_sealed { SEALED_END } else { "" })
}

/// The file with the private half of the key, as `age-keygen` writes it.
#[derive(Debug, Clone)]
pub struct Identity(pub PathBuf);

/// A part to be read from front to back, as often as one likes, in whatever thread.
#[derive(Debug, Clone)]
pub struct Source {
    pub path: PathBuf,
    /// Set for a sealed part.
    pub identity: Option<Identity>,
}

impl Source {
    /// From its beginning, opened with the identity.
    pub fn open(&self) -> Result<Box<dyn Read>> {
        let file = File::open(&self.path).map_err(Fault::file("read", &self.path))?;
        let file = BufReader::with_capacity(PIECE_BYTES, file);
        let Some(Identity(path)) = &self.identity else { return Ok(Box::new(file)) };
        let keys = BufReader::new(File::open(path).map_err(Fault::file("read", path))?);
        let no_key =
            |why: String| Fault::said(format!("{} holds no age identity that can be used: {why}.", path.display()));
        let keys = age::IdentityFile::from_buffer(keys).map_err(|why| no_key(why.to_string()))?;
        let keys = keys.into_identities().map_err(|why| no_key(why.to_string()))?;
        let sealed = age::Decryptor::new_buffered(file)
            .map_err(|why| Fault::said(format!("{} is no age file: {why}.", self.path.display())))?;
        let opened = sealed.decrypt(keys.iter().map(|key| key.as_ref() as &dyn age::Identity));
        let opened = opened
            .map_err(|why| Fault::said(format!("{} does not open with that identity: {why}.", self.path.display())))?;
        Ok(Box::new(opened))
    }
}

/// Hash and size of a file as it lies there.
pub fn measure(path: &Path) -> Result<(String, u64)> {
    let mut file = File::open(path).map_err(Fault::file("read", path))?;
    digest(&mut file, &mut io::sink()).map_err(Fault::file("read", path))
}

/// Copies all of it, and answers the hash and size of what went through.
pub fn digest(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<(String, u64)> {
    let (mut hasher, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => return Ok((hex(hasher), bytes)),
            Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let read = piece.get(..read).unwrap_or_default();
        hasher.update(read);
        bytes += read.len() as u64;
        to.write_all(read)?;
    }
}

/// Lower-case hexadecimal.
pub fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
