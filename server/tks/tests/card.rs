//! TKS and the card's end of the secure channel, joined: what TKS answers, a card with the same keys understands.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use globalplatform::{
    Diversification, Key, KeyAlgorithm, KeySet, Protocol, SessionKeys as ChannelKeys,
    command::PutKey,
    scp::{card, host},
};
use hex_literal::hex;
use iso7816::{Aid, Command, Response};
use keys::{KeyKind, KeyProvider as _, RsaPadding, Sealing, SoftwareKeys};
use proptest::prelude::*;
use secrecy::SecretString;
use store::{Database, tks::KeyChangeStore as _};
use tks::{CardData, DeveloperKeys, DrmTransport, KeySetConfig, MasterKey, TksConfig, TokenKeys};
use token_management::subsystem::{
    SubsystemError,
    tks::{
        CardKeys, EncryptDataRequest, KeyChangeRequest, SessionKeyRequest, TokenKeyService as _,
        TransportAlgorithm,
    },
};
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

const MASTER: [u8; 16] = hex!("404142434445464748494A4B4C4D4E4F");
const CUID: [u8; 10] = hex!("4790502E1F0000000001");
const KDD: [u8; 10] = hex!("A00192030405060708C9");
const HOST_CHALLENGE: [u8; 8] = hex!("775762E45E23667D");
const DRM: &str = "drm-transport";

/// Key version, kind of its master key, scheme, and whether it is for SCP03.
const VERSIONS: [(u8, KeyKind, Diversification, bool); 7] = [
    (0x02, KeyKind::MasterDes3, Diversification::Visa2, false),
    (0x03, KeyKind::MasterDes3, Diversification::Emv, false),
    (0x04, KeyKind::MasterDes3, Diversification::DogtagNist, false),
    (0x05, KeyKind::MasterDes3, Diversification::Emv, true),
    (0x06, KeyKind::MasterAes128, Diversification::Kdf3, true),
    (0x07, KeyKind::MasterAes256, Diversification::DogtagCmac, true),
    (0x08, KeyKind::MasterDes3, Diversification::Visa2, true),
];

type Service = TokenKeys<SoftwareKeys<Database>, Database>;

struct Bench {
    tks: Service,
    keys: Arc<SoftwareKeys<Database>>,
    store: Database,
    _folder: tempfile::TempDir,
}

fn master_bytes(kind: KeyKind) -> Zeroizing<Vec<u8>> {
    let long = [MASTER, MASTER].concat();
    let length = kind.master_algorithm().unwrap().key_length();
    Zeroizing::new(long[..length].to_vec())
}

async fn bench_with(card_data: CardData, scp03_transport: TransportAlgorithm) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let store = Database::in_memory().await.unwrap();
    let sealing = Sealing::KeyFile(folder.path().join("key"));
    let keys = Arc::new(SoftwareKeys::open(store.clone(), &sealing).await.unwrap());
    keys.ensure_keys(&[(DRM, KeyKind::UnwrappingRsa2048)]).await.unwrap();
    let mut masters = BTreeMap::new();
    for (version, kind, scheme, _) in VERSIONS {
        let name = format!("master-{version:02X}");
        keys.import_master_key(&name, kind, &master_bytes(kind)).await.unwrap();
        masters.insert(version, MasterKey { name, scheme });
    }
    let developer = Some(DeveloperKeys::default());
    let key_set = KeySetConfig { developer, masters, card_data };
    let public_key = keys.description(DRM).unwrap().visible;
    let config = TksConfig {
        key_sets: BTreeMap::from([("defKeySet".to_owned(), key_set)]),
        drm: Some(DrmTransport { public_key, padding: RsaPadding::OaepSha256 }),
        scp03_transport,
    };
    let tks = TokenKeys::new(Arc::clone(&keys), store.clone(), config).unwrap();
    Bench { tks, keys, store, _folder: folder }
}

async fn bench() -> Bench {
    bench_with(CardData::Kdd, TransportAlgorithm::AesKeyWrapPadded).await
}

/// The keys on the card, computed apart from TKS.
fn card_key_set(version: u8, protocol: Protocol, data: &[u8; 10]) -> KeySet {
    let keys = match VERSIONS.iter().find(|(known, ..)| *known == version) {
        None => KeySet::same(&Key::des3(MASTER)),
        Some((_, kind, scheme, _)) => {
            let algorithm = kind.master_algorithm().unwrap();
            scheme.derive(&Key::new(algorithm, &master_bytes(*kind)).unwrap(), data).unwrap()
        }
    };
    if protocol.id() == 3 { keys.into_aes() } else { keys }
}

