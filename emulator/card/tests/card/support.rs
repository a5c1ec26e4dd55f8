//! A card with a tiny applet, and a host for it.

use card::{
    Applet, Card, CardProfile, ExecutableModule, Host, ImageStore, InitialKeySet, LoadPolicy,
    MemoryImage, Random,
};
use globalplatform::{
    Key, KeyAlgorithm, KeySet, SecurityLevel,
    command::chain,
    scp::{
        Protocol,
        host::{Channel, Dialect, Handshake},
    },
};
use iso7816::{Aid, Command, Response, StatusWord};
use rand::{SeedableRng, rngs::StdRng};

/// Package, module and usual instance of CoolKey: what a token manager asks for.
pub(crate) const PACKAGE: Aid = Aid::from_const(&[0x62, 0x76, 0x01, 0xFF, 0x00, 0x00]);
pub(crate) const MODULE: Aid = Aid::from_const(&[0x62, 0x76, 0x01, 0xFF, 0x00, 0x00, 0x00]);
pub(crate) const OTHER: Aid = Aid::from_const(&[0x62, 0x76, 0x01, 0xFF, 0x00, 0x00, 0x01]);
pub(crate) const ISD: Aid = card::profile::ISD_AID_OPEN_PLATFORM;

pub(crate) const TEST_KEY: [u8; 16] = *b"@ABCDEFGHIJKLMNO";
/// A module that refuses its installation after it has written.
pub(crate) const REFUSED_PARAMETERS: &[u8] = b"refuse";

pub(crate) struct TestModule;

struct TestApplet {
    transient: u8,
}

impl ExecutableModule for TestModule {
    fn load_file(&self) -> Aid {
        PACKAGE
    }

    fn module(&self) -> Aid {
        MODULE
    }

    fn version(&self) -> [u8; 2] {
        [1, 4]
    }

    fn install(
        &self,
        host: &mut Host<'_>,
        parameters: &[u8],
    ) -> Result<Box<dyn Applet>, StatusWord> {
        host.nvm().put(b"parameters", parameters.to_vec())?;
        host.nvm().commit()?;
        host.nvm().put(b"second", vec![0; 40])?;
        if parameters == REFUSED_PARAMETERS {
            return Err(StatusWord::WRONG_DATA);
        }
        Ok(Box::new(TestApplet { transient: 0 }))
    }

    fn restore(&self, host: &mut Host<'_>) -> Result<Box<dyn Applet>, StatusWord> {
        host.records().get(b"parameters").ok_or(StatusWord::UNKNOWN)?;
        Ok(Box::new(TestApplet { transient: 0 }))
    }
}

impl Applet for TestApplet {
    fn reset(&mut self) {
        self.transient = 0;
    }

    fn select(&mut self, host: &mut Host<'_>, _: &Command) -> Result<Vec<u8>, StatusWord> {
        match host.records().get(b"refuse") {
            Some(_) => Err(StatusWord::APPLET_SELECT_FAILED),
            None => Ok(host.instance().as_bytes().to_vec()),
        }
    }

    fn deselect(&mut self, _: &mut Host<'_>) {
        self.transient = 0;
    }

    fn process(&mut self, host: &mut Host<'_>, command: &Command) -> Result<Response, StatusWord> {
        match (command.header.cla, command.header.ins) {
            (0x80, 0x50) => host.secure_channel().initialize_update(command).map(Response::ok),
            // A handshake that the applet spoils after the card has answered it.
            (0xB0, 0x50) => {
                host.secure_channel().initialize_update(command)?;
                Err(StatusWord::CONDITIONS_OF_USE)
            }
            (0x84, 0x82) => {
                host.secure_channel().external_authenticate(command)?;
                Ok(Response::ok(Vec::new()))
            }
            (0x84, _) => {
                let plain = host.secure_channel().unwrap(command)?;
                let answer = self.obey(host, &plain).unwrap_or_else(Response::status);
                host.secure_channel().wrap(answer)
            }
            (0x80 | 0xB0, _) => self.obey(host, command),
            _ => Err(StatusWord::CLA_NOT_SUPPORTED),
        }
    }

