//! A token as applications see it: through a PKCS#11 module, driven by `pkcs11-tool`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Outcome, PrivatePcscd, Program, StageError, error::ensure};

/// The modules that token users have, with the places where they are installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Module {
    /// OpenSC's, with its CoolKey driver.
    OpenSc,
    /// Debian's CoolKey module.
    CoolKey,
}

/// What `pkcs11-tool -O` says of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// First words of its line, e.g. `Certificate Object`.
    pub class: String,
    /// CKA_LABEL.
    pub label: String,
    /// CKA_ID in hexadecimal digits.
    pub id: String,
    /// What the key is for, or the subject of the certificate.
    pub detail: String,
}

/// One token through one module.
#[derive(Clone, Debug)]
pub struct Token {
    module: Module,
    reader: String,
    environment: (String, std::ffi::OsString),
    folder: PathBuf,
}

impl Module {
    /// Both modules.
    pub const ALL: [Self; 2] = [Self::OpenSc, Self::CoolKey];

    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenSc => "OpenSC",
            Self::CoolKey => "CoolKey",
        }
    }

    const fn file(self) -> &'static str {
        match self {
            Self::OpenSc => "opensc-pkcs11.so",
            Self::CoolKey => "libcoolkeypk11.so",
        }
    }

    /// Where it is installed.
    ///
    /// # Errors
    /// [`StageError::MissingProgram`] when it is not.
    pub fn path(self) -> Result<PathBuf, StageError> {
        let triplet = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
        [
            &*triplet,
            &format!("{triplet}/pkcs11"),
            "/usr/lib/pkcs11",
            "/usr/lib64/pkcs11",
            "/usr/lib64",
        ]
        .iter()
        .map(|folder| Path::new(folder).join(self.file()))
        .find(|path| path.exists())
        .ok_or_else(|| StageError::MissingProgram(self.file().to_owned()))
    }
}

impl Token {
    /// The token in `reader`; files are written to `folder`.
    #[must_use]
    pub fn new(module: Module, pcscd: &PrivatePcscd, reader: &str, folder: &Path) -> Self {
        Self {
            module,
            reader: reader.to_owned(),
            environment: pcscd.environment(),
            folder: folder.to_owned(),
        }
    }

    /// The module.
    #[must_use]
    pub const fn module(&self) -> Module {
        self.module
    }

    fn tool(&self) -> Result<Program, StageError> {
        Ok(Program::new("pkcs11-tool")
            .envs([self.environment.clone()])
            .env("HOME", &self.folder)
            .arg("--module")
            .arg(self.module.path()?))
    }

    fn token_tool(&self) -> Result<Program, StageError> {
        Ok(self.tool()?.args(["--slot-description", &self.reader]))
    }

    /// What the module says about all slots (`-L`).
    ///
    /// # Errors
    /// When it fails.
    pub fn slots(&self) -> Result<Outcome, StageError> {
        self.tool()?.arg("--list-slots").succeed()
    }

    /// What the module says about this token's slot.
    ///
    /// # Errors
    /// When it fails or does not list the slot.
    pub fn slot(&self) -> Result<String, StageError> {
        let outcome = self.slots()?;
        let text = outcome.text();
        text.split("Slot ")
            .find(|slot| slot.contains(&self.reader))
            .map(str::to_owned)
            .ok_or_else(|| outcome.unexpected(format!("does not list {:?}", self.reader)))
    }

    /// The objects on the token; with the PIN, also private ones.
    ///
    /// # Errors
    /// When the module fails.
    pub fn objects(&self, pin: Option<&str>) -> Result<Vec<Object>, StageError> {
        let mut program = self.token_tool()?.arg("--list-objects");
        if let Some(pin) = pin {
            program = program.args(["--login", "--pin", pin]);
        }
        Ok(objects(&program.succeed()?.text()))
    }

    /// The mechanisms that the module has for this token.
    ///
    /// # Errors
    /// When the module fails.
    pub fn mechanisms(&self) -> Result<Vec<String>, StageError> {
        let text = self.token_tool()?.arg("--list-mechanisms").succeed()?.text();
        let name = |line: &str| Some(line.strip_prefix("  ")?.split(',').next()?.to_owned());
        Ok(text.lines().filter_map(name).collect())
    }

