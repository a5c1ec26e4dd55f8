//! A card with the applet in its ROM, and a host that speaks to it.

use applets::coolkey::{Build, CoolKeyModule};
use card::{Card, CardProfile, ExecutableModule, MemoryImage};
use coolkey::{
    APPLET_AID, Command, Nonce, ObjectAcl, ObjectId, PACKAGE_AID, Pin,
    blob::EnrollmentResult,
    command::{Enrollment, KeySlots},
};
use globalplatform::{
    Key, KeySet, SecurityLevel,
    scp::{
        Protocol,
        host::{Channel, Dialect, Handshake},
    },
};
use iso7816::{Command as Apdu, Response, StatusWord};
use rand::{SeedableRng, rngs::StdRng};

/// The key that test cards are delivered with.
const STATIC_KEY: [u8; 16] = *b"@ABCDEFGHIJKLMNO";
/// The challenge of every enrolment here.
pub(crate) const CHALLENGE: [u8; 16] = *b"sixteen byte cha";
pub(crate) const USER_PIN: &[u8] = b"123456";
pub(crate) const SCP02: Protocol = Protocol::Scp02 { i: 0x15 };
pub(crate) const SCP03: Protocol = Protocol::Scp03 { i: 0x70 };

/// A card in a reader, with the channel that the host has open.
pub(crate) struct Token {
    pub(crate) card: Card,
    protocol: Protocol,
    channel: Option<Channel>,
}

pub(crate) fn modules(build: &'static Build) -> Vec<Box<dyn ExecutableModule>> {
    vec![Box::new(CoolKeyModule::new(build))]
}

pub(crate) fn rng(seed: u64) -> Box<StdRng> {
    Box::new(StdRng::seed_from_u64(seed))
}

impl Token {
    /// A powered card with the applet in its ROM but not installed.
    pub(crate) fn blank(build: &'static Build, protocol: Protocol, image: MemoryImage) -> Self {
        let profile = CardProfile::speaking(protocol);
        let mut card = Card::create(&profile, Box::new(image), modules(build), rng(1)).unwrap();
        card.power_on();
        Self { card, protocol, channel: None }
    }

    /// A token of the default build, installed as TPS does.
    pub(crate) fn formatted() -> Self {
        Self::installed(Build::DEFAULT, SCP02, &[0x00, 0x02, 0x13, 0x88])
    }

    /// An installed token.
    pub(crate) fn installed(build: &'static Build, protocol: Protocol, parameters: &[u8]) -> Self {
        let mut token = Self::blank(build, protocol, MemoryImage::default());
        token.install(parameters);
        token
    }

    /// A formatted token with a user PIN; the applet is selected.
    pub(crate) fn with_pin() -> Self {
        let mut token = Self::formatted();
        token.create_pin();
        token
    }

    /// On an image that a card left.
    pub(crate) fn reopened(build: &'static Build, protocol: Protocol, image: MemoryImage) -> Self {
        let mut card = Card::open(Box::new(image), modules(build), rng(2)).unwrap();
        card.power_on();
        Self { card, protocol, channel: None }
    }

    /// DELETE, INSTALL [for install and make selectable] over the issuer security domain's channel, as TPS sends them.
    pub(crate) fn install(&mut self, parameters: &[u8]) {
        self.open_channel(&[]);
        let delete = Apdu::new(0x84, 0xE4, 0, 0);
        let instance = [&[0x4F, 7], APPLET_AID.as_bytes()].concat();
        self.wrapped(&delete.with_data(instance));
        let c9 = u8::try_from(parameters.len()).unwrap();
        let mut data = Vec::new();
        for aid in [PACKAGE_AID, APPLET_AID, APPLET_AID] {
            data.push(u8::try_from(aid.as_bytes().len()).unwrap());
            data.extend_from_slice(aid.as_bytes());
        }
        data.extend_from_slice(&[0x01, 0x00, 8 + c9, 0xEF, 0x04, 0xC8, 0x02, 0x46, 0x50, 0xC9, c9]);
        data.extend_from_slice(parameters);
        data.push(0x00);
        let response = self.wrapped(&Apdu::new(0x84, 0xE6, 0x0C, 0).with_data(data));
        assert_eq!(response.status, StatusWord::OK);
    }

    pub(crate) fn send(&mut self, command: &Apdu) -> Response {
        Response::parse(&self.card.transmit(&command.to_bytes().unwrap())).unwrap()
    }

    /// Bytes in, bytes out, as hex without blanks.
    pub(crate) fn exchange(&mut self, command: &str) -> String {
        let bytes = hex::decode(command.replace(' ', "")).unwrap();
        hex::encode_upper(self.card.transmit(&bytes))
    }

    pub(crate) fn select(&mut self) {
        assert_eq!(self.exchange("00A4040007627601FF000000"), "9000");
        self.channel = None;
    }

    pub(crate) fn keys(&self) -> KeySet {
        let key = Key::des3(STATIC_KEY);
        KeySet::same(&if self.protocol.id() == 3 { key.into_aes() } else { key })
    }

    fn open_channel(&mut self, aid: &[u8]) {
        self.open_channel_at(aid, SecurityLevel::C_MAC_C_DECRYPTION);
    }

    fn open_channel_at(&mut self, aid: &[u8], level: SecurityLevel) {
        let select = Apdu::new(0, 0xA4, 4, 0).with_data(aid);
        assert!(self.send(&select).status.is_ok());
        assert_eq!(self.authenticate(level), StatusWord::OK);
    }

