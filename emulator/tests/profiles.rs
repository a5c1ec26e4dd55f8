//! The profiles that are shipped, and those that are read from a card.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests may fail a test")]

use capfile::assemble::{FRAMEWORK, Package};
use card::{Card, CardProfile, InitialKeySet, Transmission, profile::MEMORY_MIN};
use cardinal_emulator::profile::{SHIPPED, Source, parse, put_on, read};
use cardinal_emulator::{InProcessReader, modules, random};
use globalplatform::SecurityLevel;
use globalplatform::command::{Load, LoadFile, chain};
use globalplatform::scp::host::{Channel, Handshake};
use iso7816::{Aid, Command, Response, StatusWord};
use proptest::prelude::*;
use reader::CardReader;

const PACKAGE: &[u8] = b"\xD2\x76\x00\x00\x85\x0A";
const APPLET: &[u8] = b"\xD2\x76\x00\x00\x85\x0A\x01";
/// Static data that no tiny card has room for, in bytes.
const MUCH: usize = 10_000;

/// A package whose applet answers every command with nothing but 9000, and that begins with so many bytes.
fn package(static_length: usize) -> Vec<u8> {
    let mut package = Package::new(PACKAGE);
    package.import("fw", FRAMEWORK, 1, 0);
    package.applet(APPLET, "A.install");
    let class = package.class("A");
    class.extends("fw:3").static_array("data", "[B", &vec![1; static_length]);
    class.constructor("()V").code("aload_0; invokespecial @fw:3.0()V; return");
    class
        .static_method("install", "([BSB)V")
        .code("new @A; dup; invokespecial @A.<init>()V; invokevirtual @fw:3.1()V; return");
    class.virtual_method("process", "(Lfw:10;)V").token(7).code("return");
    package.build().unwrap().ijc()
}

fn shipped() -> impl Iterator<Item = (&'static str, CardProfile)> {
    SHIPPED.iter().map(|shipped| (shipped.name, shipped.profile().unwrap()))
}

/// A host that manages the content of a card.
struct Host {
    reader: InProcessReader,
    channel: Channel,
}

impl Host {
    /// Authenticates with a key set, at the highest level that its protocol has.
    fn open(mut reader: InProcessReader, set: &InitialKeySet) -> Self {
        reader.connect().unwrap();
        let select = Command::new(0, 0xA4, 4, 0).with_expected(256);
        assert!(reader.exchange(&select).unwrap().status.is_ok());
        let (protocol, keys) = set.key_set().unwrap();
        let challenge = vec![7; protocol.mac_length()];
        let handshake = Handshake::new(&challenge).with_key_version(set.version);
        let answer = reader.exchange(&handshake.command()).unwrap();
        let verified = handshake.answer(&answer).unwrap().verify_with(&keys).unwrap();
        let level = if protocol.id() == 3 && protocol.i() & 0x40 != 0 { 0x33 } else { 0x03 };
        let level = SecurityLevel::from_bits(level).unwrap();
        let (authenticate, channel) = verified.external_authenticate(level).unwrap();
        assert_eq!(reader.exchange(&authenticate).unwrap().status, StatusWord::OK);
        Self { reader, channel }
    }

    fn send(&mut self, command: &Command) -> Response {
        let wrapped = self.channel.wrap(command).unwrap();
        let mut response = Response::status(StatusWord::UNKNOWN);
        for segment in chain(&wrapped) {
            response = self.reader.exchange(&segment).unwrap();
        }
        self.channel.unwrap(command, response).unwrap()
    }

    fn list(&mut self, scope: u8) -> Response {
        let get = Command::new(0x80, 0xF2, scope, 0x02).with_data([0x4F, 0]);
        self.send(&get.with_expected(256))
    }

