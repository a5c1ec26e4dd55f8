//! Card images: a card goes on where it stood.

use card::{
    Card, CardError, CardProfile, ImageError, ImageStore, MemoryImage, ProfileError, RedbImage,
    image::{Change, Record},
};
use iso7816::{Response, StatusWord};

use crate::support::{Bench, ISD, MODULE, modules, random, reopen, rom_stands_in, tps_format};

#[test]
fn a_formatted_card_survives_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token.card");
    let image = RedbImage::open_or_create(&path).unwrap();
    let profile = rom_stands_in(CardProfile::default().with_serial(77));
    let card = Card::create(&profile, Box::new(image), modules(), random(1)).unwrap();
    let mut bench = Bench { card, image: MemoryImage::default() };
    bench.card.power_on();
    tps_format(&mut bench);
    let mut before = bench.card.info();
    drop(bench);
    let mut card = reopen(Box::new(RedbImage::open(&path).unwrap()));
    before.writes = 0;
    assert_eq!(card.info(), before);
    card.power_on();
    let select = iso7816::Command::new(0, 0xA4, 4, 0).with_data(MODULE.as_bytes());
    let answer = Response::parse(&card.transmit(&select.to_bytes().unwrap())).unwrap();
    assert_eq!(answer.data, MODULE.as_bytes());
}

#[test]
fn images_are_not_mistaken() {
    let image = MemoryImage::default();
    let opened = Card::open(Box::new(image.clone()), modules(), random(1));
    assert!(matches!(opened, Err(CardError::Image(ImageError::Empty))));
    let bench = Bench::new();
    let image = bench.image.clone();
    let created = Card::create(&CardProfile::default(), Box::new(image), modules(), random(1));
    assert!(matches!(created, Err(CardError::Image(ImageError::Occupied))));
    let mut bench = Bench::new();
    bench.install(MODULE);
    let opened = Card::open(Box::new(bench.image.clone()), Vec::new(), random(1));
    assert!(matches!(opened, Err(CardError::ModuleMissing { .. })));
    let folder = tempfile::tempdir().unwrap();
    assert!(RedbImage::open(&folder.path().join("absent")).is_err());
}

/// An image that cannot be written any more.
struct WornOut(MemoryImage, usize);

impl ImageStore for WornOut {
    fn load(&mut self) -> Result<Vec<Record>, ImageError> {
        self.0.load()
    }

    fn apply(&mut self, batch: &[Change]) -> Result<(), ImageError> {
        match self.1.checked_sub(1) {
            Some(left) => {
                self.1 = left;
                self.0.apply(batch)
            }
            None => Err(ImageError::Store("disk full".into())),
        }
    }
}

#[test]
fn a_failing_image_fails_the_command_and_nothing_else() {
    let image = WornOut(MemoryImage::default(), 2);
    let profile = CardProfile::default();
    let card = Card::create(&profile, Box::new(image), modules(), random(1)).unwrap();
    let mut bench = Bench { card, image: MemoryImage::default() };
    bench.card.power_on();
    bench.install(MODULE);
    let put = iso7816::Command::new(0x80, 0x10, 1, 0).with_data([1]);
    assert_eq!(bench.send(&put).status, StatusWord::MEMORY_FAILURE);
    assert_eq!(bench.bytes("80140100").status, StatusWord::NOT_FOUND);
    assert!(bench.select(ISD).status.is_ok());
}

#[test]
fn profiles_are_checked() {
    let with = |change: fn(&mut CardProfile)| {
        let mut profile = CardProfile::default();
        change(&mut profile);
        profile.check()
    };
    assert_eq!(with(|_| ()), Ok(()));
    assert_eq!(with(|profile| profile.key_sets.clear()), Err(ProfileError::KeySetCount(0)));
    assert_eq!(
        with(|profile| profile.key_sets[0].version = 0x80),
        Err(ProfileError::KeysUnfit(0x80))
    );
    assert_eq!(
        with(|profile| profile.personality.memory = 1),
        Err(ProfileError::MemoryOutOfRange(1))
    );
    assert_eq!(with(|profile| profile.personality.atr.clear()), Err(ProfileError::MalformedAtr));
    assert_eq!(
        with(|profile| profile.key_sets[0].option = 0x80),
        Err(ProfileError::UnsupportedProtocol { id: 2, i: 0x80 })
    );
    let shown = format!("{:?}", CardProfile::default());
    assert!(!shown.contains("64, 65, 66") && !shown.contains("404142"), "{shown}");
}

#[test]
fn profiles_come_from_toml() {
    let text = r#"
        [personality]
        isd_aid = "A000000151000000"
        memory = 65536
        [personality.cplc]
        serial = 0x00001234
        [[key_sets]]
        version = 0x30
        protocol = 3
        option = 0x70
        enc = "404142434445464748494A4B4C4D4E4F"
    "#;
    let profile: CardProfile = toml::from_str(text).unwrap();
    assert_eq!(profile.personality.isd_aid, card::profile::ISD_AID_GLOBALPLATFORM);
    assert_eq!(profile.personality.cplc.serial, 0x1234);
    assert_eq!(profile.key_sets[0].version, 0x30);
    assert!(profile.check().is_ok());
    let written = toml::to_string(&profile).unwrap();
    assert_eq!(toml::from_str::<CardProfile>(&written).unwrap(), profile);
    assert!(toml::from_str::<CardProfile>("colour = 1").is_err());
}