fn card_keys(version: u8, protocol: Protocol) -> CardKeys {
    CardKeys {
        key_set: "defKeySet".to_owned(),
        cuid: CUID,
        kdd: KDD,
        key_version: version,
        key_index: protocol.id(),
    }
}

/// A card that answers INITIALIZE UPDATE.
fn start(keys: &KeySet, version: u8, protocol: Protocol) -> (Vec<u8>, card::Pending) {
    card::Handshake {
        keys,
        key_version: version,
        protocol,
        kdd: KDD,
        sequence_counter: 0x0102,
        aid: Aid::new(&hex!("A000000003000000")).unwrap(),
        random: [0x5A; 16],
    }
    .initialize_update(&HOST_CHALLENGE)
    .unwrap()
}

fn session_request(version: u8, protocol: Protocol, answer: &[u8]) -> SessionKeyRequest {
    SessionKeyRequest {
        card: card_keys(version, protocol),
        initialize_update: answer.to_vec(),
        option: protocol.i(),
        host_challenge: HOST_CHALLENGE,
        transport_key: true,
    }
}

/// Every protocol option with every key version that goes with it.
fn pairs() -> Vec<(u8, Protocol)> {
    let des = [(1, 0x05), (1, 0x15), (2, 0x04), (2, 0x05), (2, 0x15), (2, 0x55)];
    let aes = [(3, 0x00), (3, 0x10), (3, 0x30), (3, 0x70)];
    let mut pairs = Vec::new();
    for (options, scp03) in [(&des[..], false), (&aes[..], true)] {
        for (id, i) in options {
            let protocol = Protocol::new(*id, *i).unwrap();
            pairs.push((0x01, protocol));
            let fitting = VERSIONS.iter().filter(|(.., for_scp03)| *for_scp03 == scp03);
            pairs.extend(fitting.map(|(version, ..)| (*version, protocol)));
        }
    }
    pairs
}

/// EXTERNAL AUTHENTICATE as TPS builds it from what TKS gave.
fn authenticate(
    pending: card::Pending,
    answer: &[u8],
    protocol: Protocol,
    keys: &token_management::subsystem::tks::SessionKeys,
) -> card::Channel {
    let des_or_aes = |bytes: &[u8]| match protocol {
        Protocol::Scp03 { .. } => Key::aes(bytes).unwrap(),
        _ => Key::new(KeyAlgorithm::Des3, bytes).unwrap(),
    };
    let session = ChannelKeys::from_parts(
        des_or_aes(keys.enc.expose()),
        des_or_aes(keys.mac.expose()),
        keys.rmac.as_ref().map(|key| des_or_aes(key.expose())),
        None,
    );
    let verified = host::Handshake::new(&HOST_CHALLENGE)
        .with_option(protocol.i())
        .answer(&Response::ok(answer.to_vec()))
        .unwrap()
        .trust(session, keys.host_cryptogram.into());
    let level = protocol.security_level(0x03).unwrap();
    let (command, _) = verified.external_authenticate(level).unwrap();
    pending.external_authenticate(&command).unwrap()
}

#[tokio::test]
async fn a_card_accepts_the_host_and_takes_the_transport_key() {
    let bench = bench().await;
    for (version, protocol) in pairs() {
        let keys = card_key_set(version, protocol, &KDD);
        let (answer, pending) = start(&keys, version, protocol);
        let request = session_request(version, protocol, &answer);
        let session = bench.tks.session_keys(request).await.unwrap();
        let channel = authenticate(pending, &answer, protocol, &session);

        let transport = session.transport_key.unwrap();
        let on_card = channel.decrypt_sensitive(&transport.for_card).unwrap();
        let at_drm =
            bench.keys.unwrap_key(DRM, RsaPadding::OaepSha256, &transport.for_drm).unwrap();
        assert_eq!(on_card[..], at_drm[..16], "{protocol:?} version {version:02X}");
        let (algorithm, key) = if protocol.id() == 3 {
            (TransportAlgorithm::AesKeyWrapPadded, Key::aes(&on_card).unwrap())
        } else {
            assert_eq!(at_drm[16..], at_drm[..8]);
            (TransportAlgorithm::Des3Cbc, Key::new(KeyAlgorithm::Des3, &on_card).unwrap())
        };
        assert_eq!(transport.algorithm, algorithm);
        assert_eq!(transport.check_value, key.check_value());
    }
}

