//! The engine that both ends share: chaining values, counters, and what goes into each MAC.

mod rmac;

use faults::Fault;
use iso7816::{Command, Header, StatusWord};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    class::{mac_class, plain_class},
    error::ScpError,
    protocol::{Protocol, SecurityLevel},
    session_keys::SessionKeys,
};
use crate::key::{DES_BLOCK, Key, KeyError, pad};
pub(super) use rmac::{is_begin_rmac, is_end_rmac};

/// Block length of AES, and length of SCP03's chaining value, in bytes.
const AES_BLOCK: usize = 16;
/// First byte of the counter block when it is for a response [AmdD 1.1.1 §6.2.7].
const RESPONSE_COUNTER_MARK: u8 = 0x80;

/// Where a channel stands: enough to continue one from a recorded trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResumePoint {
    /// Security level of the session.
    pub level: SecurityLevel,
    /// The last C-MAC: 16 bytes under SCP03; under SCP01 and SCP02 the first 8 count.
    pub command_chain: [u8; AES_BLOCK],
    /// The last R-MAC of SCP02; at the beginning the C-MAC of EXTERNAL AUTHENTICATE.
    pub response_chain: [u8; DES_BLOCK],
    /// How many commands followed EXTERNAL AUTHENTICATE: SCP03's encryption counter.
    pub counter: u128,
}

/// A MAC in full length; SCP01 and SCP02 use the first 8 bytes.
#[derive(Clone, Copy)]
pub(super) struct FullMac([u8; AES_BLOCK]);

impl FullMac {
    /// The bytes that go over the wire.
    pub(super) fn truncated(&self, protocol: Protocol) -> &[u8] {
        self.0.get(..protocol.mac_length()).unwrap_or(&self.0)
    }

    pub(super) fn matches(&self, protocol: Protocol, received: &[u8]) -> bool {
        self.truncated(protocol).ct_eq(received).into()
    }
}

impl From<[u8; DES_BLOCK]> for FullMac {
    fn from(short: [u8; DES_BLOCK]) -> Self {
        let mut bytes = [0; AES_BLOCK];
        bytes.iter_mut().zip(short).for_each(|(to, from)| *to = from);
        Self(bytes)
    }
}

/// One open session, seen from either end.
pub(super) struct Session {
    pub(super) protocol: Protocol,
    pub(super) keys: SessionKeys,
    pub(super) level: SecurityLevel,
    /// The level that EXTERNAL AUTHENTICATE set; END R-MAC SESSION falls back to it.
    floor: SecurityLevel,
    /// SCP02: R-MACs are chained but returned by END R-MAC SESSION only.
    accumulates_rmac: bool,
    /// `None` before the first C-MAC.
    command_chain: Option<[u8; AES_BLOCK]>,
    /// What stands for the chain of SCP01 and SCP02 before the first C-MAC.
    first_icv: [u8; DES_BLOCK],
    response_chain: [u8; DES_BLOCK],
    counter: u128,
}

impl Session {
    /// A session before EXTERNAL AUTHENTICATE.
    pub(super) const fn new(protocol: Protocol, keys: SessionKeys) -> Self {
        Self {
            protocol,
            keys,
            level: SecurityLevel::empty(),
            floor: SecurityLevel::empty(),
            accumulates_rmac: false,
            command_chain: None,
            first_icv: [0; DES_BLOCK],
            response_chain: [0; DES_BLOCK],
            counter: 0,
        }
    }

    /// An implicit session before its first command: C-MAC only, both chains begin with a MAC over the AID of the application
    /// [GPCS 2.3.1 §E.3.3, §E.4.5].
    pub(super) fn implicit(
        protocol: Protocol,
        keys: SessionKeys,
        aid: &[u8],
    ) -> Result<Self, KeyError> {
        let first_icv = keys.mac.retail_mac(&[0; DES_BLOCK], aid)?;
        let rmac = keys.rmac.as_ref().map(|key| key.retail_mac(&[0; DES_BLOCK], aid));
        let mut session = Self::new(protocol, keys);
        (session.level, session.floor) = (SecurityLevel::C_MAC, SecurityLevel::C_MAC);
        session.first_icv = first_icv;
        session.response_chain = rmac.transpose()?.unwrap_or_default();
        Ok(session)
    }

    /// A command came without C-MAC: an implicit session goes on without [GPCS 2.3.1 §E.1.2.2].
    pub(super) fn drop_command_mac(&mut self) {
        self.level.remove(SecurityLevel::C_MAC);
        self.floor.remove(SecurityLevel::C_MAC);
    }

    pub(super) const fn resume(protocol: Protocol, keys: SessionKeys, at: &ResumePoint) -> Self {
        let mut session = Self::new(protocol, keys);
        session.level = at.level;
        session.floor = at.level;
        session.command_chain = Some(at.command_chain);
        session.response_chain = at.response_chain;
        session.counter = at.counter;
        session
    }

