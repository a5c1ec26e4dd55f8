//! Random sequences of content management, on a card and on a model of its registry: both answer alike, and hold the same after each
//! command.

mod registry;

use std::env;

use card::{CardProfile, DOMAIN_LOAD_FILE};
use globalplatform::{
    KeyAlgorithm, SecurityLevel,
    command::{
        Delete, GetStatus, Install, InstallParameters, InstallPurpose, KeyBlockDialect, PutKey,
        SetStatus, StatusScope, StoreData, StoreDataEncryption, StoreDataFormat,
    },
    data::{LOAD_FILE_LOADED, Privileges, RegistryEntry},
    scp::host::{Channel, Handshake},
};
use iso7816::{Aid, Command, Response, StatusWord};
use proptest::{prelude::*, sample::select};

use self::registry::{CARD_LOCKED, FILES, LOCKED, Model, SECURED};
use crate::{
    memo::{MEMO, ijc},
    support::{Bench, ISD, PACKAGE, keys_for, loads, new_keys, scp},
};

/// Cases where the environment asks for no other number; steps of one.
const CASES: u32 = 96;
const STEPS: usize = 40;
/// Logical channels on which the model is played.
const CHANNELS: u8 = 4;

const NAMES: [Aid; 7] = {
    const fn name(last: u8) -> Aid {
        Aid::from_const(&[0xA0, 0, 0, 0, 0x99, 0, 0, last])
    }
    [name(1), name(2), name(3), name(4), name(5), name(6), name(7)]
};
/// What commands name: instances and domains, load files, the issuer's domain, what is never there.
const OBJECTS: [Aid; 11] = {
    let [a, b, c, d, e, f, unknown] = NAMES;
    [a, b, c, d, e, f, unknown, ISD, MEMO, PACKAGE, DOMAIN_LOAD_FILE]
};
const PRIVILEGES: [u32; 11] = [
    0, 0, 0x04_00_00, 0x00_10_00, 0x00_08_00, 0x80_00_00, 0x80_00_00, 0x80_40_00, 0x80_40_00,
    0x80_14_00, 0x00_40_00,
];

/// What a domain is asked in a session.
#[derive(Clone, Debug)]
enum Order {
    Load { file: Aid, to: Option<Aid>, block: usize },
    Install { file: usize, aid: Aid, privileges: u32, make_selectable: bool },
    MakeSelectable(Aid),
    Extradite { object: Aid, to: Aid },
    Update { aid: Aid, privileges: u32 },
    Delete { object: Aid, related: bool },
    Lock { aid: Aid, lock: bool },
    LockAll { domain: Aid, lock: bool },
    SetCard(u8),
    PutKey,
    Personalize,
    StoreData(u8),
}

#[derive(Clone, Debug)]
enum Step {
    /// An order to a domain; the issuer's, if the name is no domain's.
    Order {
        who: Option<Aid>,
        order: Order,
    },
    Select {
        channel: u8,
        aid: Aid,
    },
    Open,
    Close(u8),
    Reset,
    PowerCycle,
    Reopen,
}

fn name() -> impl Strategy<Value = Aid> {
    select(&NAMES[..6])
}

fn object() -> impl Strategy<Value = Aid> {
    prop_oneof![3 => name(), 1 => select(&OBJECTS[..])]
}

fn domain() -> impl Strategy<Value = Aid> {
    prop_oneof![4 => name(), 2 => Just(ISD)]
}

