//! What a card takes from its profile.

use card::{
    AlgorithmFamily, CardError, CardProfile, InitialKeySet, JavaCardLevel, ProfileError,
    PutKeyRule, Transmission, profile::COOLKEY_ATR,
};
use globalplatform::{KeyAlgorithm, data::Privileges, scp::host::Handshake};
use hex_literal::hex;
use iso7816::{Aid, Response, StatusWord};

use crate::{
    keys::{Dialect, put_key},
    memo::ijc,
    support::{Bench, MODULE, PACKAGE, modules, new_keys, random, scp},
};

/// An ATR that offers T=1 only, and one that a reader makes of a contactless card.
const ATR_T1: &[u8] = &hex!("3B 80 01 81");
const ATR_CONTACTLESS: &[u8] = &hex!("3B 84 80 01 01 02 03 04 01");

fn with(change: impl FnOnce(&mut CardProfile)) -> CardProfile {
    let mut profile = CardProfile::default();
    change(&mut profile);
    profile
}

#[test]
fn the_protocol_must_be_one_that_the_atr_offers() {
    use Transmission::{Apdu, ContactlessA, ContactlessB, T0, T1};
    let offers: [(&[u8], &[Transmission]); 3] = [
        (&COOLKEY_ATR, &[Apdu, T0]),
        (ATR_T1, &[Apdu, T1]),
        (ATR_CONTACTLESS, &[Apdu, T0, T1, ContactlessA, ContactlessB]),
    ];
    for (atr, allowed) in offers {
        for protocol in [Apdu, T0, T1, ContactlessA, ContactlessB] {
            let profile = with(|profile| {
                profile.personality.atr = atr.to_vec();
                profile.personality.java_card.protocol = protocol;
            });
            let checked = profile.check();
            assert_eq!(checked.is_ok(), allowed.contains(&protocol), "{atr:02X?} {protocol:?}");
            let Err(error) = checked else { continue };
            assert!(matches!(error, ProfileError::AtrContradicts { .. }));
            assert!(error.to_string().contains(protocol.name()), "{error}");
        }
    }
    assert!(CardProfile::default().check().is_ok(), "the CoolKey ATR, whole commands");
}

#[test]
fn an_answer_to_select_has_the_historical_bytes_of_the_atr() {
    for (ats, good) in [
        (&hex!("06 00 01 02 03 04")[..], true),
        (&hex!("09 68 80 90 02 01 02 03 04")[..], false),
        (&hex!("09 70 80 90 02 01 02 03 04")[..], true),
        (&hex!("05 00 01 02 03 04")[..], false),
        (&hex!("06 00 01 02 03 05")[..], false),
        (&hex!("01")[..], false),
    ] {
        let profile = with(|profile| {
            profile.personality.atr = ATR_CONTACTLESS.to_vec();
            profile.personality.ats = ats.to_vec();
            profile.personality.java_card.protocol = Transmission::ContactlessA;
        });
        assert_eq!(profile.check().is_ok(), good, "{ats:02X?}");
    }
}

#[test]
fn an_error_names_the_field_and_what_is_allowed() {
    type Change = fn(&mut CardProfile);
    let cases: [(Change, &str, &str); 12] = [
        (|p| p.personality.memory = 1, "personality.memory", "8192 to 16777216"),
        (|p| p.personality.life_cycle = 3, "personality.life_cycle", "01 (OP_READY)"),
        (|p| p.personality.block_size = 1, "personality.block_size", "64 to 255"),
        (|p| p.personality.channels = 0, "personality.channels", "1 to"),
        (|p| p.personality.command_length_max = 5, "personality.command_length_max", "261"),
        (|p| p.personality.kdd = vec![1], "personality.kdd", "10 bytes"),
        (|p| p.personality.des_protocol = 3, "personality.des_", "SCP02 with"),
        (|p| p.personality.cplc.packaging = vec![], "personality.cplc.packaging", "8 bytes"),
        (
            |p| p.personality.java_card.algorithms.rsa_bits_max = 5000,
            "personality.java_card.algorithms.rsa_bits_max",
            "512 to 4096",
        ),
        (
            |p| p.personality.java_card.instructions = 0,
            "personality.java_card.instructions",
            "1 and more",
        ),
        (|p| p.key_sets.push(p.key_sets[0].clone()), "key_sets", "once"),
        (|p| p.default_applet = Some(MODULE), "default_applet", "[[applications]]"),
    ];
    for (change, field, allowed) in cases {
        let error = with(change).check().unwrap_err().to_string();
        assert!(error.contains(field) && error.contains(allowed), "{field}: {error}");
    }
    let unknown = toml::from_str::<CardProfile>("[personality]\nmemry = 1").unwrap_err();
    assert!(unknown.message().contains("memry") && unknown.message().contains("memory"));
    let level = toml::from_str::<CardProfile>("[personality.java_card]\nlevel = \"4\"");
    assert!(level.unwrap_err().message().contains("3.0.5"));
    let family = "[personality.java_card.algorithms]\nwithout = [\"rot13\"]";
    assert!(
        toml::from_str::<CardProfile>(family).unwrap_err().message().contains("elliptic-curves")
    );
}

