//! Supplementary security domains: made, personalised, given content, moved, deleted.

use card::{DOMAIN_LOAD_FILE, DOMAIN_MODULE};
use globalplatform::{
    KeyAlgorithm, KeySet,
    command::{KeyBlockDialect, PutKey, SetStatus, StatusScope},
    scp::host::{Channel, Handshake},
};
use iso7816::{Aid, Command, StatusWord};

use crate::support::{
    Bench, ISD, MODULE, OTHER, PACKAGE, delete, install_for_load, keys_for, loads, lv, new_keys,
    scp,
};

pub(crate) const FIRST: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x09, 0x99, 0x01]);
pub(crate) const SECOND: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x09, 0x99, 0x02]);
/// Security domain; the same with Authorized Management.
pub(crate) const PLAIN: &[u8] = &[0x80, 0x00, 0x00];
pub(crate) const AUTHORIZED: &[u8] = &[0x80, 0x40, 0x00];
const OK: StatusWord = StatusWord::OK;
const IN_USE: StatusWord = StatusWord::CONDITIONS_OF_USE;

pub(crate) fn install_domain(aid: Aid, privileges: &[u8], c9: &[u8]) -> Command {
    let mut parameters = vec![0xC9];
    parameters.extend(lv(c9));
    let (file, module) = (DOMAIN_LOAD_FILE, DOMAIN_MODULE);
    let fields = [file.as_bytes(), module.as_bytes(), aid.as_bytes(), privileges, &parameters, &[]];
    Command::new(0x80, 0xE6, 0x0C, 0).with_data(fields.map(lv).concat()).with_expected(256)
}

fn install_module(instance: Aid) -> Command {
    crate::support::install(0x0C, instance, &[0], &[0xC9, 0])
}

pub(crate) fn extradite(object: Aid, to: Aid) -> Command {
    let fields = [to.as_bytes(), &[], object.as_bytes(), &[], &[], &[]];
    Command::new(0x80, 0xE6, 0x10, 0).with_data(fields.map(lv).concat()).with_expected(256)
}

fn get_status(p1: u8) -> Command {
    Command::new(0x80, 0xF2, p1, 2).with_data([0x4F, 0]).with_expected(256)
}

/// A session with a domain, opened with these keys.
pub(crate) fn enter(bench: &mut Bench, domain: Aid, keys: &KeySet) -> Channel {
    assert_eq!(bench.select(domain).status, OK);
    bench.open(Handshake::new(&[7; 8]), keys, 0x03)
}

/// A domain below the issuer's with keys of its own.
pub(crate) fn personalized(bench: &mut Bench, aid: Aid, privileges: &[u8]) -> KeySet {
    let mut issuer = enter(bench, ISD, &keys_for(scp(2, 0x15)));
    assert_eq!(bench.secure(&mut issuer, &install_domain(aid, privileges, &[])).status, OK);
    // A domain without keys uses those of the one above it.
    let mut channel = enter(bench, aid, &keys_for(scp(2, 0x15)));
    let keys = new_keys(KeyAlgorithm::Des3);
    let dek = channel.keys().unwrap().dek().unwrap().clone();
    let put = PutKey::for_key_set(None, 1, &keys, &dek, KeyBlockDialect::Scp02).unwrap();
    assert_eq!(bench.secure(&mut channel, &put.to_command()).status, OK);
    keys
}

#[test]
fn privileges_that_do_not_go_together_are_refused() {
    let mut bench = Bench::new();
    let mut issuer = enter(&mut bench, ISD, &keys_for(scp(2, 0x15)));
    let both = install_domain(FIRST, &[0xA0, 0x40, 0x00], &[]);
    assert_eq!(bench.secure(&mut issuer, &both).status, StatusWord::WRONG_DATA);
    // DAP verification of an application that is no security domain.
    let verifier = crate::support::install(0x0C, MODULE, &[0x40, 0, 0], &[0xC9, 0]);
    assert_eq!(bench.secure(&mut issuer, &verifier).status, StatusWord::WRONG_DATA);
    assert_eq!(bench.card.applications(), []);
}

fn life_cycle(bench: &mut Bench, aid: Aid) -> u8 {
    let all = bench.card.applications();
    all.into_iter().find(|entry| entry.aid == aid).map_or(0, |entry| entry.life_cycle)
}

