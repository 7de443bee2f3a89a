//! Annotators' names as file names: safe on every system, and read back to the same name.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::error::AnnotationError;
use crate::model::AnnotatorId;

/// Longest encoded name in bytes; file systems allow 255 with the endings.
const LONGEST: usize = 200;

/// Names that Windows gives to devices, whatever follows the first dot.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Where the files of one annotator lie.
#[derive(Clone, Debug)]
pub(super) struct LogPaths {
    folder: PathBuf,
    stem: String,
}

impl LogPaths {
    pub(super) fn new(folder: &Path, annotator: &AnnotatorId) -> Result<Self, AnnotationError> {
        Ok(Self { folder: folder.into(), stem: encode(annotator.as_str())? })
    }

    /// The log itself.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.jsonl", self.stem))
    }

    /// A note that is being typed.
    pub(super) fn draft(&self) -> PathBuf {
        self.folder.join(format!("{}.draft", self.stem))
    }

    /// The file whose lock says who may write.
    pub(super) fn lock(&self) -> PathBuf {
        self.folder.join(format!("{}.lock", self.stem))
    }

    /// The folder that all of them lie in.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a quick start needs; made from the log at will.
    pub(super) fn snapshot(&self) -> PathBuf {
        self.folder.join(format!("{}.snapshot", self.stem))
    }

    /// Copy number `number` of a log of version 1, from before this version wrote into it.
    pub(super) fn backup(&self, number: u32) -> PathBuf {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        self.folder.join(format!("{}.v1-backup{number}", self.stem))
    }

    /// Where the torn last line number `number` is set aside.
    pub(super) fn torn(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{}.torn-{number}", self.stem))
    }

    /// Where lines of another log of this annotator are kept that was united with it.
    pub(super) fn united(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{}.united-{number}", self.stem))
    }

    /// Where labels number `number` go that could not be added to the log. Not `.jsonl`, or it would be somebody's log.
    pub(super) fn rescued(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{}.rescued-{number}", self.stem))
    }
}

/// The annotator whose log has that file name; `None` for other files.
pub(super) fn annotator_of(file_name: &str) -> Option<AnnotatorId> {
    let stem = file_name.strip_suffix(".jsonl")?;
    let name = decode(stem)?;
    // Two spellings of one name would be two logs of one person.
    (encode(&name).ok()? == stem).then(|| AnnotatorId::new(name))
}

/// The annotator's name as the beginning of a file name.
pub fn file_stem(annotator: &AnnotatorId) -> Result<String, AnnotationError> {
    encode(annotator.as_str())
}

fn encode(name: &str) -> Result<String, AnnotationError> {
    let refuse = |reason| Err(AnnotationError::Name { name: name.into(), reason });
    if name.trim().is_empty() {
        return refuse("it is empty. Choose a name of letters and digits");
    }
    let root = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_device = DEVICES.contains(&root.as_str());
    let mut stem = String::with_capacity(name.len());
    for (i, byte) in name.bytes().enumerate() {
        let is_safe = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.';
        // A leading dot would hide the file.
        if is_safe && !(i == 0 && (is_device || byte == b'.')) {
            stem.push(char::from(byte));
        } else {
            write!(stem, "%{byte:02X}").ok();
        }
    }
    if stem.len() > LONGEST {
        return refuse("it is too long for a file name. Choose a shorter one");
    }
    Ok(stem)
}

fn decode(stem: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(stem.len());
    let mut rest = stem.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_safe_file_names_and_back() {
        let check = |name: &str, stem: &str| {
            assert_eq!(encode(name).unwrap(), stem);
            assert_eq!(annotator_of(&format!("{stem}.jsonl")), Some(AnnotatorId::new(name)));
        };
        check("ann", "ann");
        check("ann.b-c_1", "ann.b-c_1");
        check("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd");
        check("a b\\c:d", "a%20b%5Cc%3Ad");
        check("Zoë", "Zo%C3%AB");
        check("100%", "100%25");
        check("con", "%63on");
        check("NUL.txt", "%4EUL.txt");
        check(".", "%2E");
    }

    #[test]
    fn unusable_names_are_refused() {
        for name in ["", "  ", &"x".repeat(201), &"é".repeat(50)] {
            let error = encode(name).unwrap_err().to_string();
            assert!(error.contains("Choose"), "{error}");
        }
    }

    #[test]
    fn other_files_belong_to_nobody() {
        for name in [
            "ann.lock",
            "ann.torn-1",
            "ann.rescued-1",
            "ann.united-1",
            "ann.snapshot",
            "ann.v1-backup",
            "a b.jsonl",
            "%6fx.jsonl",
            "%zz.jsonl",
            "%4.jsonl",
            ".jsonl",
            "%FF.jsonl",
        ] {
            assert_eq!(annotator_of(name), None, "{name}");
        }
    }
}