    /// The certificate with this CKA_ID, in DER.
    ///
    /// # Errors
    /// When the module fails or has none.
    pub fn certificate(&self, id: &str) -> Result<Vec<u8>, StageError> {
        let output = self.folder.join(format!("{}-{id}.cert", self.module.name()));
        self.token_tool()?
            .args(["--read-object", "--type", "cert", "--id", id, "--output-file"])
            .arg(&output)
            .succeed()?;
        fs::read(&output).map_err(StageError::io(format!("file {}", output.display())))
    }

    /// Tries to log in.
    ///
    /// # Errors
    /// When the module cannot be run; that it refuses the PIN is in the outcome.
    pub fn login(&self, pin: &str) -> Result<Outcome, StageError> {
        self.token_tool()?.args(["--login", "--pin", pin, "--list-objects"]).run()
    }

    /// Signs, e.g. with mechanism `RSA-PKCS` or `SHA256-RSA-PKCS`.
    ///
    /// # Errors
    /// When the module fails.
    pub fn sign(
        &self,
        pin: &str,
        id: &str,
        mechanism: &str,
        data: &[u8],
    ) -> Result<Vec<u8>, StageError> {
        self.transform("--sign", pin, id, mechanism, data)
    }

    /// Deciphers, e.g. with mechanism `RSA-PKCS`.
    ///
    /// # Errors
    /// When the module fails.
    pub fn decrypt(
        &self,
        pin: &str,
        id: &str,
        mechanism: &str,
        data: &[u8],
    ) -> Result<Vec<u8>, StageError> {
        self.transform("--decrypt", pin, id, mechanism, data)
    }

    fn transform(
        &self,
        what: &str,
        pin: &str,
        id: &str,
        mechanism: &str,
        data: &[u8],
    ) -> Result<Vec<u8>, StageError> {
        let input = self.folder.join("pkcs11-input");
        let output = self.folder.join("pkcs11-output");
        fs::write(&input, data).map_err(StageError::io("input of pkcs11-tool"))?;
        let _ = fs::remove_file(&output);
        let outcome = self
            .token_tool()?
            .args(["--login", "--pin", pin, what, "--id", id, "--mechanism", mechanism])
            .arg("--input-file")
            .arg(&input)
            .arg("--output-file")
            .arg(&output)
            .succeed()?;
        let bytes = fs::read(&output).map_err(|_| outcome.unexpected("wrote no output"))?;
        ensure(!bytes.is_empty(), || format!("`{}` wrote nothing", outcome.command))?;
        Ok(bytes)
    }
}

/// Reads the listing: an object's line is not indented, its attributes are.
fn objects(text: &str) -> Vec<Object> {
    let mut found: Vec<Object> = Vec::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            if let Some((class, _)) =
                line.split_once(';').filter(|(class, _)| class.ends_with("Object"))
            {
                found.push(Object { class: class.to_owned(), ..Object::default() });
            }
            continue;
        }
        let (Some(object), Some((name, value))) = (found.last_mut(), line.split_once(':')) else {
            continue;
        };
        match name.trim() {
            "label" => value.trim().clone_into(&mut object.label),
            "ID" => value.trim().clone_into(&mut object.id),
            "Usage" | "subject" => value.trim().clone_into(&mut object.detail),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read_object_by_object() {
        let text = "Using slot 1 with a present token (0x5)\n\
            Private Key Object; RSA \n  label:      signing key\n  ID:         02\n  Usage:      sign\n  Access:     none\n\
            Certificate Object; type = X.509 cert\n  label:      CN\n  subject:    DN: CN=alice\n  ID:         02\n";
        let listed = objects(text);
        assert_eq!(listed.len(), 2);
        assert_eq!((&*listed[0].class, &*listed[0].id), ("Private Key Object", "02"));
        assert_eq!(listed[0].detail, "sign");
        assert_eq!(listed[1].label, "CN");
        assert_eq!(listed[1].detail, "DN: CN=alice");
    }
}
