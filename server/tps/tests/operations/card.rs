//! A card with a card manager and a token applet, as small as TPS allows: secure channels and key proofs are real.

use std::{collections::BTreeMap, sync::OnceLock};

use aws_lc_rs::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, digest},
    encoding::AsDer as _,
    rsa::{KeyPair, KeySize},
};
use coolkey::{
    Command as TokenCommand, ObjectAcl, ObjectId, ObjectRecord, Request,
    blob::{EnrollmentResult, KeyBlob, RsaPublicKey},
    command::{Sequence, WrappingAlgorithm},
    report::TokenStatus,
    status as sw,
};
use globalplatform::{
    Key, KeySet, Protocol,
    command::{CommandError, PutKey},
    scp::card::{Channel, Handshake, Pending},
};
use hex_literal::hex;
use iso7816::{Aid, Command, Response, StatusWord};
use rsa::{Pkcs1v15Sign, RsaPrivateKey, pkcs8::DecodePrivateKey as _, traits::PublicKeyParts as _};
use token_management::subsystem::tks::Cuid;

const CARD_MANAGER: &[u8] = &[0xA0, 0, 0, 0, 3, 0, 0, 0];
const DEVELOPER_KEY: [u8; 16] = *b"@ABCDEFGHIJKLMNO";

/// DigestInfo of a SHA-1 digest, without the digest [RFC 8017 §9.2].
const SHA1_DIGEST_INFO: [u8; 15] = hex!("3021300906052B0E03021A05000414");

/// A key pair of 2048 bits, made once a process.
fn key_pair() -> &'static RsaPrivateKey {
    static PAIR: OnceLock<RsaPrivateKey> = OnceLock::new();
    PAIR.get_or_init(|| {
        let made = KeyPair::generate(KeySize::Rsa2048).unwrap();
        RsaPrivateKey::from_pkcs8_der(made.as_der().unwrap().as_ref()).unwrap()
    })
}

/// Signature by the key pair, PKCS#1 v1.5 with SHA-1.
fn sign_sha1(message: &[u8]) -> Vec<u8> {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, message);
    let info = [&SHA1_DIGEST_INFO, digest.as_ref()].concat();
    key_pair().sign(Pkcs1v15Sign::new_unprefixed(), &info).unwrap()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Selected {
    CardManager,
    Applet,
}

/// What the applet holds.
#[derive(Default)]
pub(crate) struct Applet {
    pub(crate) life_cycle: u8,
    pub(crate) pin: Option<Vec<u8>>,
    pub(crate) objects: BTreeMap<[u8; 4], Vec<u8>>,
    /// Private key slots that are filled.
    pub(crate) slots: Vec<u8>,
    pub(crate) issuer: Option<String>,
    io_buffer: Vec<u8>,
    listed: usize,
}

/// The card.
pub(crate) struct Card {
    pub(crate) cuid: Cuid,
    pub(crate) key_version: u8,
    pub(crate) applet: Option<Applet>,
    /// Whether the proof of possession is spoilt.
    pub(crate) lies: bool,
    /// INS of everything that came, plain.
    pub(crate) commands: Vec<u8>,
    /// Blocks of the load file: last flag, number, length.
    pub(crate) blocks: Vec<(u8, u8, usize)>,
    protocol: Protocol,
    keys: KeySet,
    counter: u32,
    selected: Selected,
    pending: Option<Pending>,
    channel: Option<Channel>,
}

type Answer = Result<Vec<u8>, StatusWord>;

impl Card {
    /// A blank card of this protocol with the developer keys.
    pub(crate) fn blank(number: u32, protocol: Protocol) -> Self {
        let mut cuid = [0x40; 10];
        cuid[6..].copy_from_slice(&number.to_be_bytes());
        let keys = KeySet::same(&Key::des3(DEVELOPER_KEY));
        let keys = if matches!(protocol, Protocol::Scp03 { .. }) { keys.into_aes() } else { keys };
        Self {
            cuid,
            key_version: 1,
            applet: None,
            lies: false,
            commands: Vec::new(),
            blocks: Vec::new(),
            protocol,
            keys,
            counter: 0,
            selected: Selected::CardManager,
            pending: None,
            channel: None,
        }
    }