    fn uninstall(&mut self, _: &mut Host<'_>) {}
}

impl TestApplet {
    fn obey(&mut self, host: &mut Host<'_>, command: &Command) -> Result<Response, StatusWord> {
        let (p1, data) = (command.header.p1, command.data.clone());
        let empty = Ok(Response::ok(Vec::new()));
        match command.header.ins {
            // Write a record and, with P2, fail afterwards; 12 commits before it fails.
            0x10 | 0x12 => {
                host.nvm().put(&[p1], data)?;
                if command.header.ins == 0x12 {
                    host.nvm().commit()?;
                }
                if command.header.p2 == 0 { empty } else { Err(StatusWord(0x6985)) }
            }
            0x14 => {
                let value = host.records().get(&[p1]).map(<[u8]>::to_vec);
                value.map(Response::ok).ok_or(StatusWord::NOT_FOUND)
            }
            0x16 => {
                host.nvm().delete(&[p1])?;
                empty
            }
            0x18 => {
                let mut bytes = [0; 8];
                host.random(&mut bytes);
                Ok(Response::ok(bytes.to_vec()))
            }
            0x1A => {
                host.set_life_cycle(p1)?;
                Ok(Response::ok(vec![host.life_cycle()]))
            }
            0x1C => Ok(Response::ok((0..600_u16).map(|n| n.to_be_bytes()[1]).collect())),
            0x1E => {
                self.transient += 1;
                Ok(Response::ok(vec![self.transient]))
            }
            0x20 => Ok(Response::ok(host.secure_channel().decrypt(&data)?.to_vec())),
            0x22 => Ok(Response::ok(data)),
            0x24 => {
                Ok(Response::ok(host.records().get(b"parameters").unwrap_or_default().to_vec()))
            }
            0x26 => {
                host.nvm().put(b"refuse", vec![1])?;
                empty
            }
            0x28 => Ok(Response::ok(vec![host.security_level().bits()])),
            0x2A => Ok(Response::new(vec![1], StatusWord(0x9C12))),
            _ => Err(StatusWord::INS_NOT_SUPPORTED),
        }
    }
}

pub(crate) fn random(seed: u64) -> Box<dyn Random> {
    Box::new(StdRng::seed_from_u64(seed))
}

pub(crate) fn modules() -> Vec<Box<dyn ExecutableModule>> {
    vec![Box::new(TestModule)]
}

pub(crate) fn scp(id: u8, i: u8) -> Protocol {
    Protocol::new(id, i).unwrap()
}

pub(crate) fn keys_for(protocol: Protocol) -> KeySet {
    match protocol.id() {
        3 => KeySet::same(&Key::aes(&TEST_KEY).unwrap()),
        _ => KeySet::same(&Key::des3(TEST_KEY)),
    }
}

/// The same card, for load files that are none.
pub(crate) const fn rom_stands_in(mut profile: CardProfile) -> CardProfile {
    profile.personality.java_card.load = LoadPolicy::RomStandsIn;
    profile
}

/// A card and the image it lives in.
pub(crate) struct Bench {
    pub(crate) card: Card,
    pub(crate) image: MemoryImage,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(&CardProfile::default())
    }

    pub(crate) fn speaking(protocol: Protocol) -> Self {
        Self::with(&CardProfile::speaking(protocol))
    }

    pub(crate) fn with(profile: &CardProfile) -> Self {
        let image = MemoryImage::default();
        let profile = &rom_stands_in(profile.clone());
        let mut card =
            Card::create(profile, Box::new(image.clone()), modules(), random(1)).unwrap();
        card.power_on();
        Self { card, image }
    }

    /// A card with all three protocols, key version by protocol: 01, 02 and 30.
    pub(crate) fn with_all_protocols() -> Self {
        let key_sets = vec![
            InitialKeySet::test_keys(0x01, scp(1, 0x05)),
            InitialKeySet::test_keys(0x02, scp(2, 0x15)),
            InitialKeySet::test_keys(0x30, scp(3, 0x70)),
        ];
        Self::with(&CardProfile { key_sets, ..CardProfile::default() })
    }

    /// A second card that begins where this one stands.
    pub(crate) fn twin(&self) -> Self {
        let image = self.image.snapshot();
        let mut card = reopen(Box::new(image.clone()));
        card.power_on();
        Self { card, image }
    }

    pub(crate) fn bytes(&mut self, hex: &str) -> Response {
        let bytes = hex::decode(hex.replace(' ', "")).unwrap();
        Response::parse(&self.card.transmit(&bytes)).unwrap()
    }

    pub(crate) fn send(&mut self, command: &Command) -> Response {
        Response::parse(&self.card.transmit(&command.to_bytes().unwrap())).unwrap()
    }

    pub(crate) fn select(&mut self, aid: Aid) -> Response {
        self.send(&Command::new(0, 0xA4, 4, 0).with_data(aid.as_bytes()))
    }

    pub(crate) fn open(&mut self, handshake: Handshake, keys: &KeySet, level: u8) -> Channel {
        let answer = self.send(&handshake.command());
        let verified = handshake.answer(&answer).unwrap().verify_with(keys).unwrap();
        let level = SecurityLevel::from_bits(level).unwrap();
        let (authenticate, channel) = verified.external_authenticate(level).unwrap();
        let answer = self.send(&authenticate);
        assert_eq!(answer.status, StatusWord::OK, "EXTERNAL AUTHENTICATE");
        channel
    }

