//! A token's life, step by step: what the demo shows and a test repeats.
//!
//! Every step does something with a real program and checks what came of it; it returns what is worth telling.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::{
    CardImage, EmulatorProcess, Lifetime, Module, Place, Stage, StageError, StageOptions, Token,
    User, error::ensure, holder, holder::TokenCertificate, openssl::CertificateFile,
};

/// The first PIN of a token.
const FIRST_PIN: &str = "246810";
/// The PIN after the reset.
const SECOND_PIN: &str = "135791";
/// What somebody sends to the holder, before the token is lost.
const LETTER: &[u8] = b"The meeting is at noon.";
/// Reason of revocation for a lost token, in openssl's words [RFC 5280 §5.3.1].
const LOST_REASON: &str = "Key Compromise";
/// The slots of the two cards.
const FIRST: usize = 0;
const SECOND: usize = 1;

/// A stage with one user and, in the course of time, two tokens.
#[derive(Debug)]
pub struct Life {
    stage: Stage,
    user: User,
    first: Option<Inserted>,
    second: Option<Inserted>,
    enrolled: Vec<TokenCertificate>,
    letter: Vec<u8>,
    /// Version of the applet that the server loads.
    applet: Option<String>,
}

/// A card that is in a reader.
#[derive(Debug)]
struct Inserted {
    card: CardImage,
    emulator: EmulatorProcess,
}

/// What a step tells.
pub type Told = Result<String, StageError>;