fn order() -> impl Strategy<Value = Order> {
    let privileges = || select(&PRIVILEGES[..]);
    let install = (0..FILES.len(), object(), privileges(), any::<bool>()).prop_map(
        |(file, aid, privileges, make_selectable)| Order::Install {
            file,
            aid,
            privileges,
            make_selectable,
        },
    );
    // A domain that can be used, so that there are some.
    let new_domain = (name(), any::<bool>()).prop_map(|(aid, managing)| Order::Install {
        file: 2,
        aid,
        privileges: if managing { 0x80_40_00 } else { 0x80_00_00 },
        make_selectable: true,
    });
    let load = (object(), proptest::option::of(domain()), 50..230_usize)
        .prop_map(|(file, to, block)| Order::Load { file, to, block });
    let good_load = (select(&[MEMO, PACKAGE][..]), proptest::option::of(domain()), 50..230_usize)
        .prop_map(|(file, to, block)| Order::Load { file, to, block });
    prop_oneof![
        4 => install,
        4 => new_domain,
        1 => load,
        3 => good_load,
        1 => object().prop_map(Order::MakeSelectable),
        3 => (object(), domain()).prop_map(|(object, to)| Order::Extradite { object, to }),
        2 => (object(), privileges()).prop_map(|(aid, privileges)| Order::Update { aid, privileges }),
        3 => (object(), any::<bool>())
            .prop_map(|(object, related)| Order::Delete { object, related }),
        2 => (object(), any::<bool>()).prop_map(|(aid, lock)| Order::Lock { aid, lock }),
        1 => (domain(), any::<bool>()).prop_map(|(domain, lock)| Order::LockAll { domain, lock }),
        1 => select(&[0x07, SECURED, CARD_LOCKED, SECURED][..]).prop_map(Order::SetCard),
        3 => Just(Order::PutKey),
        1 => Just(Order::Personalize),
        1 => any::<u8>().prop_map(Order::StoreData),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let by_anyone = (proptest::option::of(name()), order());
    let channel = || 0..CHANNELS;
    prop_oneof![
        12 => by_anyone.prop_map(|(who, order)| Step::Order { who, order }),
        3 => (channel(), object()).prop_map(|(channel, aid)| Step::Select { channel, aid }),
        2 => Just(Step::Open),
        1 => (1..CHANNELS).prop_map(Step::Close),
        1 => prop_oneof![Just(Step::Reset), Just(Step::PowerCycle), Just(Step::Reopen)],
    ]
}

/// A card and its model.
struct Pair {
    bench: Bench,
    model: Model,
    orders: u32,
    obeyed: u32,
}

impl Pair {
    fn new() -> Self {
        let mut profile = CardProfile::default();
        profile.personality.channels = CHANNELS;
        let bench = Bench::with(&profile);
        let model = Model::new(bench.card.info().life_cycle, usize::from(CHANNELS));
        Self { bench, model, orders: 0, obeyed: 0 }
    }

    fn select(&mut self, channel: u8, aid: Aid) -> bool {
        let command = Command::new(channel, 0xA4, 4, 0).with_data(aid.as_bytes());
        let answer = self.bench.send(&command).status;
        match self.model.select(usize::from(channel), aid) {
            Some(expected) => {
                assert_eq!(answer, word(expected), "SELECT {aid} on {channel}");
                expected.is_ok() || answer == StatusWord::CARD_LOCKED
            }
            None => false,
        }
    }

    /// A session with a domain on the basic channel, if there can be one.
    fn session(&mut self, who: Aid) -> Option<Channel> {
        if !self.select(0, who) {
            return None;
        }
        let handshake = Handshake::new(&[7; 8]);
        let answer = self.bench.send(&handshake.command());
        let Some(of) = self.model.key_domain(who) else {
            assert_eq!(answer.status, StatusWord::REFERENCED_DATA_NOT_FOUND, "no keys");
            return None;
        };
        let keys = if of == ISD { keys_for(scp(2, 0x15)) } else { new_keys(KeyAlgorithm::Des3) };
        let verified = handshake.answer(&answer).unwrap().verify_with(&keys).unwrap();
        let (command, channel) = verified.external_authenticate(SecurityLevel::C_MAC).unwrap();
        assert_eq!(self.bench.send(&command).status, StatusWord::OK);
        Some(channel)
    }

    fn order(&mut self, who: Option<Aid>, order: &Order) {
        let is_domain = |aid: &Aid| {
            let entry = self.model.entries.get(aid);
            entry.is_some_and(|entry| entry.privileges.contains(Privileges::SECURITY_DOMAIN))
        };
        let who = who.filter(is_domain).unwrap_or(ISD);
        let Some(mut channel) = self.session(who) else { return };
        let Some(command) = command(who, order, &channel) else { return };
        let expected = self.expect(who, order);
        let answer = self.bench.secure(&mut channel, &command);
        assert_eq!(answer.status, word(expected), "{order:?} by {who}: {:?}", self.bench.card);
        self.orders += 1;
        self.obeyed += u32::from(expected.is_ok());
        if let (Order::Load { file, to, block }, Ok(())) = (order, expected)
            && self.load(&mut channel, *file, *block)
        {
            self.model.load(who, *file, *to);
        }
        let locked = self.model.entries.get(&who).is_some_and(|entry| entry.life & LOCKED != 0);
        if !locked {
            self.compare_listings(who, &mut channel);
        }
    }

    /// LOAD; there are bytes for two load files, and under any other name they are refused.
    fn load(&mut self, channel: &mut Channel, file: Aid, block: usize) -> bool {
        let bytes = if file == PACKAGE { vec![0x5A; 300] } else { ijc() };
        let mut status = StatusWord::UNKNOWN;
        for block in loads(&bytes, block) {
            status = self.bench.secure(channel, &block).status;
        }
        let known = [MEMO, PACKAGE].contains(&file);
        let expected = if known { StatusWord::OK } else { StatusWord::WRONG_DATA };
        assert_eq!(status, expected, "LOAD of {file}: {:?}", self.bench.card.failure());
        known
    }

    fn expect(&mut self, who: Aid, order: &Order) -> Result<(), StatusWord> {
        let model = &mut self.model;
        match *order {
            Order::Load { file, to, .. } => model.install_for_load(who, file, to),
            Order::Install { file, aid, privileges, make_selectable } => {
                let privileges = Privileges::from_bits_retain(privileges);
                model.install(who, FILES[file], aid, privileges, make_selectable)
            }
            Order::MakeSelectable(aid) => model.make_selectable(who, aid),
            Order::Extradite { object, to } => model.extradite(who, object, to),
            Order::Update { aid, privileges } => {
                model.update(who, aid, Privileges::from_bits_retain(privileges))
            }
            Order::Delete { object, related } => model.delete(who, object, related),
            Order::Lock { aid, lock } => model.lock(who, aid, lock),
            Order::LockAll { domain, lock } => model.lock_all(who, domain, lock),
            Order::SetCard(state) => model.set_card(who, state),
            Order::PutKey => model.put_key(who),
            Order::Personalize => model.personalize(who),
            Order::StoreData(_) if model.card <= SECURED => Ok(()),
            Order::StoreData(_) => Err(StatusWord::CONDITIONS_OF_USE),
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Order { who, order } => self.order(*who, order),
            Step::Select { channel, aid } => {
                self.select(*channel, *aid);
            }
            Step::Open => {
                let answer = self.bench.bytes("0070000001").status;
                assert_eq!(answer, word(self.model.open()), "MANAGE CHANNEL");
            }
            Step::Close(channel) => {
                let answer = self.bench.send(&Command::new(0, 0x70, 0x80, *channel)).status;
                assert_eq!(answer, word(self.model.close(usize::from(*channel))));
            }
            Step::Reset => self.bench.card.reset(),
            Step::PowerCycle => {
                self.bench.card.power_off();
                self.bench.card.power_on();
            }
            Step::Reopen => self.bench = self.bench.twin(),
        }
        if matches!(step, Step::Reset | Step::PowerCycle | Step::Reopen) {
            self.model.reset();
        }
        self.compare_info();
    }

    /// What the card tells its owner.
    fn compare_info(&self) {
        let info = self.bench.card.info();
        assert_eq!(info.life_cycle, self.model.card);
        let told = info.applications.iter().map(|entry| {
            (entry.aid, entry.load_file, entry.life_cycle, entry.privileges, entry.selected)
        });
        let expected = self.model.entries.iter().map(|(aid, entry)| {
            let selected = self.model.channels.contains(&Some(*aid));
            (*aid, entry.file, entry.life, entry.privileges.to_bytes(), selected)
        });
        assert_eq!(told.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        let loaded = info.load_files.iter().filter(|file| file.loaded).map(|file| file.aid);
        let mut loaded: Vec<Aid> = loaded.collect();
        loaded.sort_unstable();
        assert_eq!(loaded, self.model.loaded.keys().copied().collect::<Vec<_>>());
        let known = |owner: &str| {
            let all = self.model.entries.keys().chain(self.model.loaded.keys());
            owner == "system" || all.into_iter().any(|aid| owner.ends_with(&aid.to_string()))
        };
        for (owner, _) in &info.memory.by_owner {
            assert!(known(owner), "{owner} owns memory");
        }
    }

    /// What the card tells a host, in both formats, and what of it a domain sees.
    fn compare_listings(&mut self, who: Aid, channel: &mut Channel) {
        let scopes = [
            StatusScope::IssuerSecurityDomain,
            StatusScope::Applications,
            StatusScope::LoadFiles,
            StatusScope::LoadFilesAndModules,
        ];
        for scope in scopes {
            let mut expected = self.expected_entries(scope);
            expected.retain(|entry| self.model.sees(who, entry.aid.unwrap()));
            expected.sort_by_key(|entry| entry.aid);
            for tlv in [true, false] {
                let told = self.listing(channel, scope, tlv);
                let not_its_own = scope == StatusScope::IssuerSecurityDomain && who != ISD;
                match told {
                    Err(status) if not_its_own => assert_eq!(status, StatusWord::WRONG_P1P2),
                    Err(status) => {
                        assert_eq!(status, StatusWord::REFERENCED_DATA_NOT_FOUND);
                        assert_eq!(expected, []);
                    }
                    Ok(told) if tlv => assert_eq!(told, expected, "{scope:?} to {who}"),
                    Ok(told) => {
                        let expected: Vec<_> = expected.iter().map(legacy(scope)).collect();
                        assert_eq!(told, expected);
                    }
                }
            }
        }
    }

    fn listing(
        &mut self,
        channel: &mut Channel,
        scope: StatusScope,
        tlv: bool,
    ) -> Result<Vec<RegistryEntry>, StatusWord> {
        let mut data = Vec::new();
        let mut next = false;
        loop {
            let command = GetStatus { tlv, next, ..GetStatus::all(scope) }.to_command();
            let Response { data: part, status } = self.bench.secure(channel, &command);
            if !status.is_ok() && status != StatusWord::MORE_DATA {
                return Err(status);
            }
            data.extend(part);
            next = true;
            if status.is_ok() {
                break;
            }
        }
        let modules = scope == StatusScope::LoadFilesAndModules;
        let parse = if tlv {
            RegistryEntry::parse_all(&data)
        } else {
            RegistryEntry::parse_legacy(&data, modules)
        };
        Ok(parse.unwrap())
    }

    fn expected_entries(&self, scope: StatusScope) -> Vec<RegistryEntry> {
        let model = &self.model;
        let domain = |aid: Aid| Some(model.associated(aid));
        match scope {
            StatusScope::IssuerSecurityDomain => vec![RegistryEntry {
                aid: Some(ISD),
                life_cycle: model.card,
                privileges: Some(model.privileges(ISD)),
                security_domain: domain(ISD),
                ..RegistryEntry::default()
            }],
            StatusScope::Applications => {
                let entry = |(aid, entry): (&Aid, &registry::Entry)| RegistryEntry {
                    aid: Some(*aid),
                    life_cycle: entry.life,
                    privileges: Some(entry.privileges),
                    load_file: Some(entry.file),
                    security_domain: domain(*aid),
                    ..RegistryEntry::default()
                };
                model.entries.iter().map(entry).collect()
            }
            _ => {
                let there =
                    FILES.iter().filter(|(aid, _, rom)| *rom || model.loaded.contains_key(aid));
                let version = |aid: Aid| match aid {
                    MEMO => vec![1, 2],
                    PACKAGE => vec![1, 4],
                    _ => vec![1, 0],
                };
                let entry = |(aid, module, _): &(Aid, Aid, bool)| RegistryEntry {
                    aid: Some(*aid),
                    life_cycle: LOAD_FILE_LOADED,
                    version: Some(version(*aid)),
                    modules: if scope == StatusScope::LoadFiles { vec![] } else { vec![*module] },
                    security_domain: domain(*aid),
                    ..RegistryEntry::default()
                };
                there.map(entry).collect()
            }
        }
    }

    /// Everything goes; what the card then holds.
    fn clear(&mut self) -> usize {
        self.bench.card.reset();
        self.model.reset();
        if self.model.card == CARD_LOCKED {
            self.order(None, &Order::SetCard(SECURED));
        }
        while let Some(object) = self.model.entries.keys().next().copied() {
            let files: Vec<Aid> = self.model.loaded.keys().copied().collect();
            for file in files {
                self.order(None, &Order::Delete { object: file, related: true });
            }
            self.order(None, &Order::Delete { object, related: true });
        }
        for file in self.model.loaded.keys().copied().collect::<Vec<_>>() {
            self.order(None, &Order::Delete { object: file, related: true });
        }
        assert!(self.model.entries.is_empty() && self.model.loaded.is_empty());
        self.compare_info();
        self.bench.card.memory().used
    }
}

fn word(outcome: Result<(), StatusWord>) -> StatusWord {
    outcome.err().unwrap_or(StatusWord::OK)
}

/// An entry as the old format tells it.
fn legacy(scope: StatusScope) -> impl Fn(&RegistryEntry) -> RegistryEntry {
    move |entry| {
        let modules = scope == StatusScope::LoadFilesAndModules;
        let bytes = entry.to_legacy(modules);
        let [privileges, ..] = entry.privileges.unwrap_or(Privileges::empty()).to_bytes();
        let told = RegistryEntry {
            aid: entry.aid,
            life_cycle: entry.life_cycle,
            privileges: Some(Privileges::parse(&[privileges]).unwrap()),
            modules: if modules { entry.modules.clone() } else { Vec::new() },
            ..RegistryEntry::default()
        };
        assert_eq!(
            RegistryEntry::parse_legacy(&bytes, modules).unwrap(),
            core::slice::from_ref(&told)
        );
        told
    }
}

/// The command of an order; none where a host would not send it.
fn command(who: Aid, order: &Order, channel: &Channel) -> Option<Command> {
    let lock = |scope, lock: bool, aid| {
        let state = if lock { LOCKED } else { 0 };
        SetStatus { scope, state, aid: Some(aid) }.to_command()
    };
    Some(match *order {
        Order::PutKey | Order::Personalize if who == ISD => return None,
        Order::Delete { object, related } => Delete::object(object, related).to_command(),
        Order::Lock { aid, lock: locks } => lock(StatusScope::Applications, locks, aid),
        Order::LockAll { domain, lock: locks } => {
            lock(StatusScope::SecurityDomainAndApplications, locks, domain)
        }
        Order::SetCard(state) => {
            let scope = StatusScope::IssuerSecurityDomain;
            SetStatus { scope, state, aid: Some(ISD) }.to_command()
        }
        Order::PutKey => {
            let (keys, session) = (new_keys(KeyAlgorithm::Des3), channel.keys().unwrap());
            let dialect = KeyBlockDialect::Scp02;
            PutKey::for_session(None, 1, &keys, session, dialect).unwrap().to_command()
        }
        Order::Personalize => {
            let (scope, state) = (StatusScope::Applications, registry::PERSONALIZED);
            SetStatus { scope, state, aid: Some(who) }.to_command()
        }
        Order::StoreData(value) => StoreData {
            last: true,
            encryption: StoreDataEncryption::None,
            format: StoreDataFormat::BerTlv,
            response_expected: false,
            block: 0,
            data: vec![0x42, 2, value, value],
        }
        .to_command(),
        _ => installing(order)?,
    })
}

/// The forms of INSTALL.
fn installing(order: &Order) -> Option<Command> {
    let mut given = Vec::new();
    let purpose = match *order {
        Order::Load { file, to, .. } => {
            InstallPurpose::Load { load_file: file, security_domain: to, hash: Vec::new() }
        }
        Order::Install { file, aid, privileges, make_selectable } => {
            let (load_file, module, _) = FILES[file];
            if load_file != DOMAIN_LOAD_FILE {
                given = InstallParameters::for_application(b"given").to_bytes();
            }
            InstallPurpose::Install {
                load_file: Some(load_file),
                module: Some(module),
                instance: Some(aid),
                privileges: Privileges::from_bits_retain(privileges),
                make_selectable,
            }
        }
        Order::MakeSelectable(instance) => {
            InstallPurpose::MakeSelectable { instance, privileges: Privileges::empty() }
        }
        Order::Extradite { object, to } => {
            InstallPurpose::Extradition { security_domain: to, application: object }
        }
        Order::Update { aid, privileges } => InstallPurpose::RegistryUpdate {
            security_domain: None,
            application: Some(aid),
            privileges: Some(Privileges::from_bits_retain(privileges)),
        },
        _ => return None,
    };
    Some(Install::new(purpose).with_parameters(given).to_command())
}

fn play(steps: &[Step]) -> (u32, u32) {
    let mut pair = Pair::new();
    // Once of everything that stays: a counter of sessions, a data object.
    pair.order(None, &Order::StoreData(0));
    let start = pair.bench.card.memory().used;
    for step in steps {
        pair.step(step);
    }
    assert_eq!(pair.clear(), start, "memory is given back");
    let told = (pair.orders, pair.obeyed);
    assert_eq!(pair.bench.twin().card.memory().used, start);
    told
}

fn config() -> ProptestConfig {
    let cases = if env::var_os("PROPTEST_CASES").is_some() {
        ProptestConfig::default().cases
    } else {
        CASES
    };
    ProptestConfig { cases, ..ProptestConfig::default() }
}

#[test]
fn the_card_is_as_the_model_says() {
    let totals = std::cell::Cell::new((0, 0));
    proptest!(config(), |(steps in proptest::collection::vec(step(), 1..STEPS))| {
        let (orders, obeyed) = play(&steps);
        let (all, all_obeyed) = totals.get();
        totals.set((all + orders, all_obeyed + obeyed));
    });
    let (orders, obeyed) = totals.get();
    println!("model: {orders} commands to domains, {obeyed} of them obeyed");
    assert!(obeyed * 4 > orders, "too few of the random commands are obeyed");
}