    /// Authenticates with the test keys of the card's default key set, as TPS does: SCP02, level 03.
    pub(crate) fn authenticate(&mut self) -> Channel {
        let handshake = Handshake::new(&[7; 8]).with_dialect(Dialect::Dogtag);
        self.open(handshake, &keys_for(scp(2, 0x15)), 0x03)
    }

    /// Sends a command through a channel, in segments where it must.
    pub(crate) fn secure(&mut self, channel: &mut Channel, command: &Command) -> Response {
        let wrapped = channel.wrap(command).unwrap();
        let mut response = Response::status(StatusWord::UNKNOWN);
        for segment in chain(&wrapped) {
            response = self.send(&segment);
        }
        channel.unwrap(command, response).unwrap()
    }

    /// Installs an instance of the test module and selects it.
    pub(crate) fn install(&mut self, instance: Aid) {
        self.card.install(MODULE, instance, b"born").unwrap();
        assert!(self.select(instance).status.is_ok());
    }
}

pub(crate) fn reopen(image: Box<dyn ImageStore>) -> Card {
    Card::open(image, modules(), random(2)).unwrap()
}

pub(crate) fn lv(bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![u8::try_from(bytes.len()).unwrap()];
    field.extend_from_slice(bytes);
    field
}

pub(crate) fn delete(aid: Aid, p2: u8) -> Command {
    let mut data = vec![0x4F];
    data.extend(lv(aid.as_bytes()));
    Command::new(0x80, 0xE4, 0x00, p2).with_data(data)
}

/// INSTALL [for install and make selectable] as TPS sends it: one privilege byte, EF before C9.
pub(crate) fn tps_install(instance: Aid, privileges: &[u8]) -> Command {
    install(0x0C, instance, privileges, &hex_literal::hex!("EF04C8024650 C90400021388"))
}

pub(crate) fn install(p1: u8, instance: Aid, privileges: &[u8], parameters: &[u8]) -> Command {
    let fields =
        [PACKAGE.as_bytes(), MODULE.as_bytes(), instance.as_bytes(), privileges, parameters, &[]];
    Command::new(0x80, 0xE6, p1, 0).with_data(fields.map(lv).concat())
}

pub(crate) fn install_for_load(package: Aid, domain: &[u8]) -> Command {
    let fields = [package.as_bytes(), domain, &[], &[0xEF, 4, 0xC6, 2, 0x10, 0x00], &[]];
    Command::new(0x80, 0xE6, 0x02, 0).with_data(fields.map(lv).concat())
}

/// LOAD commands for a load file in blocks.
pub(crate) fn loads(file: &[u8], block: usize) -> Vec<Command> {
    let mut stream = vec![0xC4];
    iso7816::tlv::push_length(&mut stream, file.len());
    stream.extend_from_slice(file);
    let count = stream.len().div_ceil(block);
    stream
        .chunks(block)
        .enumerate()
        .map(|(number, data)| {
            let p1 = if number + 1 == count { 0x80 } else { 0 };
            Command::new(0x80, 0xE8, p1, u8::try_from(number).unwrap()).with_data(data)
        })
        .collect()
}

/// The customary 3DES and AES keys that are not the test key.
pub(crate) fn new_keys(algorithm: KeyAlgorithm) -> KeySet {
    let key = |byte: u8| Key::new(algorithm, &vec![byte; algorithm.key_length()]).unwrap();
    KeySet::new(key(0x11), key(0x22), key(0x33))
}

/// Loads the CoolKey package and installs it, as TPS formats a token.
pub(crate) fn tps_format(bench: &mut Bench) {
    let mut channel = bench.authenticate();
    let answers = [delete(MODULE, 0x80), delete(PACKAGE, 0x80)]
        .map(|command| bench.secure(&mut channel, &command).status);
    assert!(answers.iter().all(|status| !status.is_ok()), "a blank card has nothing to delete");
    let domain = ISD.as_bytes();
    let load = install_for_load(PACKAGE, domain).with_expected(256);
    assert_eq!(bench.secure(&mut channel, &load), Response::ok(vec![0]));
    for block in loads(&[0x5A; 1000], 216) {
        assert_eq!(bench.secure(&mut channel, &block), Response::ok(vec![0]));
    }
    let install = tps_install(MODULE, &[0]).with_expected(256);
    assert_eq!(bench.secure(&mut channel, &install), Response::ok(vec![0]));
}
