//! What the groups about card content have in common.

use globalplatform::command::Load;
use iso7816::{Command, StatusWord, tlv};

use crate::{
    applets,
    session::{Installation, SecureChannel, Session, TestPackage},
    undo::Undo,
    verdict::{Grade, Ruling, Stop, Verdict},
};

/// Declares cases that need the card's keys, one a line.
macro_rules! cases {
    ($($id:literal, $number:literal, $title:literal, $clause:literal, $level:ident, $effect:ident, $run:ident;)*) => {
        /// The cases of this group.
        pub static CASES: &[crate::case::Case] = &[$(crate::case::Case {
            id: $id,
            number: $number,
            title: $title,
            clause: $clause,
            level: crate::case::Level::$level,
            effect: crate::case::Effect::$effect,
            requires: &[crate::probe::Capability::Keys],
            run: crate::case::Run::Card($run),
        }),*];
    };
}
pub(super) use cases;

/// P1 of GET STATUS [GPCS 2.3.1 §11.4.2.1].
pub(super) const APPLICATIONS: u8 = 0x40;
pub(super) const LOAD_FILES: u8 = 0x20;
const ISSUER: u8 = 0x80;

/// Bytes in one LOAD command: what fits every protocol at C-MAC.
pub(super) const BLOCK: usize = 223;

/// An empty C9: no parameters for the applet.
pub(super) const NO_PARAMETERS: &[u8] = &[0xC9, 0x00];

/// Refusals of wrong data that cards use for one another.
pub(super) const CUSTOMARY: &[u16] = &[0x6985, 0x6A80, 0x6A86, 0x6A88, 0x6438, 0x6700, 0x6F00];

/// A registry entry as GET STATUS tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) state: u8,
    pub(super) privileges: Vec<u8>,
}

pub(super) use crate::session::lv;

/// DELETE with this P2.
pub(super) fn delete(aid: &[u8], p2: u8) -> Command {
    let data = [&[0x4F], lv(aid).as_slice()].concat();
    Command::new(0x80, 0xE4, 0x00, p2).with_data(data).with_expected(256)
}

/// SET STATUS [GPCS 2.3.1 §11.10].
pub(super) fn set_status(p1: u8, state: u8, aid: &[u8]) -> Command {
    Command::new(0x80, 0xF0, p1, state).with_data(aid)
}

/// The entry of this AID in one of the registry's lists, asked for through a channel of its own, so that nothing before matters.
pub(super) fn look(session: &mut Session<'_>, p1: u8, aid: &[u8]) -> Result<Option<Entry>, Stop> {
    session.reset()?;
    let mut secure = session.open_mac()?;
    entry(session, &mut secure, p1, aid)
}

/// The same through an open channel.
pub(super) fn entry(
    session: &mut Session<'_>,
    secure: &mut SecureChannel,
    p1: u8,
    aid: &[u8],
) -> Result<Option<Entry>, Stop> {
    let data = [&[0x4F], lv(aid).as_slice()].concat();
    let command = Command::new(0x80, 0xF2, p1, 0x02).with_data(data).with_expected(256);
    let answer = session.over(secure, &command)?;
    match answer.status.0 {
        0x9000 | 0x6310 => {}
        0x6A88 => return Ok(None),
        _ => return Err(Stop::blocked(format!("GET STATUS answers {}", answer.status))),
    }
    for object in tlv::parse(&answer.data) {
        let object = object?;
        let (mut name, mut found) = (Vec::new(), Entry { state: 0, privileges: Vec::new() });
        for part in tlv::parse(object.value) {
            let part = part?;
            match part.tag.0 {
                0x4F => name = part.value.to_vec(),
                0x9F70 => found.state = part.value.first().copied().unwrap_or_default(),
                0xC5 => found.privileges = part.value.to_vec(),
                _ => {}
            }
        }
        if aid.is_empty() || name == aid {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The card's life cycle state.
pub(super) fn card_state(session: &mut Session<'_>) -> Result<u8, Stop> {
    look(session, ISSUER, &[])?
        .map(|entry| entry.state)
        .ok_or_else(|| Stop::blocked("GET STATUS does not list the issuer security domain"))
}

/// Sends INSTALL and LOAD commands until one is refused; the last status word. What is loaded is deleted afterwards.
pub(super) fn load_blocks(
    session: &mut Session<'_>,
    secure: &mut SecureChannel,
    install: &Command,
    blocks: &[Load],
) -> Result<StatusWord, Stop> {
    session.undo(Undo::delete_load_file(applets::PACKAGE))?;
    let mut status = session.over(secure, install)?.status;
    for block in blocks {
        if !status.is_ok() {
            break;
        }
        status = session.over(secure, &block.to_command().with_expected(256))?.status;
    }
    Ok(status)
}

/// The blocks of a load file.
pub(super) fn blocks(file: &[u8], length: usize) -> Result<Vec<Load>, Stop> {
    Ok(Load::blocks(file, length)?)
}

/// A load that was refused is right if nothing was registered.
pub(super) fn nothing_registered(session: &mut Session<'_>, verdict: Verdict) -> Ruling {
    if look(session, LOAD_FILES, applets::PACKAGE)?.is_some() {
        return Ok(Grade::Fail.because(format!("the load file is registered; {}", verdict.finding)));
    }
    Ok(verdict)
}

/// Opens a channel and loads the echo applet's package.
pub(super) fn with_package(
    session: &mut Session<'_>,
) -> Result<(SecureChannel, TestPackage), Stop> {
    let file = applets::echo_file()?;
    let mut secure = session.open_mac()?;
    session.load(&mut secure, &file)?;
    Ok((secure, file))
}

/// The same, and installs an instance that can be selected.
pub(super) fn with_applet(session: &mut Session<'_>) -> Result<SecureChannel, Stop> {
    let (mut secure, _) = with_package(session)?;
    session.install(&mut secure, &instance(applets::APPLET))?;
    Ok(secure)
}

/// An instance of the echo applet without privileges.
pub(super) const fn instance(aid: &[u8]) -> Installation<'_> {
    Installation {
        package: applets::PACKAGE,
        module: applets::APPLET,
        instance: aid,
        privileges: &[0x00],
        parameters: NO_PARAMETERS,
    }
}

/// Sends an INSTALL that may succeed; its application is deleted afterwards.
pub(super) fn try_install(
    session: &mut Session<'_>,
    secure: &mut SecureChannel,
    installation: &Installation<'_>,
    p1: u8,
) -> Result<StatusWord, Stop> {
    session.undo(Undo::delete_application(installation.instance))?;
    Ok(session.over(secure, &installation.command(p1))?.status)
}
