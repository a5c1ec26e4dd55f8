//! How commands arrive: plain, or through the secure channel of the security domain.

use ::coolkey::{
    Instruction, Nonce,
    command::IGNORED_CLASSES,
    instruction::{CLASS_INITIALIZE, CLASS_SECURE},
    status,
};
use card::Host;
use globalplatform::SecurityLevel;
use iso7816::{Command as Apdu, Response, StatusWord, command::SHORT_DATA_MAX};

use super::{CoolKey, Platform, call, call::Call};

/// What a channel must have before and after unwrapping, in builds that check.
const REQUIRED_LEVEL: SecurityLevel = SecurityLevel::AUTHENTICATED.union(SecurityLevel::C_MAC);

/// Answers any command.
pub(super) fn answer(
    applet: &mut CoolKey,
    host: &mut Host<'_>,
    apdu: &Apdu,
) -> Result<Response, StatusWord> {
    let header = apdu.header;
    if IGNORED_CLASSES.contains(&header.cla) {
        return Ok(Response::status(StatusWord::OK));
    }
    if header.cla != CLASS_SECURE || header.ins == Instruction::ExternalAuthenticate.ins() {
        return call::answer(applet, host, apdu).map(Response::ok);
    }
    let unwrapped = unwrap(applet.build.platform, host, apdu)?;
    let response = call::answer(applet, host, &unwrapped).map(Response::ok);
    let response = response.unwrap_or_else(Response::status);
    host.secure_channel().wrap(response)
}

fn unwrap(platform: Platform, host: &mut Host<'_>, apdu: &Apdu) -> Result<Apdu, StatusWord> {
    let check = |host: &Host<'_>| match platform {
        Platform::GlobalPlatform if !host.security_level().contains(REQUIRED_LEVEL) => {
            Err(StatusWord::SECURITY_STATUS)
        }
        _ => Ok(()),
    };
    check(host)?;
    let mut unwrapped = host.secure_channel().unwrap(apdu)?;
    check(host)?;
    // The applet dispatches by the class that the command came with.
    unwrapped.header.cla = CLASS_SECURE;
    Ok(unwrapped)
}

/// The nonce at the end of a plain command.
///
/// # Errors
/// 9C06 when there are fewer than eight bytes, 6700 when there are more than a short command holds.
pub(super) fn nonce(apdu: &Apdu) -> Result<Nonce, StatusWord> {
    if apdu.data.len() > SHORT_DATA_MAX {
        return Err(StatusWord::WRONG_LENGTH);
    }
    apdu.data.last_chunk().map(|nonce| Nonce::new(*nonce)).ok_or(status::UNAUTHORIZED)
}

impl Call<'_, '_> {
    /// The commands of the secure channel itself go to the security domain [GPCS 2.3.1 §7.6].
    pub(super) fn secure_channel(
        &mut self,
        instruction: Instruction,
        apdu: &Apdu,
    ) -> Result<Vec<u8>, StatusWord> {
        match instruction {
            Instruction::InitializeUpdate if apdu.header.cla == CLASS_INITIALIZE => {
                self.host.secure_channel().initialize_update(apdu)
            }
            Instruction::ExternalAuthenticate => {
                self.external_authenticate(apdu).map(|()| Vec::new())
            }
            Instruction::BeginRmacSession | Instruction::EndRmacSession => {
                self.host.secure_channel().rmac_session(apdu).map(|response| response.data)
            }
            _ => Err(StatusWord::INS_NOT_SUPPORTED),
        }
    }

    fn external_authenticate(&mut self, apdu: &Apdu) -> Result<(), StatusWord> {
        let mut channel = self.host.secure_channel();
        channel.external_authenticate(apdu)?;
        let accepted = match self.build.platform {
            Platform::OpenPlatform => matches!(apdu.header.p1, 0x01 | 0x03),
            Platform::GlobalPlatform => {
                channel.security_level().contains(SecurityLevel::AUTHENTICATED)
            }
        };
        if !accepted {
            channel.close();
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        Ok(())
    }
}
