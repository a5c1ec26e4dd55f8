//! PUT KEY commands that the card must refuse, and that leave nothing behind.

use globalplatform::command::{KeyBlockDialect, PutKey};
use iso7816::Command;

use super::{
    AES_VERSION, Workbench, key_information, refusal, set_of,
    workbench::{customary, plain_key_information},
    worst,
};
use crate::{
    session::Session,
    verdict::{Ruling, Verdict},
};

/// A version that no card of the suite's users has: the middle of the free range.
const UNKNOWN_VERSION: u8 = 0x55;

/// PUT KEY of a set that `spoil` made bad: refused, and none of its keys is there.
fn spoilt(
    session: &mut Session<'_>,
    specified: &[u16],
    customary: &[u16],
    spoil: impl FnOnce(&mut PutKey),
) -> Ruling {
    let (mut bench, mut put) = Workbench::with_new_set(session)?;
    spoil(&mut put);
    let answer = session.over(&mut bench.secure, &put.to_command())?;
    // A card may have ended the session with the refusal.
    session.reset()?;
    session.select_issuer_security_domain()?;
    let keys = plain_key_information(session)?;
    let kept = keys.iter().filter(|key| key.key_version == put.new_version).count();
    Ok(worst([
        refusal(answer.status, specified, customary),
        Verdict::require(kept == 0, || format!("{kept} keys of the refused command are there")),
    ]))
}

pub(super) fn wrong_check_value(session: &mut Session<'_>) -> Ruling {
    spoilt(session, &[0x6982, 0x9485], &[0x6A80, 0x6985, 0x6988], |put| {
        flip(put.components.first_mut().and_then(|key| key.check_value.first_mut()));
    })
}

pub(super) fn third_key_bad(session: &mut Session<'_>) -> Ruling {
    spoilt(session, &[0x6982, 0x9485, 0x6A80], &[0x6985, 0x6988], |put| {
        flip(put.components.last_mut().and_then(|key| key.check_value.first_mut()));
    })
}

fn flip(byte: Option<&mut u8>) {
    if let Some(byte) = byte {
        *byte ^= 0xFF;
    }
}

pub(super) fn other_size(session: &mut Session<'_>) -> Ruling {
    let mut bench = Workbench::open(session, AES_VERSION)?;
    let short = set_of(session, AES_VERSION, 16)?;
    let put = bench.put(None, AES_VERSION, &short, KeyBlockDialect::Scp03)?;
    session.must(&mut bench.secure, "PUT KEY", &put.to_command())?;
    let long = set_of(session, AES_VERSION, 32)?;
    let put = bench.put(Some(AES_VERSION), AES_VERSION, &long, KeyBlockDialect::Scp03)?;
    let answer = session.over(&mut bench.secure, &put.to_command())?;
    Ok(refusal(answer.status, &[0x6A80], &[0x6985, 0x6982, 0x6700]))
}

/// PUT KEY of a good set with header or version changed, sent because it must be refused.
fn provoked(
    session: &mut Session<'_>,
    replaces: Option<u8>,
    version: u8,
) -> Result<iso7816::StatusWord, crate::verdict::Stop> {
    let mut secure = session.open_mac()?;
    let taken = key_information(session, &mut secure)?;
    if taken.iter().any(|key| Some(key.key_version) == replaces) {
        return Err(crate::verdict::Stop::blocked("the card has keys of the version"));
    }
    let (family, dialect) = customary(session.profile());
    let keys = set_of(session, family, 16)?;
    let put = PutKey::for_session(replaces, version, &keys, secure.channel.keys()?, dialect)?
        .to_command();
    Ok(session.provoke_over(&mut secure, &put)?.status)
}

pub(super) fn unknown_version(session: &mut Session<'_>) -> Ruling {
    let status = provoked(session, Some(UNKNOWN_VERSION), UNKNOWN_VERSION)?;
    Ok(refusal(status, &[0x6A88], &[0x6A80, 0x6A86, 0x6985]))
}

pub(super) fn version_out_of_range(session: &mut Session<'_>) -> Ruling {
    let mut verdicts = Vec::new();
    for version in [0x00, 0x80] {
        session.reset()?;
        let status = provoked(session, None, version)?;
        verdicts.push(refusal(status, &[0x6A80], &[0x6A86, 0x6985, 0x6A88]));
    }
    Ok(worst(verdicts))
}

pub(super) fn without_channel(session: &mut Session<'_>) -> Ruling {
    session.select_issuer_security_domain()?;
    // The form of a set, with keys that are nobody's.
    let mut data = vec![UNKNOWN_VERSION];
    for _ in 0..3 {
        data.extend_from_slice(&[0x80, 0x10]);
        data.extend_from_slice(&[0x5A; 16]);
        data.extend_from_slice(&[0x03, 0x00, 0x00, 0x00]);
    }
    let put = Command::new(0x80, 0xD8, 0x00, 0x81).with_data(data).with_expected(256);
    let answer = session.provoke(&put)?;
    Ok(refusal(answer.status, &[0x6982], &[0x6985, 0x6E00]))
}