    /// Bytes in, bytes out.
    pub(crate) fn transmit(&mut self, pdu: &[u8]) -> Vec<u8> {
        let response = match Command::parse(pdu) {
            Ok(command) => match self.obey(&command) {
                Ok(data) => Response::ok(data),
                Err(status) => Response::status(status),
            },
            Err(_) => Response::status(StatusWord::WRONG_LENGTH),
        };
        response.to_bytes()
    }

    fn obey(&mut self, command: &Command) -> Answer {
        self.commands.push(command.header.ins);
        match (command.header.cla, command.header.ins) {
            (0x00, 0xA4) => self.select(&command.data),
            (0x80, 0x50) => self.initialize_update(command),
            (0x84, 0x82) => {
                let pending = self.pending.take().ok_or(StatusWord::CONDITIONS_OF_USE)?;
                let channel = pending.external_authenticate(command).map_err(|e| e.status())?;
                self.channel = Some(channel);
                Ok(Vec::new())
            }
            (0x80, 0xCA) => self.get_data(command),
            (0x84, _) => {
                let channel = self.channel.as_mut().ok_or(StatusWord::SECURITY_STATUS)?;
                let plain = channel.unwrap(command).map_err(|e| e.status())?;
                match self.selected {
                    Selected::CardManager => self.manage(&plain),
                    Selected::Applet => {
                        let secured = Command {
                            header: iso7816::Header { cla: 0x84, ..plain.header },
                            ..plain
                        };
                        self.token(&secured)
                    }
                }
            }
            (0xB0, _) => self.token(command),
            _ => Err(StatusWord::CLA_NOT_SUPPORTED),
        }
    }

    fn select(&mut self, name: &[u8]) -> Answer {
        self.channel = None;
        self.pending = None;
        if name == coolkey::APPLET_AID.as_bytes() {
            if self.applet.is_none() {
                return Err(StatusWord::NOT_FOUND);
            }
            self.selected = Selected::Applet;
            return Ok(Vec::new());
        }
        if !CARD_MANAGER.starts_with(name) {
            return Err(StatusWord::NOT_FOUND);
        }
        self.selected = Selected::CardManager;
        Ok([&[0x6F, 10, 0x84, 8][..], CARD_MANAGER].concat())
    }

    fn initialize_update(&mut self, command: &Command) -> Answer {
        if ![0, self.key_version].contains(&command.header.p1) {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        self.counter += 1;
        let handshake = Handshake {
            keys: &self.keys,
            key_version: self.key_version,
            protocol: self.protocol,
            kdd: self.cuid,
            sequence_counter: self.counter,
            aid: Aid::new(CARD_MANAGER).unwrap(),
            random: [u8::try_from(self.counter % 251).unwrap(); 16],
        };
        let (answer, pending) =
            handshake.initialize_update(&command.data).map_err(|e| e.status())?;
        self.pending = Some(pending);
        Ok(answer)
    }

    fn get_data(&self, command: &Command) -> Answer {
        match command.header.p1p2() {
            0x9F7F if command.expected == Some(0x2D) => {
                let mut cplc = vec![0; 45];
                cplc[..3].copy_from_slice(&[0x9F, 0x7F, 0x2A]);
                cplc[3..7].copy_from_slice(&self.cuid[..4]);
                cplc[19..21].copy_from_slice(&self.cuid[4..6]);
                cplc[15..19].copy_from_slice(&self.cuid[6..]);
                Ok(cplc)
            }
            0x0066 => {
                let oid =
                    [0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 4, self.protocol.id(), self.protocol.i()];
                let channel = [&[0x64, 11, 6, 9][..], &oid].concat();
                let data = [&[0x66, 15, 0x73, 13][..], &channel].concat();
                let length = u8::try_from(data.len()).unwrap();
                // As cards do that want the exact Le.
                if command.expected == Some(u32::from(length)) {
                    Ok(data)
                } else {
                    Err(StatusWord::from_bytes(0x6C, length))
                }
            }
            _ => Err(StatusWord::REFERENCED_DATA_NOT_FOUND),
        }
    }

    fn manage(&mut self, command: &Command) -> Answer {
        match command.header.ins {
            0xE4 if command.data.ends_with(coolkey::APPLET_AID.as_bytes()) => {
                self.applet.take().map(|_| Vec::new()).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)
            }
            0xE4 => Err(StatusWord::REFERENCED_DATA_NOT_FOUND),
            0xE8 => {
                self.blocks.push((command.header.p1, command.header.p2, command.data.len()));
                Ok(Vec::new())
            }
            0xE6 if command.header.p1 == 0x0C => {
                self.applet = Some(Applet { life_cycle: 0x07, ..Applet::default() });
                Ok(Vec::new())
            }
            0xE6 => Ok(Vec::new()),
            0xD8 => self.put_key(command),
            _ => Err(StatusWord::INS_NOT_SUPPORTED),
        }
    }