    pub(super) fn resume_point(&self) -> ResumePoint {
        ResumePoint {
            level: self.level,
            command_chain: self.command_chain.unwrap_or_default(),
            response_chain: self.response_chain,
            counter: self.counter,
        }
    }

    /// EXTERNAL AUTHENTICATE is done: its C-MAC begins both chains.
    pub(super) fn open(&mut self, level: SecurityLevel, mac: FullMac) {
        self.level = level;
        self.floor = level;
        self.advance(mac);
        self.response_chain = first_half(&mac.0);
    }

    pub(super) const fn advance(&mut self, mac: FullMac) {
        self.command_chain = Some(mac.0);
    }

    pub(super) const fn has(&self, level: SecurityLevel) -> bool {
        self.level.contains(level)
    }

    /// Counts a command. SCP03 counts all of them, data or not, once commands are encrypted [AmdD 1.1.1 §6.2.6].
    pub(super) const fn count_command(&mut self) {
        if self.has(SecurityLevel::C_DECRYPTION) {
            self.counter = self.counter.wrapping_add(1);
        }
    }

    /// The C-MAC over a command whose data field (plain under SCP01 and SCP02, encrypted under SCP03) is `data`
    /// [GPCS 2.3.1 §D.3.3, §E.4.4, AmdD 1.1.1 §6.2.4].
    pub(super) fn command_mac(&self, header: Header, data: &[u8]) -> Result<FullMac, ScpError> {
        let (class, length) = if self.protocol.macs_unmodified() {
            (plain_class(header.cla), data.len())
        } else {
            (mac_class(header.cla), data.len() + self.protocol.mac_length())
        };
        let mut input = vec![class, header.ins, header.p1, header.p2];
        push_lc(&mut input, length);
        input.extend_from_slice(data);
        let key = &self.keys.mac;
        Ok(match self.protocol {
            Protocol::Scp01 { .. } => key.full_mac(&self.icv()?, &input)?.into(),
            Protocol::Scp02 { .. } => key.retail_mac(&self.icv()?, &input)?.into(),
            Protocol::Scp03 { .. } => {
                FullMac(key.cmac(&[&self.command_chain.unwrap_or_default(), &input])?)
            }
        })
    }

    /// The initial chaining value of SCP01 and SCP02: never encrypted for the first command.
    fn icv(&self) -> Result<[u8; DES_BLOCK], KeyError> {
        let Some(chain) = self.command_chain else { return Ok(self.first_icv) };
        let chain = first_half(&chain);
        match self.protocol {
            protocol if !protocol.encrypts_icv() => Ok(chain),
            Protocol::Scp02 { .. } => self.keys.mac.encrypt_left_half(chain),
            _ => {
                let mut block = [0; DES_BLOCK];
                block.copy_from_slice(&self.keys.mac.encrypt_ecb(&chain)?);
                Ok(block)
            }
        }
    }

    /// Encrypts the data field of a command [GPCS 2.3.1 §D.3.5, §E.4.6, AmdD 1.1.1 §6.2.6].
    pub(super) fn encrypt_command(&self, data: &[u8]) -> Result<Vec<u8>, ScpError> {
        match self.protocol {
            Protocol::Scp01 { .. } => {
                let length = u8::try_from(data.len())
                    .map_err(|_| ScpError::DataTooLong { length: data.len() })?;
                let mut plain = Zeroizing::new(Vec::with_capacity(data.len() + DES_BLOCK));
                plain.push(length);
                plain.extend_from_slice(data);
                if !plain.len().is_multiple_of(DES_BLOCK) {
                    pad(&mut plain, DES_BLOCK);
                }
                Ok(self.keys.enc.encrypt_cbc(&[], &plain)?)
            }
            Protocol::Scp02 { .. } => encrypt_padded(&self.keys.enc, &[], data),
            Protocol::Scp03 { .. } => encrypt_padded(&self.keys.enc, &self.counter_iv(0), data),
        }
    }

    /// Decrypts the data field of a command. `None`: this is no ciphertext; who checks a MAC afterwards must not tell the
    /// difference.
    pub(super) fn decrypt_command(&self, data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let key = &self.keys.enc;
        match self.protocol {
            Protocol::Scp01 { .. } => {
                let plain = key.decrypt_cbc(&[], data).ok()?;
                let (length, rest) = plain.split_first()?;
                let (body, padding) = rest.split_at_checked(usize::from(*length))?;
                let unpadded =
                    padding.is_empty() || padding.len() < DES_BLOCK && is_padding(padding);
                (unpadded || faults::active(Fault::CommandPaddingNotChecked))
                    .then(|| Zeroizing::new(body.to_vec()))
            }
            Protocol::Scp02 { .. } => unpad_command(key.decrypt_cbc(&[], data).ok()?),
            Protocol::Scp03 { .. } => {
                unpad_command(key.decrypt_cbc(&self.counter_iv(0), data).ok()?)
            }
        }
    }