#[test]
fn a_domain_has_keys_of_its_own_once_it_is_given_some() {
    let mut bench = Bench::new();
    let keys = personalized(&mut bench, FIRST, PLAIN);
    assert_eq!(life_cycle(&mut bench, FIRST), 0x0F, "PERSONALIZED");
    enter(&mut bench, FIRST, &keys);
    enter(&mut bench, ISD, &keys_for(scp(2, 0x15)));
    let answer = bench.select(FIRST);
    assert!(answer.data.windows(FIRST.as_bytes().len()).any(|part| part == FIRST.as_bytes()));
    let information = bench.bytes("80 CA 00 E0 00").data;
    assert_eq!(hex::encode_upper(information), "E012C00401018010C00402018010C00403018010");
}

#[test]
fn content_goes_where_its_domain_is_and_moves() {
    let mut bench = Bench::new();
    personalized(&mut bench, FIRST, PLAIN);
    let keys = personalized(&mut bench, SECOND, AUTHORIZED);
    let mut second = enter(&mut bench, SECOND, &keys);
    let load = install_for_load(PACKAGE, &[]);
    assert_eq!(bench.secure(&mut second, &load).status, OK);
    for block in loads(&[0x5A; 300], 200) {
        assert_eq!(bench.secure(&mut second, &block).status, OK);
    }
    assert_eq!(bench.secure(&mut second, &install_module(MODULE)).status, OK);
    let told = bench.secure(&mut second, &get_status(0x40)).data;
    let ends = |told: &[u8], domain: Aid| {
        let mut object = vec![0xCC];
        object.extend(lv(domain.as_bytes()));
        told.windows(object.len()).filter(|part| *part == object).count()
    };
    assert_eq!((ends(&told, SECOND), ends(&told, ISD)), (1, 1), "itself and its application");
    assert_eq!(bench.secure(&mut second, &extradite(MODULE, FIRST)).status, OK);
    let gone = bench.secure(&mut second, &delete(MODULE, 0)).status;
    assert_eq!(gone, IN_USE, "it is another domain's now");
    let mut issuer = enter(&mut bench, ISD, &keys_for(scp(2, 0x15)));
    assert_eq!(bench.secure(&mut issuer, &delete(FIRST, 0)).status, IN_USE, "not empty");
    assert_eq!(bench.secure(&mut issuer, &delete(FIRST, 0x80)).status, OK);
    assert!(!bench.select(MODULE).status.is_ok(), "went with its domain");
    let mut issuer = enter(&mut bench, ISD, &keys_for(scp(2, 0x15)));
    assert_eq!(bench.secure(&mut issuer, &delete(SECOND, 0x80)).status, OK);
    let left = bench.secure(&mut issuer, &get_status(0x40)).status;
    assert_eq!(left, StatusWord::REFERENCED_DATA_NOT_FOUND);
}

#[test]
fn a_domain_without_management_changes_nothing() {
    let mut bench = Bench::new();
    let keys = personalized(&mut bench, FIRST, PLAIN);
    let mut channel = enter(&mut bench, FIRST, &keys);
    for command in [
        install_for_load(PACKAGE, &[]),
        install_module(MODULE),
        delete(MODULE, 0),
        extradite(FIRST, FIRST),
    ] {
        let header = command.header;
        assert_eq!(bench.secure(&mut channel, &command).status, IN_USE, "{header:?}");
    }
    let status = bench.secure(&mut channel, &get_status(0x80)).status;
    assert_eq!(status, StatusWord::WRONG_P1P2, "the card's own state is the issuer's");
}

#[test]
fn hierarchies_have_no_circles_and_roots_of_their_own() {
    let mut bench = Bench::new();
    personalized(&mut bench, FIRST, PLAIN);
    personalized(&mut bench, SECOND, PLAIN);
    let mut issuer = enter(&mut bench, ISD, &keys_for(scp(2, 0x15)));
    assert_eq!(bench.secure(&mut issuer, &extradite(SECOND, FIRST)).status, OK);
    assert_eq!(bench.secure(&mut issuer, &extradite(FIRST, SECOND)).status, IN_USE, "a circle");
    let unknown = bench.secure(&mut issuer, &extradite(OTHER, FIRST)).status;
    assert_eq!(unknown, StatusWord::REFERENCED_DATA_NOT_FOUND);
    assert_eq!(bench.secure(&mut issuer, &extradite(ISD, FIRST)).status, IN_USE);
    assert_eq!(bench.secure(&mut issuer, &extradite(FIRST, FIRST)).status, OK, "a new root");
    let moved = bench.secure(&mut issuer, &extradite(SECOND, ISD)).status;
    assert_eq!(moved, IN_USE, "it stands under another root");
}

