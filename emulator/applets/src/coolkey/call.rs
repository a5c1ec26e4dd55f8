//! One command in execution: who calls, and which handler answers.

use ::coolkey::{
    Command, Identities, Instruction, Request,
    command::Access,
    instruction::{CLASS_INITIALIZE, CLASS_PLAIN, CLASS_SECURE},
};
use card::{Host, Nvm};
use iso7816::{Command as Apdu, StatusWord};

use super::{Build, CoolKey, Volatile, secure_channel, settings::Settings};

/// Everything that a handler needs.
pub(super) struct Call<'c, 'h> {
    pub(super) build: &'static Build,
    pub(super) volatile: &'c mut Volatile,
    pub(super) host: &'c mut Host<'h>,
    /// Who calls, for this command only.
    pub(super) caller: Identities,
}

/// Answers a command that is plain or was unwrapped: the data of the response.
pub(super) fn answer(
    applet: &mut CoolKey,
    host: &mut Host<'_>,
    apdu: &Apdu,
) -> Result<Vec<u8>, StatusWord> {
    let class = apdu.header.cla;
    let known_class = matches!(class, CLASS_PLAIN | CLASS_SECURE | CLASS_INITIALIZE);
    let instruction = Instruction::from_ins(apdu.header.ins).filter(|_| known_class);
    if let Some(instruction) = instruction {
        if !applet.build.knows(instruction) {
            return Err(StatusWord::INS_NOT_SUPPORTED);
        }
        if class == CLASS_PLAIN && instruction.rules().nonce {
            // Before the data are looked at: whoever has the wrong nonce learns nothing about them.
            secure_channel::nonce(apdu)
                .and_then(|nonce| applet.volatile.logins.identify(&nonce))?;
        }
    }
    let request = Request::parse(apdu)?;
    let caller = match &request.access {
        Access::SecureChannel => Identities::RA,
        Access::Plain { nonce: Some(nonce) } => applet.volatile.logins.identify(nonce)?,
        Access::Plain { nonce: None } => Identities::NONE,
    };
    let CoolKey { build, volatile } = applet;
    Call { build, volatile, host, caller }.execute(request.command, apdu)
}

impl Call<'_, '_> {
    fn execute(&mut self, command: Command, apdu: &Apdu) -> Result<Vec<u8>, StatusWord> {
        match command {
            Command::VerifyPin { pin, value } => self.verify_pin(pin, &value),
            Command::ChangePin { pin, old, new } => self.change_pin(pin, &old, &new).map(nothing),
            Command::CreatePin { pin, tries, value } => {
                self.create_pin(pin, tries, &value).map(nothing)
            }
            Command::SetPin { pin, value } => self.set_pin(pin, &value).map(nothing),
            Command::Logout { pin } => self.log_out(pin).map(nothing),
            Command::ListPins => Ok(self.list_pins()),
            Command::GetPinTries { pin } => self.pin_tries(pin),
            Command::ListKeys(sequence) => Ok(self.list_keys(sequence)),
            Command::ListObjects(sequence) => self.list_objects(sequence),
            Command::GetStatus => self.status(),
            Command::GetLifeCycle(form) => self.life_cycle(form),
            Command::SetLifeCycle { state } => self.set_life_cycle(state, apdu).map(nothing),
            Command::GetBuildId => Ok(self.build.version.build.to_be_bytes().to_vec()),
            Command::GetIssuerInfo => Ok(self.issuer_info()),
            Command::SetIssuerInfo(info) => self.set_issuer_info(&info).map(nothing),
            Command::GetBuiltinAcl => self.builtin_acl(),
            Command::SetBuiltinAcl(acl) => self.set_builtin_acl(acl).map(nothing),
            Command::GetRandom { length } => Ok(self.random(length)),
            // The card's generator needs no stirring.
            Command::SeedRandom { .. } | Command::Nop => Ok(Vec::new()),
            Command::ComputeCrypt { key, step } => self.compute_crypt(key, step),
            Command::CreateObject { id, size, acl } => {
                self.create_object(id, size, acl).map(nothing)
            }
            Command::DeleteObject { id, .. } => self.delete_object(id).map(nothing),
            Command::ReadObject { id, offset, length } => self.read_object(id, offset, length),
            Command::WriteObject { id, offset, data } => {
                self.write_object(id, offset, &data).map(nothing)
            }
            Command::ImportKey { key, mate, blob, acl, public_acl } => {
                self.import_key(key, mate, blob, [Some(acl), public_acl]).map(nothing)
            }
            Command::ImportKeyEncrypted(import) => self.import_encrypted(&import).map(nothing),
            Command::StartEnrollment(enrollment) => self.start_enrollment(&enrollment),
            Command::ClearKeySlots { keep } => self.clear_key_slots(&keep).map(nothing),
            Command::SecureChannel { instruction, .. } => self.secure_channel(instruction, apdu),
            _ => Err(StatusWord::INS_NOT_SUPPORTED),
        }
    }

    /// The records of the instance, to read.
    pub(super) const fn records(&self) -> &Nvm<'_> {
        self.host.records()
    }

    pub(super) fn settings(&self) -> Result<Settings, StatusWord> {
        Settings::load(self.records())
    }

    /// Whether the caller may create keys.
    pub(super) fn may_create_key(&self) -> Result<bool, StatusWord> {
        Ok(self.settings()?.builtin_acl().create_key.admits(self.caller))
    }
}

/// No data in the answer.
const fn nothing((): ()) -> Vec<u8> {
    Vec::new()
}
