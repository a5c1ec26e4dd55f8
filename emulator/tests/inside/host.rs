//! A host that does with a card what token managers do: a whole session, the same each time.

use capfile::assemble::{FRAMEWORK, Package};
use card::{Card, CardProfile};
use cardinal_emulator::{VirtualCard, modules};
use coolkey::command::{Command as Token, Enrollment, KeySlots};
use coolkey::{APPLET_AID, PACKAGE_AID, Pin};
use globalplatform::command::{
    GetStatus, Install, InstallPurpose, KeyBlockDialect, Load, LoadFile, PutKey, StatusScope,
};
use globalplatform::data::Privileges;
use globalplatform::scp::Protocol;
use globalplatform::scp::host::{Channel, Dialect, Handshake};
use globalplatform::{Key, KeySet, SecurityLevel};
use iso7816::{Aid, Command, Response, StatusWord};

pub(crate) const SCP02: Protocol = Protocol::Scp02 { i: 0x15 };
pub(crate) const SCP03: Protocol = Protocol::Scp03 { i: 0x70 };
const TEST_KEY: [u8; 16] = *b"@ABCDEFGHIJKLMNO";
pub(crate) const USER_PIN: &[u8] = b"271828";
/// An applet that counts in a transaction.
pub(crate) const COUNTER: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x0A\x01");
const COUNTER_PACKAGE: &[u8] = b"\xD2\x76\x00\x00\x85\x0A";

/// A card that keeps nothing, in a reader.
pub(crate) fn card(protocol: Protocol, random: Box<dyn card::Random>) -> Card {
    Card::new(&CardProfile::speaking(protocol), modules(), random).unwrap()
}

/// A load file with the counter: its 7th command throws an exception that it does not catch.
fn counter() -> Vec<u8> {
    let mut package = Package::new(COUNTER_PACKAGE);
    package.import("fw", FRAMEWORK, 1, 0);
    package.applet(COUNTER.as_bytes(), "Counter.install");
    let counter = package.class("Counter");
    counter.extends("fw:3").field("count", "S");
    counter.constructor("()V").code("aload_0; invokespecial @fw:3.0()V; return");
    counter.static_method("install", "([BSB)V").code(
        "new @Counter; dup; invokespecial @Counter.<init>()V; invokevirtual @fw:3.1()V; return",
    );
    counter.virtual_method("process", "(Lfw:10;)V").token(7).code(
        "aload_0; invokevirtual @fw:3.3()Z; ifeq Count; return
         Count:
         invokestatic @fw:8.1()V
         aload_0; getfield_s_this @Counter.count; sconst_1; sadd; putfield_s @Counter.count
         invokestatic @fw:8.2()V
         getfield_s_this @Counter.count; sconst_3; if_scmpeq Throw; return
         Throw:
         aconst_null; arraylength; pop; return",
    );
    let cap = package.build().unwrap();
    LoadFile::plain(capfile::container::load_file(&cap.zip()).unwrap()).to_bytes()
}

/// A host at a card.
pub(crate) struct Host<'a> {
    pub(crate) card: &'a mut dyn VirtualCard,
    protocol: Protocol,
    channel: Option<Channel>,
}

impl<'a> Host<'a> {
    pub(crate) fn new(card: &'a mut dyn VirtualCard, protocol: Protocol) -> Self {
        Self { card, protocol, channel: None }
    }

    pub(crate) fn send(&mut self, command: &Command) -> Response {
        Response::parse(&self.card.transmit(&command.to_bytes().unwrap())).unwrap()
    }

    fn keys(&self) -> KeySet {
        let key = Key::des3(TEST_KEY);
        KeySet::same(&if self.protocol.id() == 3 { key.into_aes() } else { key })
    }

    /// SELECT, and a channel at this level.
    pub(crate) fn open(&mut self, aid: &[u8], level: SecurityLevel) {
        let select = Command::new(0, 0xA4, 4, 0).with_data(aid).with_expected(256);
        assert_eq!(self.send(&select).status, StatusWord::OK);
        let handshake =
            Handshake::new(&[7; 8]).with_option(self.protocol.i()).with_dialect(Dialect::Dogtag);
        let answer = self.send(&handshake.command());
        let verified = handshake.answer(&answer).unwrap().verify_with(&self.keys()).unwrap();
        let (command, channel) = verified.external_authenticate(level).unwrap();
        assert_eq!(self.send(&command).status, StatusWord::OK);
        self.channel = Some(channel);
    }

