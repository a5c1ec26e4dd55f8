//! What the benches in `benches/benches` share: both ends of an open secure channel.

use globalplatform::scp::{ScpError, card, host};
use globalplatform::{Key, KeyAlgorithm, KeySet, Protocol, SecurityLevel};
use iso7816::{Aid, Command, Response};

/// The customary test key of 16 bytes.
pub const TEST_KEY: [u8; 16] = *b"@ABCDEFGHIJKLMNO";

/// Key diversification data of the card.
pub const KDD: [u8; 10] = [0x40, 0x90, 0x78, 0x61, 0x26, 0x51, 0, 0, 0, 1];

/// The challenge that the host always sends.
pub const HOST_CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// A test key fit for the protocol.
///
/// # Errors
/// Never for these 16 bytes.
pub fn key(protocol: Protocol) -> Result<Key, ScpError> {
    let aes = matches!(protocol, Protocol::Scp03 { .. });
    let algorithm = if aes { KeyAlgorithm::Aes128 } else { KeyAlgorithm::Des3 };
    Ok(Key::new(algorithm, &TEST_KEY)?)
}

/// The card's answer to INITIALIZE UPDATE, and the card waiting for EXTERNAL AUTHENTICATE.
///
/// # Errors
/// When card and protocol do not fit.
pub fn initialize_update(
    keys: &KeySet,
    protocol: Protocol,
) -> Result<(Response, card::Pending), ScpError> {
    let handshake = card::Handshake {
        keys,
        key_version: 1,
        protocol,
        kdd: KDD,
        sequence_counter: 1,
        aid: Aid::from_const(&[0xA0, 0, 0, 0, 3, 0, 0, 0]),
        random: [0x5A; card::CARD_RANDOM_LENGTH],
    };
    let (answer, pending) = handshake.initialize_update(&HOST_CHALLENGE)?;
    Ok((Response::ok(answer), pending))
}

/// Both ends of a channel that is open at this level.
///
/// # Errors
/// When the protocol does not offer the level.
pub fn open_channel(
    protocol: Protocol,
    level: SecurityLevel,
) -> Result<(host::Channel, card::Channel), ScpError> {
    let keys = KeySet::same(&key(protocol)?);
    let (answer, pending) = initialize_update(&keys, protocol)?;
    let handshake = host::Handshake::new(&HOST_CHALLENGE).with_option(protocol.i());
    let verified = handshake.answer(&answer)?.verify_with(&keys)?;
    let (command, host) = verified.external_authenticate(level)?;
    Ok((host, pending.external_authenticate(&command)?))
}

/// A command that carries 200 bytes, as those that write certificates do.
#[must_use]
pub fn long_command() -> Command {
    Command::new(0x80, 0xE2, 0, 0).with_data(vec![0xA5; 200])
}
