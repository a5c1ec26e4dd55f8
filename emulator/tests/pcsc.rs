//! A virtual card and the reader crate's PC/SC edge, with a real pcscd and Debian's vpcd between them.
//!
//! The test runs itself again as a client of the private daemon, for the PC/SC library takes the daemon's address from the environment.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests may fail a test")]

use std::time::{Duration, Instant};

use card::{Card, CardProfile};
use cardinal_emulator::{Log, Stop, Traced, modules, random, vpcd};
use end_to_end::{Lifetime, PrivatePcscd};
use globalplatform::scp::host::Handshake;
use globalplatform::{Key, KeySet, SecurityLevel};
use iso7816::Command;
use reader::pcsc::{Event, Monitor, Service, Sharing};
use reader::{CardReader, ReaderError};

/// Longest wait for anything that must happen; pcscd looks for cards every 0.4 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the first slot of the private reader listens.
const ADDRESS: &str = "CARDINAL_TEST_VPCD";

#[test]
fn a_card_comes_and_goes_and_answers() {
    if let Ok(address) = std::env::var(ADDRESS) {
        as_client(&address);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pcscd = PrivatePcscd::start(folder.path(), 1, Lifetime::OfStage).unwrap();
    let address = format!("127.0.0.1:{}", pcscd.slot(0).unwrap().port);
    assert!(pcscd.run_self(&[(ADDRESS, address)]).unwrap().success());
}

fn as_client(address: &str) {
    let service = Service::establish().unwrap();
    let mut watch = Watch { monitor: service.monitor(), seen: Vec::new() };
    let names = service.readers().unwrap();
    assert_eq!(names.len(), 2, "one reader of two slots");
    let name = names.first().unwrap();
    watch.expect(&Event::ReaderAdded { reader: name.clone() });

    let part = name.strip_prefix("Cardinal ").unwrap().to_uppercase();
    let mut reader = service.open(&part, Sharing::Exclusive).unwrap();
    assert_eq!(reader.name(), name);
    assert!(matches!(reader.connect(), Err(ReaderError::NoCard(_))));
    let several = service.open("cardinal", Sharing::Shared).err().unwrap();
    assert!(
        matches!(several, ReaderError::AmbiguousReader { candidates, .. } if candidates == names)
    );
    assert!(matches!(service.open("none", Sharing::Shared), Err(ReaderError::NoReader(_))));

    let stop = Stop::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut card = Card::new(&CardProfile::default(), modules(), random()).unwrap();
            vpcd::run(address, &mut card, &stop, |_| {});
        });
        let atr = iso7816::Atr::parse(&card::profile::COOLKEY_ATR).unwrap();
        watch.expect(&Event::CardInserted { reader: name.clone(), atr: Some(atr.clone()) });
        assert_eq!(reader.connect().unwrap(), atr);
        converse(&mut reader);
        reader.disconnect().unwrap();
        describe(name);
        reader.connect().unwrap();
        share(&service, name, &mut reader);
        stop.request();
    });
    watch.expect(&Event::CardRemoved { reader: name.clone() });
    let lost = reader.exchange(&select()).unwrap_err();
    assert!(matches!(lost, ReaderError::CardRemoved), "{lost}");
    assert!(matches!(reader.exchange(&select()), Err(ReaderError::NoCard(_))));
    assert!(watch.monitor.wait(Duration::ZERO).unwrap().is_empty());
    pull_the_plug(address, &mut watch, &mut reader);
}