    pub(crate) fn secured(&mut self, command: &Command) -> Response {
        let mut channel = self.channel.take().unwrap();
        let response = self.send(&channel.wrap(command).unwrap());
        let response = channel.unwrap(command, response).unwrap();
        self.channel = Some(channel);
        response
    }

    pub(crate) fn secured_ok(&mut self, command: &Command) -> Vec<u8> {
        let response = self.secured(command);
        assert_eq!(response.status, StatusWord::OK, "{command:?}");
        response.data
    }

    pub(crate) fn install(&mut self, load_file: &[u8], module: Aid, parameters: &[u8]) {
        let purpose = InstallPurpose::Install {
            load_file: Some(Aid::new(load_file).unwrap()),
            module: Some(module),
            instance: Some(module),
            privileges: Privileges::empty(),
            make_selectable: true,
        };
        let install = Install::new(purpose).with_parameters(parameters.to_vec());
        self.secured_ok(&install.to_command());
    }

    fn put_keys(&mut self) {
        let scp03 = self.protocol.id() == 3;
        let dialect = if scp03 { KeyBlockDialect::Scp03 } else { KeyBlockDialect::Scp02 };
        let key = Key::des3(*b"0123456789abcdef");
        let keys = KeySet::same(&if scp03 { key.into_aes() } else { key });
        let dek = self.channel.as_ref().unwrap().keys().unwrap().dek.clone().unwrap();
        let put = PutKey::for_key_set(None, 0x31, &keys, &dek, dialect).unwrap();
        self.secured_ok(&put.to_command());
    }

    fn load_counter(&mut self) {
        let load = InstallPurpose::Load {
            load_file: Aid::new(COUNTER_PACKAGE).unwrap(),
            security_domain: None,
            hash: Vec::new(),
        };
        self.secured_ok(&Install::new(load).to_command());
        for block in Load::blocks(&counter(), 200).unwrap() {
            self.secured_ok(&block.to_command());
        }
        self.install(COUNTER_PACKAGE, COUNTER, &[0xC9, 0]);
    }

    /// The token applet from blank to a key pair that it made itself.
    fn enroll(&mut self, level: SecurityLevel) {
        let parameters = [0xEF, 4, 0xC8, 2, 0x46, 0x50, 0xC9, 4, 0, 2, 0x13, 0x88];
        self.install(PACKAGE_AID.as_bytes(), APPLET_AID, &parameters);
        self.open(APPLET_AID.as_bytes(), level);
        let initial = Pin::new(coolkey::pin::INITIAL_PIN);
        let create = Token::CreatePin { pin: 0, tries: 5, value: initial };
        self.secured_ok(&create.secured().unwrap());
        let set = Token::SetPin { pin: 0, value: Pin::new(USER_PIN) };
        self.secured_ok(&set.secured().unwrap());
        let keys = self.channel.as_ref().unwrap().keys().unwrap();
        let wrapped = keys.encrypt_sensitive(b"sixteen byte cha").unwrap();
        let enrollment = Enrollment {
            slots: KeySlots { owner: 0, private: 2, usage: 0, public: 3 },
            algorithm: Enrollment::RSA,
            bits: 1024,
            option: 0,
            key_type: 0,
            wrapped_challenge: wrapped.try_into().unwrap(),
        };
        self.secured_ok(&Token::StartEnrollment(enrollment).secured().unwrap());
        let verify = Token::VerifyPin { pin: 0, value: Pin::new(USER_PIN) };
        assert_eq!(self.send(&verify.plain().unwrap()).status, StatusWord::OK);
    }

    /// Everything: keys, a loaded applet in the virtual machine, the token applet, resets.
    pub(crate) fn session(&mut self, level: SecurityLevel) {
        self.card.power_on();
        self.open(&[], level);
        self.put_keys();
        self.load_counter();
        self.secured_ok(&GetStatus::all(StatusScope::Applications).to_command());
        self.send(&Command::new(0, 0xA4, 4, 0).with_data(COUNTER.as_bytes()));
        let statuses: Vec<u16> =
            (0..3).map(|_| self.send(&Command::new(0x80, 1, 0, 0)).status.0).collect();
        assert_eq!(statuses, [0x9000, 0x9000, 0x6F00]);
        self.card.reset();
        self.open(&[], level);
        self.enroll(level);
        self.card.power_off();
    }
}