    fn load(&mut self, file: &[u8]) -> StatusWord {
        let fields = [PACKAGE, &[], &[], &[], &[]];
        let for_load = Command::new(0x80, 0xE6, 0x02, 0).with_data(fields.map(lv).concat());
        let mut status = self.send(&for_load.with_expected(256)).status;
        for block in Load::blocks(&LoadFile::plain(file.to_vec()).to_bytes(), 200).unwrap() {
            if status.is_ok() {
                status = self.send(&block.to_command()).status;
            }
        }
        status
    }

    fn install(&mut self) -> StatusWord {
        let fields = [PACKAGE, APPLET, APPLET, &[0], &[0xC9, 0], &[]];
        let install = Command::new(0x80, 0xE6, 0x0C, 0).with_data(fields.map(lv).concat());
        self.send(&install.with_expected(256)).status
    }
}

fn lv(field: &[u8]) -> Vec<u8> {
    [&[u8::try_from(field.len()).unwrap()], field].concat()
}

#[test]
fn the_default_card_is_the_profile_of_that_name() {
    let (_, token) = shipped().find(|(name, _)| *name == "coolkey-token").unwrap();
    assert_eq!(CardProfile { description: String::new(), ..token }, CardProfile::default());
    for (name, profile) in shipped() {
        assert!(!profile.description.is_empty(), "{name}");
        let written = toml::to_string(&profile).unwrap();
        assert_eq!(parse(&written, name).unwrap(), profile);
    }
}

#[test]
fn on_every_shipped_card_content_is_managed_with_its_keys() {
    for (name, profile) in shipped() {
        for set in &profile.key_sets {
            let mut host = Host::open(InProcessReader::of(&profile).unwrap(), set);
            assert!(host.list(0x80).status.is_ok(), "{name}");
            assert_eq!(host.list(0x40).status, StatusWord::REFERENCED_DATA_NOT_FOUND, "{name}");
            let file = package(16);
            assert_eq!(
                host.load(&file),
                StatusWord::OK,
                "{name}: {:?}",
                host.reader.card().failure()
            );
            assert_eq!(
                host.install(),
                StatusWord::OK,
                "{name}: {:?}",
                host.reader.card().failure()
            );
            let in_rom = host.reader.card().load_files().len();
            assert_eq!(in_rom, if name == "coolkey-token" { 3 } else { 2 }, "{name}");
            let listed = host.list(0x40);
            assert!(listed.data.windows(APPLET.len()).any(|window| window == APPLET), "{name}");
            let select = Command::new(0, 0xA4, 4, 0).with_data(APPLET);
            assert_eq!(host.reader.exchange(&select).unwrap().status, StatusWord::OK, "{name}");
        }
    }
}

#[test]
fn what_a_tiny_card_has_no_room_for_is_refused_whole() {
    let (_, profile) = shipped().find(|(name, _)| *name == "tiny").unwrap();
    assert!(profile.personality.memory < 2 * MEMORY_MIN);
    let mut host = Host::open(InProcessReader::of(&profile).unwrap(), &profile.key_sets[0]);
    let (before, listed) = (host.reader.card().info(), host.list(0x20));
    assert_eq!(host.load(&package(MUCH)), StatusWord::NO_MEMORY);
    let after = host.reader.card().info();
    assert_eq!(after.memory.used, before.memory.used);
    assert_eq!((after.load_files, after.applications), (before.load_files, before.applications));
    assert_eq!(host.list(0x20), listed);
    assert_eq!(host.load(&package(16)), StatusWord::OK, "the card goes on");
    assert_eq!(host.install(), StatusWord::OK);
}

/// What of a profile anybody can ask a card.
fn public_facts(profile: &CardProfile) -> impl PartialEq + core::fmt::Debug {
    let personality = &profile.personality;
    let sets = profile.key_sets.iter();
    let sets = sets.map(|set| {
        let (_, keys) = set.key_set().unwrap();
        (set.version, set.protocol, set.option, keys.algorithm())
    });
    (
        (personality.atr.clone(), personality.isd_aid, personality.cplc.clone()),
        (personality.version.clone(), personality.java_card.level.major(), personality.block_size),
        (personality.iin.clone(), personality.cin.clone(), personality.kdd()),
        (personality.card_data.clone(), personality.capabilities.clone()),
        sets.collect::<Vec<_>>(),
    )
}

