//! PK: PUT KEY and the deletion of keys [GPCS 2.3.1 §11.8, §11.2].
//!
//! Every case works with a key version of its own, which the card must not have, and never with the set that it authenticates by.

mod declared;
mod refusals;
mod workbench;

use globalplatform::{
    KeySet, SecurityLevel,
    command::{KeyBlockDialect, KeyComponent, PutKey, chain},
};
use iso7816::{Command, StatusWord};

pub use self::declared::CASES;
use self::workbench::{
    DES_VERSION, Workbench, delete_keys, initialize_update, key_information, listed, set_of,
};
use super::{refusal, worst};
use crate::{
    probe::Capability,
    session::{Opening, SecureChannel, Session},
    verdict::{Grade, Ruling, Stop, Verdict},
};

/// Version of an AES set of the suite: SCP03's range [AmdD 1.1.1 §7.2].
const AES_VERSION: u8 = 0x3E;
/// Version of token verification keys [GPCS 2.3.1 §11.1.9].
const TOKEN_VERSION: u8 = 0x70;
/// Public exponent of RSA keys.
const EXPONENT: [u8; 3] = [0x01, 0x00, 0x01];
/// The base point of P-256, uncompressed: a public key that every check of points takes.
const P256_BASE_POINT: &str = "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296\
                               4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5";

/// PUT KEY of a new set: 9000, the version and the check values come back, and the key information lists the set.
fn add(session: &mut Session<'_>, version: u8, length: usize, dialect: KeyBlockDialect) -> Ruling {
    let mut bench = Workbench::open(session, version)?;
    let keys = set_of(session, version, length)?;
    let put = bench.put(None, version, &keys, dialect)?;
    let answer = session.over(&mut bench.secure, &put.to_command())?;
    if !answer.status.is_ok() {
        return Ok(Grade::Fail.because(format!("PUT KEY answers {}", answer.status)));
    }
    let told = Verdict::require(answer.data == put.answer(), || {
        format!("PUT KEY answers {}, not the check values", hex::encode_upper(&answer.data))
    });
    Ok(worst([told, listed(session, &mut bench.secure, version, length)?]))
}

fn des(session: &mut Session<'_>) -> Ruling {
    no_des_under_aes(session)?;
    add(session, DES_VERSION, 16, KeyBlockDialect::Scp02)
}

/// A DES set is for SCP01 and SCP02; a card that speaks SCP03 only need not take it.
fn no_des_under_aes(session: &Session<'_>) -> Result<(), Stop> {
    if session.profile().has(Capability::Scp03) {
        return Err(Stop::not_applicable("the session is of SCP03"));
    }
    Ok(())
}

fn des_of_old_type(session: &mut Session<'_>) -> Ruling {
    no_des_under_aes(session)?;
    let mut bench = Workbench::open(session, DES_VERSION)?;
    let keys = set_of(session, DES_VERSION, 16)?;
    let put = bench.put(None, DES_VERSION, &keys, KeyBlockDialect::Scp01)?;
    let answer = session.over(&mut bench.secure, &put.to_command())?;
    Ok(if answer.status.is_ok() {
        Verdict::pass()
    } else {
        refusal(answer.status, &[0x6A80], &[0x6985])
    })
}

fn without_check_values(session: &mut Session<'_>) -> Ruling {
    let (mut bench, mut put) = Workbench::with_new_set(session)?;
    put.components.iter_mut().for_each(|component| component.check_value.clear());
    let answer = session.over(&mut bench.secure, &put.to_command())?;
    Ok(if answer.status.is_ok() {
        Grade::PassWithObservation.because("keys without check values are taken")
    } else {
        refusal(answer.status, &[0x6A80], &[0x6982, 0x6985])
    })
}

/// The components of an RSA key, modulus first.
fn rsa_components(session: &mut Session<'_>, length: usize) -> Vec<KeyComponent> {
    let mut modulus = session.challenge::<256>().to_vec();
    modulus.truncate(length);
    // As long as it claims to be, and odd, as every modulus.
    modulus.first_mut().into_iter().for_each(|byte| *byte |= 0x80);
    modulus.last_mut().into_iter().for_each(|byte| *byte |= 0x01);
    [(0xA1, modulus), (0xA0, EXPONENT.to_vec())]
        .map(|(key_type, value)| KeyComponent::clear(key_type, value))
        .to_vec()
}