#[test]
fn a_load_file_for_a_later_java_card_is_refused() {
    for (level, good) in
        [(JavaCardLevel::V3_2, true), (JavaCardLevel::V2_2_1, true), (JavaCardLevel::V2_1_1, false)]
    {
        let profile = with(|profile| profile.personality.java_card.level = level);
        let mut bench = Bench::with(&profile);
        let used = bench.card.memory().used;
        let loaded = bench.card.load(&ijc());
        assert_eq!(loaded.is_ok(), good, "{level:?}");
        if !good {
            assert_eq!(loaded, Err(StatusWord::WRONG_DATA));
            assert!(
                bench.card.failure().unwrap().to_string().contains("version 1.0 is on the card")
            );
            assert_eq!(bench.card.memory().used, used);
        }
        let environment = [0x66, 0x0C, 0x06, 0x0A];
        let data = bench.bytes("00CA006600").data;
        let at = data.windows(4).position(|window| window == environment).unwrap();
        assert_eq!(data[at + 13], level.major());
    }
}

#[test]
fn data_objects_are_those_of_the_profile_where_it_gives_them() {
    let profile = with(|profile| {
        profile.personality.card_data = hex!("73 02 05 00").to_vec();
        profile.personality.capabilities = hex!("82 01 00").to_vec();
        profile.personality.kdd = vec![7; 10];
    });
    let mut bench = Bench::with(&profile);
    assert_eq!(bench.bytes("80CA006600").data, hex!("66 04 73 02 05 00"));
    assert_eq!(bench.bytes("80CA006700").data, hex!("67 03 82 01 00"));
    assert_eq!(bench.bytes("80CA00CF00").data, hex!("CF 0A 07070707070707070707"));
    let update = bench.bytes("8050000008 0102030405060708 00");
    assert_eq!(update.data[..10], [7; 10]);
    let mut twin = bench.twin();
    assert_eq!(twin.bytes("80CA006600").data, hex!("66 04 73 02 05 00"), "in the image, too");
}

#[test]
fn a_card_has_the_channels_and_the_command_length_of_its_profile() {
    let profile = with(|profile| {
        profile.personality.channels = 2;
        profile.personality.command_length_max = 261;
    });
    let mut bench = Bench::with(&profile);
    assert_eq!(bench.bytes("0070000001"), Response::ok(vec![1]));
    assert_eq!(bench.bytes("0070000001").status, StatusWord::FUNCTION_NOT_SUPPORTED);
    assert_eq!(bench.bytes("0070000200").status, StatusWord::FUNCTION_NOT_SUPPORTED);
    assert_eq!(bench.bytes("02A4040000").status, StatusWord::CHANNEL_NOT_SUPPORTED);
    assert_eq!(bench.bytes("0070800200").status, StatusWord::CHANNEL_NOT_SUPPORTED);
    let mut long = hex!("80 CA 00 66 00 0001").to_vec();
    long.extend([0; 255]);
    assert_eq!(bench.card.transmit(&long), hex!("6700"));
    assert!(bench.bytes("80CA006600").status.is_ok());
}

