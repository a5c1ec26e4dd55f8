//! A search for secrets where none may be: logs, databases, whatever a program wrote.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

use crate::StageError;

/// Fewest bytes that a form of a secret must have to be searched for: shorter ones are found anywhere.
const FORM_BYTES_MIN: usize = 6;
/// Characters at each end of a Base64 form that depend on what stands beside the secret.
const BASE64_EDGE: usize = 4;

/// Something that only its owner may know.
#[derive(Clone)]
pub struct Secret {
    name: String,
    bytes: Vec<u8>,
}

/// A secret that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Name of the secret (never its value).
    pub secret: String,
    /// In which form it was there, e.g. `hex`.
    pub form: &'static str,
    /// Where.
    pub file: PathBuf,
    /// At which byte.
    pub offset: usize,
}

impl Secret {
    /// A secret, with the name under which a finding is reported.
    #[must_use]
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), bytes: bytes.to_vec() }
    }

    /// The forms in which programs write bytes, by accident or on purpose.
    fn forms(&self) -> Vec<(&'static str, Vec<u8>)> {
        let join = |separator: &str, digits: &dyn Fn(&u8) -> String| {
            self.bytes.iter().map(digits).collect::<Vec<_>>().join(separator).into_bytes()
        };
        let lower = |byte: &u8| format!("{byte:02x}");
        let upper = |byte: &u8| format!("{byte:02X}");
        let mut forms = vec![
            ("raw", self.bytes.clone()),
            ("hex", join("", &lower)),
            ("hex", join("", &upper)),
            ("hex with blanks", join(" ", &lower)),
            ("hex with blanks", join(" ", &upper)),
            ("hex with colons", join(":", &lower)),
            ("hex with colons", join(":", &upper)),
            ("list of hex numbers", join(", ", &lower)),
            ("list of hex numbers", join(", ", &upper)),
            ("list of numbers", join(", ", &|byte| byte.to_string())),
        ];
        for shift in 0..3_usize {
            let mut shifted = vec![0; shift];
            shifted.extend_from_slice(&self.bytes);
            for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
                let end = encoded.len().saturating_sub(BASE64_EDGE);
                let inner = encoded.as_bytes().get(BASE64_EDGE..end).unwrap_or_default();
                forms.push(("base64", inner.to_vec()));
            }
        }
        forms.retain(|(_, form)| form.len() >= FORM_BYTES_MIN);
        forms
    }
}

/// Searches files and folders (all files in them) for secrets, in every form.
///
/// # Errors
/// When a file cannot be read.
pub fn search(places: &[&Path], secrets: &[Secret]) -> Result<BTreeSet<Finding>, StageError> {
    let mut files = Vec::new();
    for place in places {
        collect(place, &mut files)?;
    }
    let mut findings = BTreeSet::new();
    for file in files {
        let text = fs::read(&file).map_err(StageError::io(format!("file {}", file.display())))?;
        for secret in secrets {
            for (form, bytes) in secret.forms() {
                if let Some(offset) = position(&text, &bytes) {
                    let (secret, file) = (secret.name.clone(), file.clone());
                    findings.insert(Finding { secret, form, file, offset });
                }
            }
        }
    }
    Ok(findings)
}

/// The first place of `wanted` in `text`.
fn position(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, rest) = wanted.split_first()?;
    let mut from = 0;
    loop {
        let found = from + text.get(from..)?.iter().position(|byte| byte == first)?;
        if text.get(found + 1..)?.starts_with(rest) {
            return Some(found);
        }
        from = found + 1;
    }
}

fn collect(place: &Path, files: &mut Vec<PathBuf>) -> Result<(), StageError> {
    if place.is_dir() {
        let what = format!("folder {}", place.display());
        for entry in fs::read_dir(place).map_err(StageError::io(what))?.flatten() {
            collect(&entry.path(), files)?;
        }
    } else if place.is_file() {
        files.push(place.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: impl AsRef<[u8]>, secret: &[u8]) -> Vec<&'static str> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("log"), text).unwrap();
        let findings = search(&[folder.path()], &[Secret::new("it", secret)]).unwrap();
        findings.into_iter().map(|finding| finding.form).collect()
    }

    #[test]
    fn every_form_is_found() {
        let secret = b"\x40\x41\x42\x43\xFE\xFF\x00\x7Fabcdefgh";
        assert_eq!(found([b"x".as_slice(), secret, b"y"].concat(), secret), ["raw"]);
        assert_eq!(found(format!("key={}", hex::encode(secret)), secret), ["hex"]);
        assert_eq!(found(format!("key={}", hex::encode_upper(secret)), secret), ["hex"]);
        assert_eq!(found(format!("{secret:?}"), secret), ["list of numbers"]);
        assert_eq!(found(format!("{secret:02x?}"), secret), ["list of hex numbers"]);
        for before in ["", "a", "ab"] {
            let text = STANDARD_NO_PAD.encode([before.as_bytes(), secret, b"zz"].concat());
            assert_eq!(found(text, secret), ["base64"], "after {before:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        assert!(found("404142 is not all of it", b"\x40\x41\x42\x43\xFE\xFF").is_empty());
        assert!(found("", b"secret").is_empty());
    }
}