/// PUT KEY of a public key for tokens, in as many commands as it takes.
fn token_key(session: &mut Session<'_>, components: Vec<KeyComponent>) -> Ruling {
    let mut bench = Workbench::open(session, TOKEN_VERSION)?;
    let expected: Vec<_> = components.iter().map(|component| component.key_type).collect();
    let put = PutKey::for_components(None, TOKEN_VERSION, 1, components, None);
    let status = send_in_segments(session, &mut bench.secure, &put.to_command())?;
    if NO_SUCH_KEY.contains(&status.0) {
        return Ok(Grade::NotApplicable.because(format!("such a key is refused with {status}")));
    }
    if !status.is_ok() {
        return Ok(Grade::Fail.because(format!("PUT KEY answers {status}")));
    }
    let keys = key_information(session, &mut bench.secure)?;
    let found = keys.iter().find(|key| key.key_version == TOKEN_VERSION);
    let told: Option<Vec<_>> =
        found.map(|key| key.parts.iter().map(|part| part.key_type).collect());
    let first = expected.first().copied();
    Ok(match told {
        None => Grade::Fail.because("the key information does not list the key"),
        Some(types) if types == expected => Verdict::pass(),
        Some(types) if types.first().copied() == first => {
            Grade::PassWithObservation.because(format!("told with types {types:02X?}"))
        }
        Some(types) => Grade::Fail.because(format!("told with types {types:02X?}")),
    })
}

/// What a card answers that has no use for a kind of key, or no chaining.
const NO_SUCH_KEY: [u16; 6] = [0x6A80, 0x6A81, 0x6A84, 0x6A86, 0x6884, 0x6985];

/// Sends a command that may be too long for one: protected as a whole, then cut, P1 telling that more follow [GPCS 2.3.1 §11.1.5.1].
fn send_in_segments(
    session: &mut Session<'_>,
    secure: &mut SecureChannel,
    command: &Command,
) -> Result<StatusWord, Stop> {
    if command.data.len() <= secure.channel.max_data_length() {
        return Ok(session.over(secure, command)?.status);
    }
    let mut status = StatusWord::OK;
    for segment in chain(&secure.channel.wrap(command)?) {
        status = session.exchange(&segment)?.status;
        if !status.is_ok() {
            break;
        }
    }
    Ok(status)
}

fn rsa_1024(session: &mut Session<'_>) -> Ruling {
    let components = rsa_components(session, 128);
    token_key(session, components)
}

fn rsa_2048(session: &mut Session<'_>) -> Ruling {
    let components = rsa_components(session, 256);
    token_key(session, components)
}

fn p256(session: &mut Session<'_>) -> Ruling {
    let point = hex::decode(P256_BASE_POINT).map_err(anyhow::Error::from)?;
    let mut bench = Workbench::open(session, TOKEN_VERSION)?;
    let components = vec![KeyComponent::clear(0xB0, point), KeyComponent::clear(0xF0, [0x00])];
    let put = PutKey::for_components(None, TOKEN_VERSION, 1, components, None);
    let answer = session.over(&mut bench.secure, &put.to_command())?;
    Ok(if answer.status.is_ok() {
        Verdict::pass()
    } else {
        refusal(answer.status, &[0x6A80], &[0x6A81, 0x6A88, 0x6985])
    })
}

/// Puts the suite's set and tells its version and keys; the session is over after it.
fn with_set(session: &mut Session<'_>) -> Result<(u8, KeySet), Stop> {
    let (mut bench, put) = Workbench::with_new_set(session)?;
    session.must(&mut bench.secure, "PUT KEY", &put.to_command())?;
    Ok((put.new_version, bench.keys.ok_or_else(|| anyhow::anyhow!("a bench has keys"))?))
}

fn use_new_set(session: &mut Session<'_>) -> Ruling {
    let (version, keys) = with_set(session)?;
    session.reset()?;
    session.select_issuer_security_domain()?;
    let answer = session.exchange(&initialize_update(session.profile(), version))?;
    if !answer.status.is_ok() {
        return Ok(Grade::Fail
            .because(format!("INITIALIZE UPDATE with the new version answers {}", answer.status)));
    }
    session.reset()?;
    let opening = Opening::at(SecurityLevel::C_MAC).with_keys(&keys, version);
    let mut secure = session.open_with(&opening)?;
    let keys = key_information(session, &mut secure)?;
    Ok(Verdict::require(keys.iter().any(|key| key.key_version == version), || {
        "the new set does not list itself".to_owned()
    }))
}