/// A step, with the name under which it is announced.
pub type Step = (&'static str, fn(&mut Life) -> Told);

/// The steps, in their order.
pub const STEPS: [Step; 16] = [
    ("a user is added at the server", Life::add_user),
    ("a blank card is put into the reader", Life::insert_first),
    ("the CoolKey module sees an uninitialised token", Life::see_blank),
    ("the client formats it", Life::format),
    ("the client enrols it for the user", Life::enroll),
    ("the client lists it", Life::list),
    ("both modules show the same two certificates", Life::show),
    ("OpenSC's module signs, openssl verifies", Life::sign_with_opensc),
    ("Debian's CoolKey module signs, openssl verifies", Life::sign_with_coolkey),
    ("openssl verifies the certificate chain and the CRL", Life::verify_chain),
    ("openssl enciphers a letter to the user, the token opens it", Life::write_letter),
    ("the client resets the PIN", Life::reset_pin),
    ("the token is marked lost at the server", Life::lose),
    ("its certificates are in the CRL", Life::find_revoked),
    ("a second card is enrolled: the encryption key is recovered", Life::recover),
    ("the second card opens the letter", Life::read_letter),
];

/// An applet file that the server puts onto cards.
struct LoadedApplet {
    folder: PathBuf,
    version: String,
}

impl LoadedApplet {
    fn find(file: &Path) -> Result<Self, StageError> {
        let found = file.canonicalize();
        let file = found.map_err(StageError::io(format!("applet {}", file.display())))?;
        let name = file.file_name().and_then(OsStr::to_str);
        match (name.and_then(|name| name.strip_suffix(".ijc")), file.parent()) {
            (Some(version), Some(folder)) => {
                Ok(Self { folder: folder.to_owned(), version: version.to_owned() })
            }
            _ => Err(StageError::failed("an applet file is named <major>.<minor>.<build>.ijc")),
        }
    }

    fn configuration(&self) -> String {
        let Self { folder, version } = self;
        let folder = folder.display();
        format!("[tps.applet]\ndirectory = \"{folder}\"\nrequired_version = \"{version}\"\n")
    }
}

impl Life {
    /// Sets the stage: pcscd with one reader of two slots, and the server.
    ///
    /// With an applet file (`<version>.ijc`) the server loads that onto every card it formats, and the card's virtual machine runs it;
    /// without one the applet in the cards' mask is used.
    ///
    /// # Errors
    /// As [`Stage::start`]; when the file's name is none of a version.
    pub fn start(lifetime: Lifetime, applet: Option<&Path>) -> Result<Self, StageError> {
        let mut options = StageOptions { lifetime, ..StageOptions::default() };
        let applet = applet.map(LoadedApplet::find).transpose()?;
        if let Some(applet) = &applet {
            options.server.more_configuration = applet.configuration();
        }
        let stage = Stage::start(options)?;
        Ok(Self {
            stage,
            user: User::new("alice", "correct-horse-battery"),
            first: None,
            second: None,
            enrolled: Vec::new(),
            letter: Vec::new(),
            applet: applet.map(|applet| applet.version),
        })
    }

    /// The stage.
    pub fn stage(&mut self) -> &mut Stage {
        &mut self.stage
    }

    /// The user.
    #[must_use]
    pub const fn user(&self) -> &User {
        &self.user
    }

    /// The PIN of the second token, and of the first one after its reset.
    #[must_use]
    pub const fn pin(&self) -> &'static str {
        SECOND_PIN
    }

    /// Process numbers of everything that runs.
    pub fn process_numbers(&mut self) -> Vec<String> {
        let inserted = [self.first.as_mut(), self.second.as_mut()];
        let mut numbers: Vec<u32> =
            inserted.into_iter().flatten().map(|one| one.emulator.process().pid()).collect();
        numbers.extend(self.stage.process_numbers());
        numbers.iter().map(ToString::to_string).collect()
    }

    fn place(&self, slot: usize) -> Result<Place, StageError> {
        Ok(Place::Slot(self.stage.slot(slot)?.clone()))
    }

    fn first(&self) -> Result<&Inserted, StageError> {
        self.first.as_ref().ok_or_else(|| StageError::failed("no card was inserted"))
    }

    fn signing(&self) -> Result<&TokenCertificate, StageError> {
        holder::signing(&self.enrolled)
    }

    fn encryption(&self) -> Result<&TokenCertificate, StageError> {
        holder::encryption(&self.enrolled)
    }

    fn add_user(&mut self) -> Told {
        self.stage.server().add_user(&self.user)?;
        Ok(self.user.name.clone())
    }

    fn insert(&self, slot: usize, name: &str) -> Result<Inserted, StageError> {
        let card = self.stage.card(name, &[])?;
        let emulator = self.stage.insert(slot, &card)?;
        Ok(Inserted { card, emulator })
    }

    fn insert_first(&mut self) -> Told {
        let inserted = self.insert(FIRST, "first")?;
        let told = format!("CUID {}", inserted.card.cuid());
        self.first = Some(inserted);
        Ok(told)
    }

    fn see_blank(&mut self) -> Told {
        let seen = self.stage.token(Module::CoolKey, FIRST)?.slot()?;
        ensure(seen.contains("uninitialized"), || format!("it sees {seen}"))?;
        Ok(String::new())
    }

    fn format(&mut self) -> Told {
        let place = self.place(FIRST)?;
        self.stage.client().format(&place, &self.user)?.succeed()?;
        let Some(version) = self.applet.clone() else { return Ok(String::new()) };
        // What the applet itself said of its version and build, when TPS asked it after the installation.
        let cuid = self.first()?.card.cuid().to_owned();
        let shown = self.stage.server().command(&["token", "show", &cuid])?.succeed()?;
        shown.expect_text(&version)?;
        Ok(format!("applet {version} was loaded, and answers"))
    }

    fn enroll(&mut self) -> Told {
        let place = self.place(FIRST)?;
        self.stage.client().enroll(&place, &self.user, FIRST_PIN)?.succeed()?;
        Ok("signing key made on the card, encryption key by the DRM".to_owned())
    }

    fn list(&mut self) -> Told {
        let place = self.place(FIRST)?;
        let listed = self.stage.client().list(&place, false)?.succeed()?;
        let count = listed.text().matches("certificate ").count();
        if count != 2 {
            return Err(listed.unexpected(format!("lists {count} certificates, not two")));
        }
        let cuid = self.first()?.card.cuid();
        listed.expect_text(cuid)?;
        Ok("two certificates".to_owned())
    }

    fn show(&mut self) -> Told {
        let tokens: Vec<Token> = Module::ALL
            .iter()
            .map(|module| self.stage.token(*module, FIRST))
            .collect::<Result<_, _>>()?;
        self.enrolled = holder::same_for_both(&tokens, &self.stage.openssl())?;
        let (signing, encryption) = (self.signing()?, self.encryption()?);
        Ok(format!("serials {} and {}", signing.file.serial, encryption.file.serial))
    }

    fn sign(&mut self, module: Module) -> Told {
        let token = self.stage.token(module, FIRST)?;
        let openssl = self.stage.openssl();
        let used = holder::sign_and_verify(&token, FIRST_PIN, self.signing()?, &openssl)?;
        Ok(used.join(", "))
    }

    fn sign_with_opensc(&mut self) -> Told {
        self.sign(Module::OpenSc)
    }

    fn sign_with_coolkey(&mut self) -> Told {
        self.sign(Module::CoolKey)
    }

    /// The CRL that the server publishes, checked against every certificate: `revoked` or not.
    fn check_against_crl(&mut self, name: &str, revoked: bool) -> Result<String, StageError> {
        let openssl = self.stage.openssl();
        let der = self.stage.server().fetch("/ca/crl")?;
        let (crl, text) = openssl.crl(name, &der)?;
        let chain = self.stage.server().chain();
        for certificate in &self.enrolled {
            let outcome = openssl.verify_chain(&certificate.file, &chain, Some(&crl))?;
            let says_revoked = outcome.text().contains("certificate revoked");
            if says_revoked != revoked || outcome.status.success() == revoked {
                return Err(outcome.unexpected(format!("revoked must be {revoked}")));
            }
        }
        Ok(text)
    }

    fn verify_chain(&mut self) -> Told {
        self.check_against_crl("before", false)?;
        Ok("both certificates".to_owned())
    }

    fn write_letter(&mut self) -> Told {
        let certificate = self.encryption()?.clone();
        self.letter = self.stage.openssl().encrypt(&certificate.file, LETTER)?;
        for module in Module::ALL {
            let token = self.stage.token(module, FIRST)?;
            holder::decrypt(&token, FIRST_PIN, &certificate, &self.letter, LETTER)?;
        }
        Ok("with both modules".to_owned())
    }

    fn reset_pin(&mut self) -> Told {
        let place = self.place(FIRST)?;
        self.stage.client().reset_pin(&place, &self.user, SECOND_PIN)?.succeed()?;
        for module in Module::ALL {
            let token = self.stage.token(module, FIRST)?;
            let refused = token.login(FIRST_PIN)?;
            if refused.status.success() || !refused.text().contains("CKR_PIN_INCORRECT") {
                return Err(refused.unexpected("the old PIN must be refused"));
            }
            let certificate = self.signing()?;
            holder::sign_and_verify(&token, SECOND_PIN, certificate, &self.stage.openssl())?;
        }
        Ok("the old one is refused, the new one signs".to_owned())
    }

    fn lose(&mut self) -> Told {
        let cuid = self.first()?.card.cuid().to_owned();
        let arguments = ["token", "lost", &cuid, "--reason", "left on a train"];
        self.stage.server().command(&arguments)?.succeed()?;
        if let Some(Inserted { emulator, .. }) = self.first.take() {
            emulator.pull(self.stage.pcscd()?)?;
        }
        Ok(String::new())
    }

    fn find_revoked(&mut self) -> Told {
        let text = self.check_against_crl("after", true)?;
        for certificate in &self.enrolled {
            let serial = certificate.file.serial.trim_start_matches('0');
            ensure(text.to_uppercase().contains(serial), || format!("{serial} is not in\n{text}"))?;
        }
        ensure(text.matches(LOST_REASON).count() >= self.enrolled.len(), || {
            format!("the reason is not {LOST_REASON:?} in\n{text}")
        })?;
        Ok(format!("both, reason {LOST_REASON}"))
    }

    fn recover(&mut self) -> Told {
        self.second = Some(self.insert(SECOND, "second")?);
        let place = self.place(SECOND)?;
        self.stage.client().enroll(&place, &self.user, SECOND_PIN)?.succeed()?;
        Ok(String::new())
    }

    fn read_letter(&mut self) -> Told {
        let openssl = self.stage.openssl();
        let old = self.encryption()?.file.clone();
        for module in Module::ALL {
            let token = self.stage.token(module, SECOND)?;
            let on_card = holder::certificates(&token, &openssl)?;
            let recovered = with_serial(&on_card, &old)?;
            holder::decrypt(&token, SECOND_PIN, recovered, &self.letter, LETTER)?;
            let signing = holder::signing(&on_card)?;
            ensure(signing.file.serial != self.signing()?.file.serial, || {
                "the signing key of a lost token came back".to_owned()
            })?;
            holder::sign_and_verify(&token, SECOND_PIN, signing, &openssl)?;
        }
        Ok("with both modules; its new signing key signs".to_owned())
    }
}

fn with_serial<'a>(
    found: &'a [TokenCertificate],
    wanted: &CertificateFile,
) -> Result<&'a TokenCertificate, StageError> {
    found.iter().find(|one| one.file.serial == wanted.serial).ok_or_else(|| {
        StageError::failed(format!("certificate {} is not on the second card", wanted.serial))
    })
}