#[test]
fn a_profile_read_from_a_card_describes_the_same_card() {
    for (name, profile) in shipped() {
        let mut reader = InProcessReader::of(&profile).unwrap();
        let writes = reader.card().writes();
        let reading = read(&mut reader).unwrap();
        assert_eq!(reader.card().writes(), writes, "{name}: nothing was written");
        assert_eq!(public_facts(&reading.profile), public_facts(&profile), "{name}");
        assert_eq!(reading.notes, Vec::<String>::new(), "{name}");
        let text = reading.to_text().unwrap();
        let again = parse(&text, name).unwrap();
        assert_eq!(again, reading.profile);
        let mut twin = InProcessReader::of(&again).unwrap();
        let second = read(&mut twin).unwrap();
        assert_eq!(second, reading, "{name}: a card of that profile tells the same");
    }
}

#[test]
fn a_card_that_words_its_data_in_its_own_way_is_quoted() {
    let (_, mut profile) = shipped().find(|(name, _)| *name == "jc222-gp211-scp02").unwrap();
    let personality = &mut profile.personality;
    personality.card_data = hex::decode(
        "7325 06072A864886FC6B01 600C060A2A864886FC6B02020101 640C060A2A864886FC6B048000"
            .replace(' ', ""),
    )
    .unwrap();
    personality.capabilities = vec![0x82, 0x01, 0x00];
    personality.kdd = vec![9; 10];
    let reading = read(&mut InProcessReader::of(&profile).unwrap()).unwrap();
    let found = &reading.profile.personality;
    assert_eq!((&found.capabilities, &found.kdd), (&vec![0x82, 0x01, 0x00], &vec![9; 10]));
    assert_eq!(found.card_data, profile.personality.card_data);
    assert!(!reading.notes.is_empty(), "no Java Card version is told");
}

/// A reader that keeps what was sent through it.
struct Recording(InProcessReader, Vec<Vec<u8>>);

impl CardReader for Recording {
    fn name(&self) -> &'static str {
        "recording"
    }
    fn connect(&mut self) -> Result<iso7816::Atr, reader::ReaderError> {
        self.0.connect()
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, reader::ReaderError> {
        self.1.push(command.to_vec());
        self.0.transmit(command)
    }
    fn reset(&mut self) -> Result<iso7816::Atr, reader::ReaderError> {
        self.0.reset()
    }
    fn disconnect(&mut self) -> Result<(), reader::ReaderError> {
        self.0.disconnect()
    }
}

#[test]
fn a_card_that_is_read_gets_select_and_get_data_only() {
    for (name, profile) in shipped() {
        let mut recording = Recording(InProcessReader::of(&profile).unwrap(), Vec::new());
        read(&mut recording).unwrap();
        for command in &recording.1 {
            // SELECT by name, GET DATA, GET RESPONSE; in plain, on the basic channel.
            let harmless = matches!(
                command.as_slice(),
                [0x00, 0xA4, 0x04, 0x00, ..]
                    | [0x00 | 0x80, 0xCA, ..]
                    | [0x00, 0xC0, 0x00, 0x00, _]
            );
            assert!(harmless, "{name}: {command:02X?}");
        }
        assert!(recording.1.len() >= 9, "{name}");
    }
}

/// A card that answers nothing but its ATR.
struct Silent;