/// DELETE of keys, after which the set cannot be used.
fn delete(session: &mut Session<'_>, key_index: Option<u8>) -> Ruling {
    if session.profile().key_version == Some(workbench::INITIAL_VERSION) {
        return Ok(Grade::Blocked
            .because("the new set takes the place of the initial one, and is the last"));
    }
    let (version, _) = with_set(session)?;
    session.reset()?;
    let mut secure = session.open_mac()?;
    let answer = session.over(&mut secure, &delete_keys(key_index, version))?;
    if !answer.status.is_ok() {
        return Ok(Grade::NotApplicable.because(format!("DELETE [key] answers {}", answer.status)));
    }
    let left = key_information(session, &mut secure)?;
    let there = left.iter().any(|key| {
        key.key_version == version && key_index.is_none_or(|index| index == key.key_index)
    });
    session.reset()?;
    session.select_issuer_security_domain()?;
    let update = session.exchange(&initialize_update(session.profile(), version))?;
    Ok(worst([
        Verdict::require(!there, || "the key information still lists what is deleted".to_owned()),
        refusal(update.status, &[0x6A88], &[0x6A86, 0x6985, 0x6982, 0x6A80]),
    ]))
}

fn delete_set_in_use(session: &mut Session<'_>) -> Ruling {
    session.laboratory()?;
    let mut secure = session.open_mac()?;
    let Some(version) = session.profile().key_version else {
        return Ok(Grade::Blocked.because("the version in use is not known"));
    };
    let answer = session.over(&mut secure, &delete_keys(None, version))?;
    let after = session.over(&mut secure, &Command::new(0x80, 0xCA, 0x00, 0xE0).with_expected(256));
    let alive =
        matches!(after, Ok(response) if response.status.is_ok() || response.status.0 == 0x6A88);
    let alive = Verdict::require(alive, || "the session did not survive the deletion".to_owned());
    Ok(if answer.status.is_ok() {
        alive
    } else {
        worst([refusal(answer.status, &[0x6985, 0x6A88, 0x6A80], &[0x6982, 0x6A86]), alive])
    })
}

fn replace_initial(session: &mut Session<'_>) -> Ruling {
    session.laboratory()?;
    if session.profile().key_version != Some(workbench::INITIAL_VERSION) {
        return Ok(Grade::NotApplicable.because("the card has no initial key set FF"));
    }
    let (version, _) = with_set(session)?;
    session.reset()?;
    session.select_issuer_security_domain()?;
    let left = workbench::plain_key_information(session)?;
    let has = |wanted: u8| left.iter().any(|key| key.key_version == wanted);
    Ok(worst([
        Verdict::require(has(version), || "the new set is not there".to_owned()),
        Verdict::require(!has(0xFF), || "the initial set FF is still there".to_owned()),
    ]))
}

/// Most writes of one PUT KEY that the sweep goes through.
const WRITES_MAX: u64 = 64;

/// The power fails at every write of a PUT KEY in turn: afterwards the set is whole or not there.
fn torn(session: &mut Session<'_>) -> Ruling {
    session.laboratory()?;
    for writes in 0..WRITES_MAX {
        let (mut bench, put) = Workbench::with_new_set(session)?;
        session.laboratory()?.tear_after(writes);
        // Whatever the card still answered: what counts is what it has kept.
        let _ = session.over(&mut bench.secure, &put.to_command());
        let torn = session.laboratory()?.is_without_power();
        session.laboratory()?.power_on();
        session.reset()?;
        session.select_issuer_security_domain()?;
        let keys = workbench::plain_key_information(session)?;
        let kept = keys.iter().filter(|key| key.key_version == put.new_version).count();
        if !matches!(kept, 0 | 3) {
            let finding = format!("power lost after {writes} writes leaves {kept} of 3 keys");
            return Ok(Grade::Fail.because(finding));
        }
        if !torn {
            return Ok(Verdict::require(kept == 3 && writes > 0, || {
                format!("{kept} of 3 keys after {writes} writes and no loss of power")
            }));
        }
        if kept == 3 {
            return Ok(Verdict::pass());
        }
    }
    Ok(Grade::Inconclusive.because(format!("PUT KEY writes more than {WRITES_MAX} times")))
}
