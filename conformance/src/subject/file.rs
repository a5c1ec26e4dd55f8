//! Subject files: TOML that names subjects, the cards that they are, and where their keys are. The keys themselves are elsewhere, in an
//! environment variable or a file, and no error shows one.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use globalplatform::{Diversification, Key, KeyAlgorithm, KeySet};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Address, SubjectKeys};

/// Most bytes of a subject file.
const FILE_MAX: u64 = 1 << 20;
/// Most bytes of a file with a key in hexadecimal.
const KEY_TEXT_MAX: u64 = 1024;
/// How messages of the TOML reader begin that show no value of the file, which might be a key in the wrong place.
const HARMLESS: [&str; 3] = ["unknown field", "missing field", "a subject is"];

/// A file of subjects, by name.
pub struct SubjectFile {
    subjects: BTreeMap<String, NamedSubject>,
    folder: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    subject: BTreeMap<String, NamedSubject>,
}

/// A subject that a file describes.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedSubject {
    /// How it is reached.
    pub address: Address,
    /// The card's ATR, in hexadecimal.
    pub atr: Option<String>,
    /// What tells the card from all others, in hexadecimal, as the probe shows it.
    pub serial: Option<String>,
    /// Tries in a row that the card gives for authentication.
    pub tries: Option<u32>,
    keys: Option<KeyReferences>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyReferences {
    version: String,
    algorithm: Algorithm,
    diversification: Option<String>,
    key: Option<Place>,
    enc: Option<Place>,
    mac: Option<Place>,
    dek: Option<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Algorithm {
    Des,
    Aes,
}

/// Where a key is, in hexadecimal. Untagged, also because the error then shows nothing of what stands there instead.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Place {
    Variable(Variable),
    File(KeyFile),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    env: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    file: PathBuf,
}

impl SubjectFile {
    /// Reads a subject file. Files with keys are named relative to its folder.
    ///
    /// # Errors
    /// When it cannot be read, or is not as described; the error shows no value of it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let context = || format!("subject file {}", path.display());
        let text = read(path, FILE_MAX).with_context(context)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::parse(&text, folder).with_context(context)
    }

    fn parse(text: &str, folder: PathBuf) -> anyhow::Result<Self> {
        let contents: Contents = toml::from_str(text).map_err(|error| explained(text, &error))?;
        Ok(Self { subjects: contents.subject, folder })
    }

    /// The subject of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&NamedSubject> {
        self.subjects.get(name)
    }

    /// The names of all subjects.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.subjects.keys().map(String::as_str)
    }

    /// The keys of a subject, fetched from where they are.
    ///
    /// # Errors
    /// When they are not there, or are no keys of the algorithm.
    pub fn keys(&self, subject: &NamedSubject) -> anyhow::Result<Option<SubjectKeys>> {
        subject.keys.as_ref().map(|references| references.fetch(&self.folder)).transpose()
    }
}

/// The error of the TOML reader without what it quotes from the file.
fn explained(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let at = error.span().map_or(0, |span| span.start);
    let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    let message = error.message();
    if HARMLESS.iter().any(|start| message.starts_with(start)) {
        anyhow::anyhow!("line {line}: {message}")
    } else {
        anyhow::anyhow!("line {line} is no TOML, or has a value of the wrong kind")
    }
}

impl KeyReferences {
    fn fetch(&self, folder: &Path) -> anyhow::Result<SubjectKeys> {
        let version = u8::from_str_radix(&self.version, 16)
            .ok()
            .context("the version of keys is two hexadecimal digits")?;
        let keys = match (&self.key, &self.enc, &self.mac, &self.dek) {
            (Some(key), None, None, None) => KeySet::same(&self.key(key, folder)?),
            (None, Some(enc), Some(mac), Some(dek)) => {
                KeySet::new(self.key(enc, folder)?, self.key(mac, folder)?, self.key(dek, folder)?)
            }
            _ => anyhow::bail!("keys are either `key`, or `enc`, `mac` and `dek`"),
        };
        let diversification = match self.scheme()? {
            Some(_) if self.key.is_none() => {
                anyhow::bail!("what is diversified is one master key, `key`")
            }
            scheme => scheme,
        };
        Ok(SubjectKeys { version, keys, diversification, aes: self.algorithm == Algorithm::Aes })
    }

    fn scheme(&self) -> anyhow::Result<Option<Diversification>> {
        let Some(name) = &self.diversification else { return Ok(None) };
        let names = Diversification::NAMES.map(|(name, _)| name).join(", ");
        let scheme = Diversification::named(name)
            .with_context(|| format!("diversification is one of {names}"))?;
        Ok(Some(scheme).filter(|scheme| *scheme != Diversification::None))
    }