impl CardReader for Silent {
    fn name(&self) -> &'static str {
        "silent"
    }
    fn connect(&mut self) -> Result<iso7816::Atr, reader::ReaderError> {
        Ok(iso7816::Atr::parse(&[0x3B, 0x80, 0x01, 0x81]).unwrap())
    }
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, reader::ReaderError> {
        Ok(vec![0x6D, 0x00])
    }
    fn reset(&mut self) -> Result<iso7816::Atr, reader::ReaderError> {
        self.connect()
    }
    fn disconnect(&mut self) -> Result<(), reader::ReaderError> {
        Ok(())
    }
}

#[test]
fn a_card_that_tells_nothing_makes_a_profile_with_notes() {
    let reading = read(&mut Silent).unwrap();
    assert_eq!(reading.profile.personality.java_card.protocol, Transmission::T1);
    assert!(reading.profile.check().is_ok());
    let text = reading.to_text().unwrap();
    for missing in ["no security domain", "9F7F", "(66)", "(E0)"] {
        assert!(text.contains(missing), "{missing}: {text}");
    }
}

/// A card that answers with these bytes, one after the other, whatever it is asked.
struct Hostile(Vec<Vec<u8>>, usize);

impl CardReader for Hostile {
    fn name(&self) -> &'static str {
        "hostile"
    }
    fn connect(&mut self) -> Result<iso7816::Atr, reader::ReaderError> {
        Silent.connect()
    }
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, reader::ReaderError> {
        self.1 += 1;
        let answer = self.0.get(self.1 % self.0.len()).cloned().unwrap_or_default();
        Ok([answer, vec![0x90, 0x00]].concat())
    }
    fn reset(&mut self) -> Result<iso7816::Atr, reader::ReaderError> {
        self.connect()
    }
    fn disconnect(&mut self) -> Result<(), reader::ReaderError> {
        Ok(())
    }
}

/// Answers that look like some of what is asked for, and go on with anything.
fn answer() -> impl Strategy<Value = Vec<u8>> {
    let tags = prop_oneof![
        Just(vec![0x6F]),
        Just(vec![0x9F, 0x7F]),
        Just(vec![0x42]),
        Just(vec![0x45]),
        Just(vec![0xCF]),
        Just(vec![0x66]),
        Just(vec![0x67]),
        Just(vec![0xE0]),
        Just(vec![0xC1]),
        Just(vec![]),
    ];
    (tags, proptest::collection::vec(any::<u8>(), 0..120)).prop_map(|(tag, value)| {
        let length = u8::try_from(value.len()).unwrap();
        if tag.is_empty() { value } else { [tag, vec![length], value].concat() }
    })
}

