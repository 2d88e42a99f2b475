//! A file's bytes, unpacked, and what identifies them.

use super::DataError;
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The first bytes of every gzip file (RFC 1952).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The most that a file may unpack to. The largest known data set (a matrix of 4,000 nodes as text)
/// takes 150 MB; a damaged or hostile gzip can claim a thousand times its size.
const MOST_BYTES: u64 = 1 << 30;
/// Names closer than this (Jaro-Winkler, 0 to 1) are suggested for a missing file.
const ALIKE: f64 = 0.8;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The content, unpacked if the file is gzip (told by its first bytes, not by its name).
    pub bytes: Vec<u8>,
    /// SHA-256 of the file as stored, in hexadecimal, for the manifest.
    pub sha256: String,
}

impl Content {
    /// The content as text.
    ///
    /// # Errors
    /// Where the content isn't UTF-8: the place of the first byte that isn't.
    pub fn text(&self) -> Result<&str, DataError> {
        std::str::from_utf8(&self.bytes).map_err(|error| {
            let sound = &self.bytes[..error.valid_up_to()];
            let line_start = sound.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
            DataError {
                line: sound.iter().filter(|&&b| b == b'\n').count() + 1,
                // Columns count characters; what lies before the first bad byte is sound UTF-8.
                column: String::from_utf8_lossy(&sound[line_start..]).chars().count() + 1,
                message: "this byte isn't UTF-8 text".into(),
                help: "data files are plain text, or text packed with gzip".into(),
            }
        })
    }
}

/// Why a file couldn't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FileError {
    /// What is wrong, with the file's name.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// Reads a file, and unpacks it if it is gzip.
///
/// # Errors
/// If the file is missing, a folder, unreadable, empty, or a damaged gzip.
pub fn read(path: &Path) -> Result<Content, FileError> {
    let stored = fs::read(path).map_err(|error| unreadable(path, &error))?;
    let mut sha256 = String::with_capacity(64);
    for byte in Sha256::digest(&stored) {
        write!(sha256, "{byte:02x}").expect("writing to a string can't fail");
    }
    let bytes = if stored.starts_with(&GZIP_MAGIC) { unpack(path, &stored)? } else { stored };
    if bytes.is_empty() {
        return Err(FileError {
            message: format!("{} is empty", path.display()),
            help: "check how the file was made or copied".into(),
        });
    }
    Ok(Content { bytes, sha256 })
}

fn unpack(path: &Path, stored: &[u8]) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large from one that just fits.
    let outcome = MultiGzDecoder::new(stored).take(MOST_BYTES + 1).read_to_end(&mut bytes);
    let name = path.display();
    match outcome {
        Ok(_) if bytes.len() as u64 <= MOST_BYTES => Ok(bytes),
        Ok(_) => Err(FileError {
            message: format!("{name} unpacks to more than 1 GiB"),
            help: "a data file of this size is most likely damaged".into(),
        }),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(FileError {
            message: format!(
                "{name} is a truncated gzip file: it ends after {} bytes",
                stored.len()
            ),
            help: "copy or download it again; `gzip -t` checks a file".into(),
        }),
        Err(error) => Err(FileError {
            message: format!("{name} is a damaged gzip file: {error}"),
            help: "copy or download it again; `gzip -t` checks a file".into(),
        }),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> FileError {
    let name = path.display();
    if path.is_dir() {
        return FileError {
            message: format!("{name} is a folder, not a file"),
            help: "name one of the files in it".into(),
        };
    }
    if error.kind() != ErrorKind::NotFound {
        return FileError {
            message: format!("{name} can't be read: {error}"),
            help: "check the permissions of the file and of its folder".into(),
        };
    }
    let help = match neighbour(path) {
        Some(alike) => format!("did you mean {}?", alike.display()),
        None => {
            "paths are relative to the scenario file; in --set, to the working directory".into()
        }
    };
    FileError { message: format!("there is no file {name}"), help }
}

/// The file beside `path` with the most similar name, if one is similar at all.
fn neighbour(path: &Path) -> Option<std::path::PathBuf> {
    let wanted = path.file_name()?.to_str()?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut names: Vec<String> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    // The system lists names in any order; the suggestion mustn't depend on it.
    names.sort_unstable();
    let score = |name: &String| strsim::jaro_winkler(wanted, name);
    let best = names.into_iter().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    (score(&best) >= ALIKE).then(|| path.with_file_name(best))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    }

    fn stored(name: &str, bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a writable folder");
        (folder, path)
    }

    #[test]
    fn plain_and_packed_files_give_the_same_bytes() {
        let (_folder, plain) = stored("a.csv", b"abc");
        let content = read(&plain).expect("a sound file");
        assert_eq!(content.bytes, b"abc");
        assert_eq!(
            content.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "the test vector of FIPS 180-2"
        );
        // The magic tells, not the name.
        let (_folder, packed) = stored("b.txt", &gzip("abc"));
        let unpacked = read(&packed).expect("a sound file");
        assert_eq!(unpacked.bytes, b"abc");
        assert_ne!(unpacked.sha256, content.sha256, "of the file as stored");
    }

    #[test]
    fn damaged_files_are_told_apart() {
        let packed = gzip(&"1,2,3\n".repeat(1000));
        let (_folder, path) = stored("cut.gz", &packed[..packed.len() - 9]);
        let error = read(&path).expect_err("a truncated file");
        assert!(error.message.contains("truncated gzip"), "{error}");
        let mut flipped = packed.clone();
        let at = packed.len() - 6;
        flipped[at] ^= 0xff;
        let (_folder, path) = stored("flipped.gz", &flipped);
        let error = read(&path).expect_err("a damaged file");
        assert!(error.message.contains("damaged gzip"), "{error}");
        let (_folder, path) = stored("empty", b"");
        assert!(read(&path).expect_err("an empty file").message.contains("is empty"));
    }

    #[test]
    fn a_missing_file_suggests_its_neighbour() {
        let (folder, _) = stored("rtt-median-ms.csv.gz", b"1");
        let error = read(&folder.path().join("rtt-medain-ms.csv.gz")).expect_err("no such file");
        assert!(error.message.contains("there is no file"), "{error}");
        assert!(error.help.ends_with("rtt-median-ms.csv.gz?"), "{}", error.help);
        let error = read(&folder.path().join("zzz")).expect_err("no such file");
        assert!(error.help.contains("relative to the scenario file"), "{}", error.help);
        let error = read(folder.path()).expect_err("a folder");
        assert!(error.message.contains("is a folder"), "{error}");
    }

    #[test]
    fn text_that_is_not_utf8_is_told_with_its_place() {
        let content = Content { bytes: b"ab\n\xc3\xa9x\xff".to_vec(), sha256: String::new() };
        let error = content.text().expect_err("not UTF-8");
        assert_eq!((error.line, error.column), (2, 3));
    }
}