    /// INITIALIZE UPDATE and EXTERNAL AUTHENTICATE with whatever is selected; the status of the latter.
    pub(crate) fn authenticate(&mut self, level: SecurityLevel) -> StatusWord {
        self.channel = None;
        let handshake =
            Handshake::new(&[0x57; 8]).with_option(self.protocol.i()).with_dialect(Dialect::Dogtag);
        let answer = self.send(&handshake.command());
        let verified = handshake.answer(&answer).unwrap().verify_with(&self.keys()).unwrap();
        let (command, channel) = verified.external_authenticate(level).unwrap();
        let status = self.send(&command).status;
        self.channel = status.is_ok().then_some(channel);
        status
    }

    /// Selects the applet and opens a channel to it.
    pub(crate) fn authority(&mut self) -> &mut Self {
        self.open_channel(APPLET_AID.as_bytes());
        self
    }

    pub(crate) fn authority_at(&mut self, level: SecurityLevel) -> &mut Self {
        self.open_channel_at(APPLET_AID.as_bytes(), level);
        self
    }

    pub(crate) fn wrapped(&mut self, command: &Apdu) -> Response {
        let mut channel = self.channel.take().expect("a channel is open");
        let response = self.send(&channel.wrap(command).unwrap());
        let response = channel.unwrap(command, response).unwrap();
        self.channel = Some(channel);
        response
    }

    /// A command during which the power may fail: its status alone.
    pub(crate) fn wrapped_torn(&mut self, command: &Apdu) -> StatusWord {
        let mut channel = self.channel.take().expect("a channel is open");
        self.send(&channel.wrap(command).unwrap()).status
    }

    /// A command of class 84.
    pub(crate) fn secured(&mut self, command: Command) -> Response {
        self.wrapped(&command.secured().unwrap())
    }

    pub(crate) fn secured_ok(&mut self, command: Command) -> Vec<u8> {
        let response = self.secured(command);
        assert_eq!(response.status, StatusWord::OK);
        response.data
    }

    /// A plain command with a nonce.
    pub(crate) fn with_nonce(&mut self, command: Command, nonce: &Nonce) -> Response {
        self.send(&command.with_nonce(nonce.clone()).unwrap())
    }

    /// A plain command without a nonce.
    pub(crate) fn plain(&mut self, command: Command) -> Response {
        self.send(&command.plain().unwrap())
    }

    pub(crate) fn create_pin(&mut self) {
        self.authority();
        let initial = Pin::new(coolkey::pin::INITIAL_PIN);
        self.secured_ok(Command::CreatePin { pin: 0, tries: 5, value: initial });
        self.secured_ok(Command::SetPin { pin: 0, value: Pin::new(USER_PIN) });
    }

    pub(crate) fn verify(&mut self, pin: u8, value: &[u8]) -> Response {
        self.plain(Command::VerifyPin { pin, value: Pin::new(value) })
    }

    pub(crate) fn log_in(&mut self) -> Nonce {
        let response = self.verify(0, USER_PIN);
        assert_eq!(response.status, StatusWord::OK);
        Nonce::new(response.data.try_into().unwrap())
    }

    /// Encrypts under the DEK as the TKS does for this channel.
    pub(crate) fn encrypt(&self, data: &[u8]) -> Vec<u8> {
        let keys = self.channel.as_ref().expect("a channel is open").keys().unwrap();
        keys.encrypt_sensitive(data).unwrap()
    }

    pub(crate) fn enrollment(&self, slots: KeySlots, bits: u16) -> Enrollment {
        Enrollment {
            slots,
            algorithm: Enrollment::RSA,
            bits,
            option: 0,
            key_type: 0,
            wrapped_challenge: self.encrypt(&CHALLENGE).try_into().unwrap(),
        }
    }

    /// Makes a key pair over an open channel and reads public key and proof, as TPS does.
    pub(crate) fn enroll(&mut self, slots: KeySlots, bits: u16) -> EnrollmentResult {
        let enrollment = self.enrollment(slots, bits);
        let length = self.secured_ok(Command::StartEnrollment(enrollment));
        let length = u32::from(u16::from_be_bytes(length.try_into().unwrap()));
        EnrollmentResult::parse(&self.read_all(ObjectId::IO_BUFFER, length)).unwrap()
    }

    /// READ OBJECT over the channel in pieces of D0.
    pub(crate) fn read_all(&mut self, id: ObjectId, size: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        for offset in (0..size).step_by(0xD0) {
            let length = u8::try_from((size - offset).min(0xD0)).unwrap();
            bytes.extend(self.secured_ok(Command::ReadObject { id, offset, length }));
        }
        bytes
    }

    /// CREATE OBJECT and WRITE OBJECT over the channel in pieces of D0.
    pub(crate) fn write_all(&mut self, id: ObjectId, acl: ObjectAcl, data: &[u8]) {
        let size = u32::try_from(data.len()).unwrap();
        self.secured_ok(Command::CreateObject { id, size, acl });
        for (piece, offset) in data.chunks(0xD0).zip((0..).step_by(0xD0)) {
            self.secured_ok(Command::WriteObject { id, offset, data: piece.to_vec() });
        }
    }

    pub(crate) fn power_cycle(&mut self) {
        self.card.power_off();
        self.card.power_on();
        self.channel = None;
    }
}

pub(crate) fn slots(owner: u8, private: u8, public: u8) -> KeySlots {
    KeySlots { owner, private, usage: 0, public }
}

/// The PKCS#1 v1.5 block that a PKCS#11 module makes of a digest: what it sends to COMPUTE CRYPT.
pub(crate) fn padded(digest_info: &[u8], length: usize) -> Vec<u8> {
    let mut block = vec![0x00, 0x01];
    block.resize(length - digest_info.len() - 1, 0xFF);
    block.push(0x00);
    block.extend_from_slice(digest_info);
    block
}