/// Key information with anything for identifiers, versions, types and lengths.
fn key_information() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![Just(0x80), Just(0x88), any::<u8>()];
    let length = prop_oneof![Just(16), Just(24), Just(32), any::<u8>()];
    let entry = (1_u8..5, any::<u8>(), kind, length);
    proptest::collection::vec(entry, 0..20).prop_map(|entries| {
        let entries = entries
            .into_iter()
            .flat_map(|(id, version, kind, length)| [0xC0, 4, id, version & 0x83, kind, length]);
        let value: Vec<u8> = entries.collect();
        [vec![0xE0, u8::try_from(value.len()).unwrap()], value].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever a card says, a card can be made of it.
    #[test]
    fn any_answers_make_a_profile_that_is_one(
        answers in proptest::collection::vec(prop_oneof![answer(), key_information()], 1..6),
    ) {
        let reading = read(&mut Hostile(answers, 0)).unwrap();
        prop_assert_eq!(reading.profile.check(), Ok(()));
        prop_assert_eq!(parse(&reading.to_text().unwrap(), "read").unwrap(), reading.profile);
    }
}

#[test]
fn content_of_a_profile_is_on_the_card_when_it_is_issued() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.ijc"), package(16)).unwrap();
    let text = "default_applet = \"D27600008501\"
        [[key_sets]]
        version = 1
        [[load_files]]
        path = \"a.ijc\"
        [[applications]]
        module = \"D27600008 50A01\"
        aid = \"D27600008501\"
        [[applications]]
        module = \"6276 01FF0000 00\"
        aid = \"627601FF000001\"
        parameters = \"010213880 0\"
        [[applications]]
        module = \"A000000151535041\"
        aid = \"A00000015153\"
        privileges = \"80\"
        [[applications.key_sets]]
        version = 0x30
        protocol = 3
        option = 0x70";
    let file = folder.path().join("p.toml");
    std::fs::write(&file, text).unwrap();
    let Source { profile, folder: beside } = Source::open(file.to_str().unwrap()).unwrap();
    let mut card = Card::new(&profile, modules(), random()).unwrap();
    put_on(&mut card, &profile, beside.as_deref()).unwrap();
    let aid = Aid::new(&hex::decode("D27600008501").unwrap()).unwrap();
    let entries = card.applications();
    let privileges = |entry: &card::info::ApplicationInfo| (entry.aid == aid, entry.privileges);
    assert_eq!(
        entries.iter().map(privileges).collect::<Vec<_>>(),
        [(false, [0; 3]), (false, [0x80, 0, 0]), (true, [4, 0, 0])]
    );
    let domain = entries.iter().find(|entry| entry.privileges[0] == 0x80).unwrap();
    assert_eq!(domain.life_cycle, 0x0F, "it has keys");
    let mut reader = InProcessReader::new(card);
    reader.connect().unwrap();
    let answer = reader.exchange(&Command::new(0x80, 0x01, 0, 0)).unwrap();
    assert_eq!(answer.status, StatusWord::OK, "the default applet answers after power came on");
    let select = Command::new(0, 0xA4, 4, 0).with_data(domain.aid.as_bytes());
    assert!(reader.exchange(&select).unwrap().status.is_ok());
    let set = &profile.applications[2].key_sets[0];
    let (_, keys) = set.key_set().unwrap();
    let handshake = Handshake::new(&[7; 8]).with_key_version(set.version);
    let answer = reader.exchange(&handshake.command()).unwrap();
    assert!(handshake.answer(&answer).unwrap().verify_with(&keys).is_ok(), "its own keys");
    let missing = profile.load_files[0].path.replace('a', "b");
    let mut profile = profile;
    profile.load_files[0].path = missing;
    let mut card = Card::new(&profile, modules(), random()).unwrap();
    let error = put_on(&mut card, &profile, beside.as_deref()).unwrap_err();
    assert!(error.to_string().contains("b.ijc"), "{error}");
}

/// Names of the fields of a table and of the tables in it.
fn fields(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(table) => {
            for (field, value) in table {
                found.push(field.clone());
                fields(value, found);
            }
        }
        serde_json::Value::Array(rows) => rows.iter().for_each(|row| fields(row, found)),
        _ => {}
    }
}

#[test]
fn every_field_is_in_the_reference() {
    let reference = include_str!("../profiles/README.md");
    let everything = "description = \"all\"
        default_applet = \"A00000015153\"
        [personality]
        rom = []
        [[personality.put_key]]
        first = 1
        last = 2
        protocol = 3
        option = 0x70
        [[key_sets]]
        [[load_files]]
        path = \"a.ijc\"
        [[applications]]
        module = \"A000000151535041\"
        aid = \"A00000015153\"
        privileges = \"80\"
        [[applications.key_sets]]";
    let profile = parse(everything, "all").unwrap();
    let mut found = Vec::new();
    fields(&serde_json::to_value(&profile).unwrap(), &mut found);
    assert!(found.len() > 60, "{found:?}");
    let of_cplc = serde_json::to_value(&profile.personality.cplc).unwrap();
    let of_cplc = of_cplc.as_object().unwrap();
    for field in found {
        let told =
            reference.contains(&format!("`{field}`")) || reference.contains(&format!("{field}]"));
        assert!(told || of_cplc.contains_key(&field), "{field} is not in profiles/README.md");
    }
}