    fn key(&self, place: &Place, folder: &Path) -> anyhow::Result<Key> {
        let (text, name) = place.read(folder)?;
        let bytes = hex::decode(text.trim()).map(Zeroizing::new);
        let bytes = bytes.ok().with_context(|| format!("{name} is not hexadecimal"))?;
        // A master key for AES cards may be a DES key: schemes over triple DES derive it from one.
        let des = self.algorithm == Algorithm::Des
            || matches!(self.scheme()?, Some(Diversification::Emv | Diversification::Visa2));
        let key = if des { Key::new(KeyAlgorithm::Des3, &bytes) } else { Key::aes(&bytes) };
        key.ok().with_context(|| format!("{name} has no length of a key of its algorithm"))
    }
}

impl Place {
    /// What is there, and how errors call it.
    fn read(&self, folder: &Path) -> anyhow::Result<(Zeroizing<String>, String)> {
        match self {
            Self::Variable(Variable { env }) => {
                let name = format!("the key in the environment variable {env}");
                let text = std::env::var(env).ok().map(Zeroizing::new);
                Ok((text.with_context(|| format!("{name} is not there"))?, name))
            }
            Self::File(KeyFile { file }) => {
                let path = folder.join(file);
                let name = format!("the key in {}", path.display());
                Ok((read(&path, KEY_TEXT_MAX).with_context(|| name.clone())?, name))
            }
        }
    }
}

/// A text that may be secret, of a file that is not too long.
fn read(path: &Path, max: u64) -> anyhow::Result<Zeroizing<String>> {
    let length = fs::metadata(path)?.len();
    anyhow::ensure!(length <= max, "more than {max} bytes");
    // Room from the start: a buffer that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(max)?.min(1 << 16)));
    File::open(path)?.take(max).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::SubjectFile;

    const KEY: &str = "404142434445464748494A4B4C4D4E4F";

    fn parse(folder: &std::path::Path, text: &str) -> anyhow::Result<SubjectFile> {
        std::fs::write(folder.join("key.hex"), format!("{KEY}\n")).unwrap();
        std::fs::write(folder.join("short.hex"), "4041").unwrap();
        let path = folder.join("subjects.toml");
        std::fs::write(&path, text).unwrap();
        SubjectFile::open(&path)
    }

    fn with_keys(keys: &str) -> String {
        format!("[subject.lab]\naddress = \"pcsc:A\"\n[subject.lab.keys]\n{keys}\n")
    }

    #[test]
    fn keys_come_from_where_the_file_says() {
        let folder = tempfile::tempdir().unwrap();
        let text = with_keys("version = \"30\"\nalgorithm = \"aes\"\nkey = { file = \"key.hex\" }");
        let file = parse(folder.path(), &text).unwrap();
        let subject = file.get("lab").unwrap();
        assert_eq!(subject.address.to_string(), "pcsc:A");
        let keys = file.keys(subject).unwrap().unwrap();
        assert_eq!((keys.version, keys.aes, keys.diversification.is_none()), (0x30, true, true));
        assert_eq!(hex::encode_upper(keys.keys.dek.bytes()), KEY);
    }

    #[test]
    fn no_error_shows_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let head = "version = \"01\"\nalgorithm = \"des\"";
        for keys in [
            format!("{head}\nkey = \"{KEY}\""),
            format!("{head}\nkey = {{ env = \"{KEY}\", hex = \"{KEY}\" }}"),
            format!("{head}\nkey = {{ file = \"short.hex\" }}"),
            format!("{head}\nenc = {{ file = \"key.hex\" }}"),
            format!("{head}\ndiversification = \"{KEY}\"\nkey = {{ file = \"key.hex\" }}"),
            format!("version = \"{KEY}\"\nalgorithm = \"des\"\nkey = {{ file = \"key.hex\" }}"),
            format!("algorithm = \"{KEY}\""),
            format!("{head}\nkey = {KEY}"),
        ] {
            let error = parse(folder.path(), &with_keys(&keys))
                .and_then(|file| file.keys(file.get("lab").unwrap()).map(|_| ()))
                .unwrap_err();
            assert!(!format!("{error:#} {error:?}").contains(KEY), "{error:#}");
        }
    }

    #[test]
    fn what_the_file_does_not_know_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[subject.lab]\naddress = \"pcsc:A\"\nserail = \"00\"\n";
        let error = parse(folder.path(), text).err().unwrap();
        assert!(format!("{error:#}").contains("line 3: unknown field `serail`"), "{error:#}");
    }
}