#[tokio::test]
async fn a_card_reads_the_keys_it_is_changed_to() {
    let bench = bench().await;
    for (version, protocol) in pairs() {
        let keys = card_key_set(version, protocol, &KDD);
        let (answer, pending) = start(&keys, version, protocol);
        let request = session_request(version, protocol, &answer);
        let session = bench.tks.session_keys(request).await.unwrap();
        let channel = authenticate(pending, &answer, protocol, &session);
        let new_version = if protocol.id() == 3 { 0x06 } else { 0x04 };
        let change = KeyChangeRequest {
            card: card_keys(version, protocol),
            new_key_version: new_version,
            initialize_update: answer,
            option: protocol.i(),
        };
        let data = bench.tks.key_change(change).await.unwrap();
        let command = PutKey::parse(&Command::new(0x80, PutKey::INS, 0, 0x81).with_data(data));
        let command = command.unwrap();
        assert_eq!(command.new_version, new_version);
        let block = if protocol.id() == 3 { 16 } else { 8 };
        let read: Vec<Key> = command
            .components
            .iter()
            .map(|component| {
                component.decrypt(block, |data| Ok(channel.decrypt_sensitive(data)?)).unwrap()
            })
            .collect();
        let expected = card_key_set(new_version, protocol, &KDD);
        assert_eq!(read.iter().collect::<Vec<_>>(), expected.in_order());
    }
    let changes = bench.store.key_changes(&CUID).await.unwrap();
    assert_eq!(changes.len(), pairs().len());
    assert_eq!((changes[0].old_version, changes[0].new_version), (0x08, 0x06));
}

#[tokio::test]
async fn a_card_reads_data_that_were_encrypted_for_it() {
    let bench = bench().await;
    for (version, protocol) in pairs() {
        let keys = card_key_set(version, protocol, &KDD);
        let (answer, pending) = start(&keys, version, protocol);
        let request = session_request(version, protocol, &answer);
        let session = bench.tks.session_keys(request).await.unwrap();
        let channel = authenticate(pending, &answer, protocol, &session);
        let request = EncryptDataRequest {
            card: card_keys(version, protocol),
            initialize_update: answer,
            option: protocol.i(),
            data: b"sixteen bytes...".to_vec(),
        };
        let encrypted = bench.tks.encrypt_data(request).await.unwrap();
        assert_eq!(channel.decrypt_sensitive(&encrypted).unwrap()[..], *b"sixteen bytes...");
    }
}

/// A vector of Dogtag's TKS self test: developer keys, SCP01.
#[tokio::test]
async fn the_session_key_of_dogtags_self_test() {
    let bench = bench().await;
    let answer = [&KDD[..], &hex!("0101 BD6D19856E540FCD A3BA811B31D3337D")].concat();
    let protocol = Protocol::new(1, 0x05).unwrap();
    let session = bench.tks.session_keys(session_request(0x01, protocol, &answer)).await.unwrap();
    assert_eq!(session.mac.expose(), hex!("D1BEB826DC5620258C93E7DEF0AB4F5B"));
    assert_eq!(session.host_cryptogram, hex!("40A14AD953A5B545"));
}

/// What Dogtag's TKS answered, ours answers.
#[tokio::test]
async fn answers_are_those_that_dogtag_gave() {
    let bench = bench().await;
    let protocol = Protocol::new(1, 0x05).unwrap();
    let mut answered = 0;
    let lines = include_str!("data/dogtag-tks.txt").lines().filter(|l| !l.starts_with('#'));
    for line in lines {
        let (kind, fields) = line.split_once(' ').unwrap();
        let fields: Vec<Vec<u8>> = fields.split(' ').map(|f| hex::decode(f).unwrap()).collect();
        let mut card = card_keys(0x01, protocol);
        card.kdd = fields[0].clone().try_into().unwrap();
        if kind == "session" {
            let mut request = session_request(0x01, protocol, &[]);
            request.initialize_update = [&card.kdd[..], &[1, 1], &fields[1], &fields[2]].concat();
            request.host_challenge = fields[3].clone().try_into().unwrap();
            request.card = card;
            let session = bench.tks.session_keys(request).await.unwrap();
            assert_eq!(session.host_cryptogram, fields[4][..]);
        } else {
            let initialize_update = [&card.kdd[..], &[1, 1], &[0; 16]].concat();
            let data = fields[1].clone();
            let option = protocol.i();
            let request = EncryptDataRequest { card, initialize_update, option, data };
            assert_eq!(bench.tks.encrypt_data(request).await.unwrap(), fields[2]);
        }
        answered += 1;
    }
    assert_eq!(answered, 7);
}

