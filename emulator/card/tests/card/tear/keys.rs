//! PUT KEY and DELETE of keys.

use card::{CardProfile, InitialKeySet};
use globalplatform::{
    KeyAlgorithm, KeySet,
    command::{Delete, DeleteTarget, KeyBlockDialect, KeyComponent, PutKey},
    scp::host::{Channel, Handshake},
};

use super::{Cuts, Sweep, report, session, stage::stage, sweep};
use crate::{
    domains::{FIRST, SECOND, enter, install_domain},
    support::{Bench, ISD, keys_for, new_keys, scp},
};

/// PUT KEY needs the session's key for what it carries.
fn put(
    what: &str,
    start: &Bench,
    prepare: impl Fn(&mut Bench) -> Channel,
    command: impl Fn(&Channel) -> PutKey,
) -> Cuts {
    let command = |bench: &mut Bench, channel: &mut Channel| {
        let command = command(channel).to_command();
        bench.secure(channel, &command)
    };
    Sweep { what, start, prepare, command }.run()
}

fn key_set(replaces: Option<u8>, version: u8, keys: &KeySet, channel: &Channel) -> PutKey {
    let dialect = KeyBlockDialect::Scp02;
    PutKey::for_session(replaces, version, keys, channel.keys().unwrap(), dialect).unwrap()
}

#[test]
fn put_key() {
    let start = stage();
    let des = new_keys(KeyAlgorithm::Des3);
    let aes = new_keys(KeyAlgorithm::Aes128);
    let issuer = |bench: &mut Bench| session(bench, ISD).unwrap();
    let mut cuts = vec![
        put("PUT KEY: a new set", &start, issuer, |on| key_set(None, 3, &des, on)),
        put("PUT KEY: a set of AES keys", &start, issuer, |on| key_set(None, 0x30, &aes, on)),
        put("PUT KEY: a set replaced", &start, issuer, |on| key_set(Some(1), 1, &des, on)),
        put("PUT KEY: a set under another version", &start, issuer, |on| {
            key_set(Some(1), 2, &des, on)
        }),
        put("PUT KEY: a key replaced", &start, issuer, |on| {
            let all = key_set(Some(1), 1, &des, on);
            let components = all.components.into_iter().take(1).collect();
            PutKey { several: false, components, ..all }
        }),
        put("PUT KEY: a public key", &start, issuer, |_| {
            let part = |kind, block: &[u8]| KeyComponent::clear(kind, block.to_vec());
            let parts = vec![part(0xA1, &[7; 64]), part(0xA0, &[3])];
            PutKey::for_components(None, 0x73, 1, parts, None)
        }),
    ];
    let first = |bench: &mut Bench| enter(bench, FIRST, &des);
    let own = KeySet::same(&globalplatform::Key::des3([0x77; 16]));
    cuts.push(put("PUT KEY: a domain's set", &start, first, |on| key_set(Some(1), 1, &own, on)));
    // A complete set takes the place of the initial one.
    let key_sets = vec![InitialKeySet::test_keys(0xFF, scp(2, 0x15))];
    let initial = Bench::with(&CardProfile { key_sets, ..CardProfile::default() });
    cuts.push(put("PUT KEY: the first set", &initial, issuer, |on| key_set(None, 1, &des, on)));
    let mut bare = Bench::new();
    let mut channel = session(&mut bare, ISD).unwrap();
    assert!(bare.secure(&mut channel, &install_domain(SECOND, &[0x80, 0, 0], &[])).status.is_ok());
    let second = |bench: &mut Bench| enter(bench, SECOND, &keys_for(scp(2, 0x15)));
    cuts.push(put("PUT KEY: a domain is personalised", &bare, second, |on| {
        key_set(None, 1, &own, on)
    }));
    report("PUT KEY", cuts.into_iter().sum(), 24);
}

#[test]
fn delete_key() {
    let mut start = stage();
    let des = new_keys(KeyAlgorithm::Des3);
    let mut channel = session(&mut start, ISD).unwrap();
    let another = key_set(None, 3, &des, &channel).to_command();
    assert!(start.secure(&mut channel, &another).status.is_ok());
    // The set has counted sessions, which go with it.
    start.open(Handshake::new(&[1; 8]).with_key_version(3), &des, 1);
    let by_id = Delete {
        targets: vec![DeleteTarget::Key { key_index: Some(2), key_version: Some(3) }],
        ..Delete::key_version(3)
    };
    let of_all = Delete {
        targets: vec![DeleteTarget::Key { key_index: Some(1), key_version: Some(3) }],
        ..Delete::key_version(3)
    };
    let cuts = [
        sweep("DELETE of a key set", &start, &Delete::key_version(3).to_command()),
        sweep("DELETE of a key", &start, &by_id.to_command()),
        sweep("DELETE of another key", &start, &of_all.to_command()),
    ];
    report("DELETE of keys", cuts.into_iter().sum(), 7);
}