    fn put_key(&mut self, command: &Command) -> Answer {
        let put = PutKey::parse(command).map_err(|_| StatusWord::WRONG_DATA)?;
        assert_eq!(put.replaces, Some(self.key_version), "PUT KEY replaces the key set in use");
        let channel = self.channel.as_ref().unwrap();
        let block = if matches!(self.protocol, Protocol::Scp03 { .. }) { 16 } else { 8 };
        let keys: Vec<Key> = put
            .components
            .iter()
            .map(|component| {
                let decrypt = |bytes: &[u8]| -> Result<_, CommandError> {
                    Ok(channel.decrypt_sensitive(bytes).unwrap())
                };
                component.decrypt(block, decrypt).unwrap()
            })
            .collect();
        let [enc, mac, dek] = <[Key; 3]>::try_from(keys).unwrap();
        self.keys = KeySet::new(enc, mac, dek);
        self.key_version = put.new_version;
        Ok(put.answer())
    }

    fn token(&mut self, apdu: &Command) -> Answer {
        let request = match Request::parse(apdu) {
            Ok(request) => request,
            Err(error) => return Err(error.status()),
        };
        let applet = self.applet.as_mut().ok_or(StatusWord::NOT_FOUND)?;
        match request.command {
            TokenCommand::GetLifeCycle(_) => Ok(vec![applet.life_cycle]),
            TokenCommand::GetStatus => Ok(TokenStatus {
                protocol: [1, 1],
                applet: [1, 4],
                total_memory: 5000,
                free_memory: 4998,
                pins: 0,
                keys: 0,
                logged_in: coolkey::Identities::NONE,
            }
            .to_bytes()),
            TokenCommand::GetBuildId => Ok(vec![0x58, 0x76, 0x80, 0x72]),
            TokenCommand::CreatePin { value, .. } if applet.pin.is_none() => {
                applet.pin = Some(value.expose().to_vec());
                Ok(Vec::new())
            }
            TokenCommand::CreatePin { .. } => Err(sw::INCORRECT_P1),
            TokenCommand::SetPin { value, .. } => {
                applet.pin = Some(value.expose().to_vec());
                Ok(Vec::new())
            }
            TokenCommand::SetLifeCycle { state } => {
                applet.life_cycle = state;
                Ok(Vec::new())
            }
            TokenCommand::SetIssuerInfo(info) => {
                applet.issuer = info.url().map(str::to_owned);
                Ok(Vec::new())
            }
            TokenCommand::ClearKeySlots { keep } => {
                applet.slots.retain(|slot| keep.contains(slot));
                Ok(Vec::new())
            }
            TokenCommand::ListObjects(sequence) => applet.list(sequence),
            TokenCommand::CreateObject { id, size, .. } => {
                applet.objects.insert(id.0, vec![0; usize::try_from(size).unwrap()]);
                Ok(Vec::new())
            }
            TokenCommand::WriteObject { id, offset, data } => {
                let object = applet.objects.get_mut(&id.0).ok_or(sw::OBJECT_NOT_FOUND)?;
                let offset = usize::try_from(offset).unwrap();
                let range =
                    object.get_mut(offset..offset + data.len()).ok_or(sw::INVALID_PARAMETER)?;
                range.copy_from_slice(&data);
                Ok(Vec::new())
            }
            TokenCommand::ReadObject { id, offset, length } => {
                let object = if id == ObjectId::IO_BUFFER {
                    Some(&applet.io_buffer)
                } else {
                    applet.objects.get(&id.0)
                };
                let offset = usize::try_from(offset).unwrap();
                object
                    .ok_or(sw::OBJECT_NOT_FOUND)?
                    .get(offset..offset + usize::from(length))
                    .map(<[u8]>::to_vec)
                    .ok_or(sw::INVALID_PARAMETER)
            }
            TokenCommand::StartEnrollment(enrollment) => {
                let channel = self.channel.as_ref().ok_or(StatusWord::SECURITY_STATUS)?;
                let mut challenge =
                    channel.decrypt_sensitive(&enrollment.wrapped_challenge).unwrap().to_vec();
                challenge[0] ^= u8::from(self.lies);
                Ok(applet.enroll(enrollment.bits, enrollment.slots.private, &challenge))
            }
            TokenCommand::ImportKeyEncrypted(import) => {
                let channel = self.channel.as_ref().ok_or(StatusWord::SECURITY_STATUS)?;
                let bytes = channel.decrypt_sensitive(&import.wrapped_key).unwrap();
                let key = if import.algorithm.is_aes() {
                    Key::aes(&bytes).unwrap()
                } else {
                    Key::des3(bytes.as_slice().try_into().unwrap())
                };
                key.verify_check_value(&import.check_value)
                    .map_err(|_| sw::WRAPPED_KEY_CHECK_FAILED)?;
                let blob = applet.objects.remove(&import.blob.0).ok_or(sw::OBJECT_NOT_FOUND)?;
                let blob = KeyBlob::parse(&blob).unwrap();
                if import.algorithm == WrappingAlgorithm::DES3 {
                    let pkcs8 = key.decrypt_cbc(&import.iv, &blob.body).unwrap();
                    assert_eq!(pkcs8.first(), Some(&0x30), "a PrivateKeyInfo is a sequence");
                }
                applet.slots.push(import.slots.private);
                Ok(Vec::new())
            }
            _ => Err(StatusWord::INS_NOT_SUPPORTED),
        }
    }
}

impl Applet {
    fn list(&mut self, sequence: Sequence) -> Answer {
        self.listed = if sequence == Sequence::First { 0 } else { self.listed + 1 };
        let (id, bytes) = self.objects.iter().nth(self.listed).ok_or(sw::SEQUENCE_END)?;
        let size = u32::try_from(bytes.len()).unwrap();
        Ok(ObjectRecord { id: ObjectId(*id), size, acl: ObjectAcl::PUBLIC }.to_bytes())
    }

    fn enroll(&mut self, bits: u16, slot: u8, challenge: &[u8]) -> Vec<u8> {
        let blob = RsaPublicKey {
            bits,
            modulus: key_pair().n_bytes().to_vec(),
            exponent: key_pair().e_bytes().to_vec(),
        };
        let mut result =
            EnrollmentResult { public_key_blob: blob.to_bytes().unwrap(), proof: Vec::new() };
        result.proof = sign_sha1(&result.proof_input(challenge));
        self.io_buffer = result.to_bytes().unwrap();
        self.slots.push(slot);
        u16::try_from(self.io_buffer.len()).unwrap().to_be_bytes().to_vec()
    }
}