#[test]
fn a_domain_may_take_nothing_that_is_extradited_to_it() {
    let mut bench = Bench::new();
    let mut issuer = enter(&mut bench, ISD, &keys_for(scp(2, 0x15)));
    // 82: extradition to it is accepted from nobody.
    let closed = install_domain(FIRST, PLAIN, &[0x82, 0x01, 0x00]);
    assert_eq!(bench.secure(&mut issuer, &closed).status, OK);
    assert_eq!(bench.secure(&mut issuer, &install_module(MODULE)).status, OK);
    let mut channel = enter(&mut bench, FIRST, &keys_for(scp(2, 0x15)));
    let keys = new_keys(KeyAlgorithm::Des3);
    let dek = channel.keys().unwrap().dek().unwrap().clone();
    let put = PutKey::for_key_set(None, 1, &keys, &dek, KeyBlockDialect::Scp02).unwrap();
    assert_eq!(bench.secure(&mut channel, &put.to_command()).status, OK);
    let mut issuer = enter(&mut bench, ISD, &keys_for(scp(2, 0x15)));
    assert_eq!(bench.secure(&mut issuer, &extradite(MODULE, FIRST)).status, IN_USE);
}

#[test]
fn a_domain_without_card_lock_does_not_lock_the_card() {
    let mut profile = card::CardProfile::default();
    profile.personality.life_cycle = 0x0F;
    let mut bench = Bench::with(&profile);
    let keys = personalized(&mut bench, FIRST, PLAIN);
    let mut channel = enter(&mut bench, FIRST, &keys);
    let lock = Command::new(0x80, 0xF0, 0x80, 0x7F);
    assert_eq!(bench.secure(&mut channel, &lock).status, IN_USE);
    assert_eq!(bench.card.info().life_cycle, 0x0F);
}

#[test]
fn a_locked_domain_obeys_nothing_and_its_applications_can_be_locked_with_it() {
    let mut bench = Bench::new();
    let keys = personalized(&mut bench, FIRST, PLAIN);
    let mut issuer = enter(&mut bench, ISD, &keys_for(scp(2, 0x15)));
    assert_eq!(bench.secure(&mut issuer, &install_module(MODULE)).status, OK);
    assert_eq!(bench.secure(&mut issuer, &extradite(MODULE, FIRST)).status, OK);
    let all = |state| {
        let scope = StatusScope::SecurityDomainAndApplications;
        SetStatus { scope, state, aid: Some(FIRST) }.to_command()
    };
    assert_eq!(bench.secure(&mut issuer, &all(0x80)).status, OK);
    assert_eq!((life_cycle(&mut bench, FIRST), life_cycle(&mut bench, MODULE)), (0x8F, 0x87));
    assert!(!bench.select(FIRST).status.is_ok());
    assert!(!bench.select(MODULE).status.is_ok());
    let mut issuer = enter(&mut bench, ISD, &keys_for(scp(2, 0x15)));
    assert_eq!(bench.secure(&mut issuer, &all(0x00)).status, OK);
    enter(&mut bench, FIRST, &keys);
    assert_eq!(life_cycle(&mut bench, MODULE), 0x07);
}

#[test]
fn a_domain_outlives_the_power_and_the_process() {
    let mut bench = Bench::new();
    let keys = personalized(&mut bench, FIRST, AUTHORIZED);
    let mut twin = bench.twin();
    enter(&mut twin, FIRST, &keys);
    assert_eq!(
        twin.card.applications(),
        bench
            .card
            .applications()
            .into_iter()
            .map(|mut entry| {
                entry.selected = entry.aid == FIRST;
                entry
            })
            .collect::<Vec<_>>()
    );
}