#[tokio::test]
async fn a_card_with_other_keys_is_found_out() {
    let bench = bench().await;
    for (version, protocol) in pairs() {
        let other = match protocol {
            Protocol::Scp03 { .. } => KeySet::same(&Key::aes(&[7; 16]).unwrap()),
            _ => KeySet::same(&Key::des3([7; 16])),
        };
        let (answer, _) = start(&other, version, protocol);
        let request = session_request(version, protocol, &answer);
        let refused = bench.tks.session_keys(request).await.unwrap_err();
        assert_eq!(refused, SubsystemError::CardCryptogram);
    }
}

#[tokio::test]
async fn the_cuid_takes_the_place_of_kdd_where_configured() {
    let bench = bench_with(CardData::Cuid, TransportAlgorithm::AesCbc).await;
    let protocol = Protocol::new(2, 0x15).unwrap();
    let (answer, _) = start(&card_key_set(0x04, protocol, &CUID), 0x04, protocol);
    bench.tks.session_keys(session_request(0x04, protocol, &answer)).await.unwrap();
    let (answer, _) = start(&card_key_set(0x04, protocol, &KDD), 0x04, protocol);
    let refused = bench.tks.session_keys(session_request(0x04, protocol, &answer)).await;
    assert_eq!(refused.unwrap_err(), SubsystemError::CardCryptogram);
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let bench = bench().await;
    let protocol = Protocol::new(1, 0x05).unwrap();
    let (answer, _) = start(&card_key_set(0x01, protocol, &KDD), 0x01, protocol);
    let good = session_request(0x01, protocol, &answer);

    let mut request = good.clone();
    request.card.key_set = "jForte".to_owned();
    let error = bench.tks.session_keys(request).await.unwrap_err();
    assert!(matches!(error, SubsystemError::NotFound(_)), "{error}");

    let (answer, _) = start(&card_key_set(0x01, protocol, &KDD), 0x20, protocol);
    let error = bench.tks.session_keys(session_request(0x20, protocol, &answer)).await;
    assert!(matches!(error.unwrap_err(), SubsystemError::NotFound(_)));

    let mut request = good.clone();
    request.card.kdd = CUID;
    let error = bench.tks.session_keys(request).await.unwrap_err();
    assert!(matches!(error, SubsystemError::Refused(_)), "{error}");

    for length in [0, 15, 272] {
        let request = EncryptDataRequest {
            card: good.card.clone(),
            initialize_update: good.initialize_update.clone(),
            option: protocol.i(),
            data: vec![0; length],
        };
        let error = bench.tks.encrypt_data(request).await.unwrap_err();
        assert!(matches!(error, SubsystemError::Refused(_)), "{error}");
    }
    assert!(bench.tks.random(0).await.is_err());
    assert!(bench.tks.random(1025).await.is_err());
    assert_eq!(bench.tks.random(1024).await.unwrap().len(), 1024);
}

#[tokio::test]
async fn a_configuration_with_the_wrong_kind_of_key_does_not_start() {
    let bench = bench().await;
    for (name, scheme) in [
        ("master-06", Diversification::Emv),
        ("master-02", Diversification::Kdf3),
        ("master-02", Diversification::None),
        (DRM, Diversification::DogtagNist),
        ("nobody", Diversification::Visa2),
    ] {
        let mut config = TksConfig::default();
        let key_set = config.key_sets.get_mut("defKeySet").unwrap();
        key_set.masters.insert(0x02, MasterKey { name: name.to_owned(), scheme });
        let started = TokenKeys::new(Arc::clone(&bench.keys), bench.store.clone(), config);
        assert!(started.is_err(), "{name} with {scheme:?}");
    }
}

/// A service with developer keys, made once: the property below asks it often.
static SERVICE: LazyLock<(Runtime, Service)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let service = runtime.block_on(async {
        let store = Database::in_memory().await.unwrap();
        let sealing = Sealing::Passphrase(SecretString::from("property".to_owned()));
        let keys = SoftwareKeys::open(store.clone(), &sealing).await.unwrap();
        TokenKeys::new(Arc::new(keys), store, TksConfig::default()).unwrap()
    });
    (runtime, service)
});

proptest! {
    /// A hostile card or TPS gets an answer, never a panic.
    #[test]
    fn any_answer_of_a_card_is_met_with_a_refusal(
        tail in prop::collection::vec(any::<u8>(), 0..64),
        version in any::<u8>(),
        option in any::<u8>(),
    ) {
        let (runtime, tks) = &*SERVICE;
        let protocol = Protocol::new(1, 0x05).unwrap();
        let answer = [&KDD[..], &[version], &tail].concat();
        let mut request = session_request(version, protocol, &answer);
        request.option = option;
        prop_assert!(runtime.block_on(tks.session_keys(request)).is_err());
    }
}