#[test]
fn packages_that_are_not_in_rom_are_not_there() {
    let profile = with(|profile| profile.personality.rom = Some(Vec::new()));
    let mut bench = Bench::with(&profile);
    assert_eq!(
        bench.card.install(MODULE, MODULE, b"born"),
        Err(StatusWord::REFERENCED_DATA_NOT_FOUND)
    );
    let profile = with(|profile| profile.personality.rom = Some(vec![PACKAGE]));
    let written = toml::to_string(&profile).unwrap();
    assert_eq!(toml::from_str::<CardProfile>(&written).unwrap(), profile);
    let mut bench = Bench::with(&profile);
    bench.install(MODULE);
    assert!(bench.twin().select(MODULE).status.is_ok());
}

#[test]
fn a_profile_that_is_none_makes_no_card() {
    let profile = with(|profile| profile.personality.java_card.protocol = Transmission::T1);
    let made = card::Card::new(&profile, modules(), random(1));
    assert!(matches!(made, Err(CardError::Profile(ProfileError::AtrContradicts { .. }))));
    let profile = with(|profile| {
        profile.personality.java_card.algorithms.without = vec![AlgorithmFamily::Aes];
    });
    let written = toml::to_string(&profile).unwrap();
    assert_eq!(toml::from_str::<CardProfile>(&written).unwrap(), profile);
}

#[test]
fn a_set_that_put_key_adds_speaks_what_the_profile_says_of_its_version() {
    let rule = PutKeyRule { first: 0x10, last: 0x1F, protocol: 1, option: 0x15 };
    let profile = with(|profile| profile.personality.put_key = vec![rule]);
    let mut bench = Bench::with(&profile);
    for (version, algorithm, expected) in [
        (0x10, KeyAlgorithm::Des3, [1, 0x15]),
        (0x20, KeyAlgorithm::Des3, [2, 0x15]),
        (0x1F, KeyAlgorithm::Aes128, [3, 0x70]),
    ] {
        let mut channel = bench.authenticate();
        let keys = new_keys(algorithm);
        let put = put_key(&channel, 0, version, &keys, Dialect::GlobalPlatform);
        assert!(bench.secure(&mut channel, &put).status.is_ok());
        let update = bench.bytes(&format!("8050{version:02X}0008 0102030405060708 00"));
        assert_eq!(update.data[10..12], [version, expected[0]]);
        let data = bench.bytes("00CA006600").data;
        let channel = [&hex!("2A864886FC6B04")[..], &expected].concat();
        assert!(data.windows(9).any(|window| window == channel), "{version:02X}: {data:02X?}");
    }
    let wrong = PutKeyRule { first: 2, last: 1, ..rule };
    let error = with(|profile| profile.personality.put_key = vec![wrong]).check().unwrap_err();
    assert!(error.to_string().contains("personality.put_key"), "{error}");
}

#[test]
fn a_manufacturer_gives_a_domain_its_keys() {
    let mut bench = Bench::new();
    let domain = Aid::from_const(b"\xA0\x00\x00\x01\x51\x53\x01");
    let set = InitialKeySet::test_keys_of(0x30, scp(3, 0x71), KeyAlgorithm::Aes256);
    let missing = bench.card.put_key_set(domain, &set);
    assert_eq!(missing, Err(StatusWord::REFERENCED_DATA_NOT_FOUND));
    let privileges = Privileges::SECURITY_DOMAIN;
    bench.card.install_with(card::DOMAIN_MODULE, domain, privileges, &[]).unwrap();
    bench.card.put_key_set(domain, &set).unwrap();
    let mut twin = bench.twin();
    assert_eq!(twin.card.applications()[0].life_cycle, 0x0F);
    assert!(twin.select(domain).status.is_ok());
    let handshake = Handshake::new(&[7; 16]);
    twin.open(handshake, &set.key_set().unwrap().1, 0x33);
    let unfit = InitialKeySet::test_keys_of(0x30, scp(2, 0x15), KeyAlgorithm::Aes256);
    assert_eq!(bench.card.put_key_set(domain, &unfit), Err(StatusWord::WRONG_DATA));
}