    pub(super) fn encrypt_response(&self, data: &[u8]) -> Result<Vec<u8>, ScpError> {
        let unmarked = faults::active(Fault::ResponseIvWithoutMark);
        let mark = if unmarked { 0 } else { RESPONSE_COUNTER_MARK };
        encrypt_padded(&self.keys.enc, &self.counter_iv(mark), data)
    }

    pub(super) fn decrypt_response(&self, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, ScpError> {
        let iv = self.counter_iv(RESPONSE_COUNTER_MARK);
        let plain = self.keys.enc.decrypt_cbc(&iv, data).ok();
        plain.and_then(unpad).ok_or(ScpError::ResponseCiphertextMalformed)
    }

    fn counter_iv(&self, mark: u8) -> [u8; AES_BLOCK] {
        let mut block = self.counter.to_be_bytes();
        block[0] |= mark;
        self.keys.enc.encrypt_block(block)
    }

    /// Whether responses enter an R-MAC at all.
    pub(super) const fn covers_responses(&self) -> bool {
        self.has(SecurityLevel::R_MAC) || self.accumulates_rmac
    }

    /// Whether the response to `command` carries its R-MAC.
    pub(super) fn returns_rmac(&self, command: &Command) -> bool {
        self.has(SecurityLevel::R_MAC) || self.accumulates_rmac && is_end_rmac(command)
    }

    /// The R-MAC over a response; under SCP02 over the plain command as well, and it becomes the next chaining value
    /// [GPCS 2.3.1 §E.4.5, AmdD 1.1.1 §6.2.5].
    pub(super) fn response_mac(
        &mut self,
        command: &Command,
        data: &[u8],
        status: StatusWord,
    ) -> Result<FullMac, ScpError> {
        let key = self.keys.rmac.as_ref().ok_or(ScpError::MissingKey("R-MAC"))?;
        if let Protocol::Scp03 { .. } = self.protocol {
            let chain = self.command_chain.unwrap_or_default();
            return Ok(FullMac(key.cmac(&[&chain, data, &status.to_bytes()])?));
        }
        let Header { cla, ins, p1, p2 } = command.header;
        let mut input = vec![plain_class(cla), ins, p1, p2];
        push_lc(&mut input, command.data.len());
        input.extend_from_slice(&command.data);
        input.push(data.len().to_le_bytes()[0]);
        input.extend_from_slice(data);
        input.extend_from_slice(&status.to_bytes());
        self.response_chain = key.retail_mac(&self.response_chain, &input)?;
        Ok(self.response_chain.into())
    }
}

/// Lc as it enters a MAC: one byte, or 00 and two bytes where that is not enough [GPCS 2.3.1 §11.1.5.1].
fn push_lc(input: &mut Vec<u8>, length: usize) {
    let [.., high, low] = length.to_be_bytes();
    if length > usize::from(u8::MAX) {
        input.extend_from_slice(&[0, high]);
    }
    input.push(low);
}

fn encrypt_padded(key: &Key, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, ScpError> {
    let mut plain = Zeroizing::new(Vec::with_capacity(data.len() + AES_BLOCK));
    plain.extend_from_slice(data);
    pad(&mut plain, key.algorithm().block_length());
    Ok(key.encrypt_cbc(iv, &plain)?)
}

/// 80 and zeros.
fn is_padding(bytes: &[u8]) -> bool {
    matches!(bytes, [0x80, zeros @ ..] if zeros.iter().all(|byte| *byte == 0))
}

/// Strips 80 and zeros, however many: some cards fill a fixed number of blocks.
fn unpad(mut plain: Zeroizing<Vec<u8>>) -> Option<Zeroizing<Vec<u8>>> {
    let marker = plain.iter().rposition(|byte| *byte != 0)?;
    if plain.get(marker) != Some(&0x80) {
        return None;
    }
    plain.truncate(marker);
    Some(plain)
}

/// The same for a command, which a fault takes without padding, too.
fn unpad_command(plain: Zeroizing<Vec<u8>>) -> Option<Zeroizing<Vec<u8>>> {
    let padded = plain.iter().rfind(|byte| **byte != 0) == Some(&0x80);
    if !padded && faults::active(Fault::CommandPaddingNotChecked) {
        return Some(plain);
    }
    unpad(plain)
}

fn first_half(full: &[u8; AES_BLOCK]) -> [u8; DES_BLOCK] {
    let mut half = [0; DES_BLOCK];
    half.iter_mut().zip(full).for_each(|(to, from)| *to = *from);
    half
}