/// The power fails at the card's first write: PC/SC sees the card go and come back.
fn pull_the_plug(address: &str, watch: &mut Watch, reader: &mut impl CardReader) {
    let name = reader.name().to_owned();
    let atr = iso7816::Atr::parse(&card::profile::COOLKEY_ATR).unwrap();
    let inserted = Event::CardInserted { reader: name.clone(), atr: Some(atr) };
    let stop = Stop::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let card = Card::new(&CardProfile::default(), modules(), random()).unwrap();
            let mut card = Traced::new(card, "torn", Log::default()).tearing_after(Some(1));
            vpcd::run(address, &mut card, &stop, |_| {});
        });
        let _ending = StopOnDrop(&stop);
        watch.expect(&inserted);
        reader.connect().unwrap();
        assert!(reader.exchange(&select()).unwrap().status.is_ok());
        let handshake = Handshake::new(&[7; 8]);
        let answer = reader.exchange(&handshake.command()).unwrap();
        let keys = KeySet::same(&Key::des3(*b"@ABCDEFGHIJKLMNO"));
        let verified = handshake.answer(&answer).unwrap().verify_with(&keys).unwrap();
        let (authenticate, _) = verified.external_authenticate(SecurityLevel::C_MAC).unwrap();
        // Debian's vpcd hands on an answer of no bytes then.
        assert!(reader.exchange(&authenticate).is_err());
        watch.expect(&Event::CardRemoved { reader: name.clone() });
        watch.expect(&inserted);
        let _ = reader.disconnect();
        reader.connect().unwrap();
        assert!(reader.exchange(&select()).unwrap().status.is_ok());
        reader.disconnect().unwrap();
    });
}

/// Ends the card's thread also when an assertion fails, for the scope waits for it.
struct StopOnDrop<'a>(&'a Stop);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.request();
    }
}

/// SELECT of the issuer security domain.
fn select() -> Command {
    Command::new(0x00, 0xA4, 0x04, 0x00).with_data([0xA0, 0, 0, 0, 3, 0, 0, 0]).with_expected(256)
}

fn converse(reader: &mut impl CardReader) {
    let answer = reader.exchange(&select()).unwrap();
    assert!(answer.status.is_ok());
    assert_eq!(answer.data.first(), Some(&0x6F));
    // Logical channel 1 is open until the reset.
    let open = Command::new(0x00, 0x70, 0x00, 0x00).with_expected(1);
    assert_eq!(reader.exchange(&open).unwrap().data, [1]);
    let on_channel_1 = Command::new(0x01, 0xA4, 0x04, 0x00).with_expected(256);
    assert!(reader.exchange(&on_channel_1).unwrap().status.is_ok());
    reader.reset().unwrap();
    assert_eq!(reader.exchange(&open).unwrap().data, [1], "the reset closed the channel");
}

/// The program writes a profile of the card in the reader: that of the card that is there.
fn describe(name: &str) {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_cardinal-emulator"));
    let output = program.args(["profile", "--from-reader", name]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("# Note"), "{text}");
    let profile = cardinal_emulator::profile::parse(&text, name).unwrap();
    let default = CardProfile::default();
    assert_eq!(profile.key_sets, default.key_sets);
    assert_eq!(profile.personality.atr, default.personality.atr);
    assert_eq!(profile.personality.cplc, default.personality.cplc);
}

/// Who has the card to himself keeps others out; who shares it hears when another one resets it.
fn share(service: &Service, name: &str, exclusive: &mut impl CardReader) {
    let mut other = service.open(name, Sharing::Shared).unwrap();
    assert!(matches!(other.connect(), Err(ReaderError::ReaderInUse(_))));
    exclusive.disconnect().unwrap();
    let mut first = service.open(name, Sharing::Shared).unwrap();
    first.connect().unwrap();
    other.connect().unwrap();
    other.reset().unwrap();
    assert!(matches!(first.exchange(&select()), Err(ReaderError::CardReset)));
    first.connect().unwrap();
    assert!(first.exchange(&select()).unwrap().status.is_ok());
    drop((first, other));
    exclusive.connect().unwrap();
}

/// Events in their order; those that nobody waits for are passed over.
struct Watch {
    monitor: Monitor,
    seen: Vec<Event>,
}

impl Watch {
    fn expect(&mut self, wanted: &Event) {
        let start = Instant::now();
        loop {
            if let Some(at) = self.seen.iter().position(|event| event == wanted) {
                self.seen.drain(..=at);
                return;
            }
            assert!(start.elapsed() < PATIENCE, "no {wanted:?} among {:?}", self.seen);
            self.seen.extend(self.monitor.wait(PATIENCE).unwrap());
        }
    }
}
