//! Content management: INSTALL in all its forms, LOAD, DELETE, SET STATUS, STORE DATA.

use globalplatform::{
    command::{
        Delete, DeleteTarget, Install, InstallParameters, InstallPurpose, SetStatus, StatusScope,
        StoreData, StoreDataEncryption, StoreDataFormat, SystemParameters,
    },
    data::{ImplicitSelection, Privileges, Restrictions},
    scp::host::Channel,
};
use iso7816::{Aid, Command};

use super::{
    Cuts, Sweep, report, session,
    stage::{FREE, INSTALLED, LOCKED, install, stage},
    sweep, vault,
};
use crate::{
    domains::{AUTHORIZED, FIRST, SECOND, install_domain},
    memo::{MEMO, MEMO_APPLET, REFUSED, ijc},
    support::{Bench, ISD, MODULE, PACKAGE, install_for_load, loads},
};

pub(super) fn lock(aid: Aid, state: u8) -> Command {
    SetStatus { scope: StatusScope::Applications, state, aid: Some(aid) }.to_command()
}

pub(super) fn extradite(application: Aid, security_domain: Aid) -> Command {
    Install::new(InstallPurpose::Extradition { security_domain, application }).to_command()
}

fn update(
    application: Option<Aid>,
    security_domain: Option<Aid>,
    privileges: Option<Privileges>,
    system: SystemParameters,
) -> Command {
    let purpose = InstallPurpose::RegistryUpdate { security_domain, application, privileges };
    let parameters = InstallParameters { system: Some(system), ..Default::default() };
    Install::new(purpose).with_parameters(parameters.to_bytes()).to_command()
}

fn all(start: &Bench, commands: &[(&str, Command)]) -> Cuts {
    commands.iter().map(|(what, command)| sweep(what, start, command)).sum()
}

#[test]
fn install_in_every_form() {
    let system = SystemParameters {
        non_volatile: Some(4000),
        reserved_non_volatile: Some(100),
        ..Default::default()
    };
    let selection = SystemParameters {
        implicit_selection: vec![ImplicitSelection(0x81)],
        ..Default::default()
    };
    let restrictions =
        SystemParameters { restrictions: Some(Restrictions::DELETE), ..Default::default() };
    let privileges = Privileges::GLOBAL_LOCK | Privileges::TRUSTED_PATH;
    let selectable =
        InstallPurpose::MakeSelectable { instance: INSTALLED, privileges: Privileges::CARD_RESET };
    let rom = (PACKAGE, MODULE);
    let vm = (MEMO, MEMO_APPLET);
    let commands = [
        ("INSTALL [for install] of a module in ROM", install(rom, FREE, false, None)),
        ("INSTALL [for install] of an applet", install(vm, FREE, false, None)),
        ("INSTALL of a module in ROM", install(rom, FREE, true, Some(system.clone()))),
        ("INSTALL of an applet", install(vm, FREE, true, Some(system))),
        ("INSTALL of an applet with arrays", install(vault::MODULE, FREE, true, None)),
        ("INSTALL of a domain", install_domain(FREE, AUTHORIZED, &[])),
        ("INSTALL [for make selectable]", Install::new(selectable).to_command()),
        ("extradition of an application", extradite(MEMO_APPLET, FIRST)),
        ("extradition of a domain", extradite(SECOND, FIRST)),
        ("extradition of a load file", extradite(MEMO, FIRST)),
        (
            "registry update of privileges and domain",
            update(Some(MEMO_APPLET), Some(FIRST), Some(privileges), selection),
        ),
        (
            "registry update of restrictions",
            update(Some(MEMO_APPLET), None, None, restrictions.clone()),
        ),
        ("registry update of the card", update(None, None, None, restrictions)),
    ];
    report("INSTALL", all(&stage(), &commands), 50);
}

/// Everything up to the block that is cut.
fn loading(for_load: &Command, blocks: &[Command]) -> impl Fn(&mut Bench) -> Channel {
    move |bench: &mut Bench| {
        let mut channel = session(bench, ISD).unwrap();
        bench.secure(&mut channel, &Delete::object(MEMO, true).to_command());
        for command in [for_load].into_iter().chain(blocks) {
            assert!(bench.secure(&mut channel, command).status.is_ok());
        }
        channel
    }
}

#[test]
fn load_at_each_block() {
    let start = Bench::new();
    let mut cuts = Vec::new();
    let files = [
        (install_for_load(MEMO, &[]), loads(&ijc(), 100)),
        (install_for_load(PACKAGE, &[]), loads(&[0x5A; 300], 200)),
    ];
    for (for_load, blocks) in files {
        cuts.push(sweep("INSTALL [for load]", &start, &for_load));
        for (number, block) in blocks.iter().enumerate() {
            let sweep = Sweep {
                what: &format!("LOAD, block {number}"),
                start: &start,
                prepare: loading(&for_load, &blocks[..number]),
                command: |bench: &mut Bench, channel: &mut Channel| bench.secure(channel, block),
            };
            let cut = sweep.run();
            assert_eq!(cut.all > 0, number + 1 == blocks.len(), "only the last block writes");
            cuts.push(cut);
        }
    }
    report("LOAD", cuts.into_iter().sum(), 6);
}

#[test]
fn the_combined_process_at_its_end() {
    let start = Bench::new();
    let combined = |purpose, parameters: &[u8]| {
        let parameters = InstallParameters::for_application(parameters).to_bytes();
        Install { combined: true, ..Install::new(purpose).with_parameters(parameters) }.to_command()
    };
    let load = InstallPurpose::Load { load_file: MEMO, security_domain: None, hash: Vec::new() };
    let begin = combined(load, &[]);
    let blocks = loads(&ijc(), 200);
    let cuts = [&[][..], &[REFUSED]].map(|parameters| {
        let purpose = InstallPurpose::Install {
            load_file: None,
            module: Some(MEMO_APPLET),
            instance: Some(FREE),
            privileges: Privileges::empty(),
            make_selectable: true,
        };
        let end = combined(purpose, parameters);
        let sweep = Sweep {
            what: "the end of the combined process",
            start: &start,
            prepare: loading(&begin, &blocks),
            command: |bench: &mut Bench, channel: &mut Channel| {
                let answer = bench.secure(channel, &end);
                let refused = !parameters.is_empty();
                assert!(!bench.card.is_powered() || answer.status.is_ok() != refused);
                answer
            },
        };
        sweep.run()
    });
    report("the combined process", cuts.into_iter().sum(), 10);
}

#[test]
fn delete() {
    let several = Delete {
        targets: vec![DeleteTarget::Object(LOCKED), DeleteTarget::Object(MODULE)],
        ..Delete::object(LOCKED, false)
    };
    let commands = [
        ("DELETE of an applet", Delete::object(MEMO_APPLET, false)),
        ("DELETE of an instance in ROM", Delete::object(MODULE, false)),
        ("DELETE of several objects", several),
        ("DELETE of a package", Delete::object(vault::VAULT, false)),
        ("DELETE of a package and its applets", Delete::object(MEMO, true)),
        ("DELETE of a load file and its instances", Delete::object(PACKAGE, true)),
        ("DELETE of a domain", Delete::object(SECOND, false)),
        ("DELETE of a domain and all that is its own", Delete::object(FIRST, true)),
    ];
    let commands = commands.map(|(what, delete)| (what, delete.to_command()));
    report("DELETE", all(&stage(), &commands), 60);
}

#[test]
fn set_status() {
    let card = |state| {
        SetStatus { scope: StatusScope::IssuerSecurityDomain, state, aid: Some(ISD) }.to_command()
    };
    let everything = |aid, state| {
        let scope = StatusScope::SecurityDomainAndApplications;
        SetStatus { scope, state, aid: Some(aid) }.to_command()
    };
    let commands = [
        ("SET STATUS of the card: SECURED", card(0x0F)),
        ("SET STATUS of the card: TERMINATED", card(0xFF)),
        ("SET STATUS: lock", lock(MEMO_APPLET, 0x80)),
        ("SET STATUS: unlock", lock(LOCKED, 0x00)),
        ("SET STATUS: lock a domain", lock(SECOND, 0x80)),
        ("SET STATUS: lock all of a domain", everything(FIRST, 0x80)),
        ("SET STATUS: lock all of the card", everything(ISD, 0x80)),
        ("SET STATUS: unlock all of a domain", everything(FIRST, 0x00)),
    ];
    let mut cuts = vec![all(&stage(), &commands)];
    let mut secured = Bench::new();
    let mut channel = session(&mut secured, ISD).unwrap();
    assert!(secured.secure(&mut channel, &card(0x0F)).status.is_ok());
    cuts.push(sweep("SET STATUS of the card: CARD_LOCKED", &secured, &card(0x7F)));
    assert!(secured.secure(&mut channel, &card(0x7F)).status.is_ok());
    cuts.push(sweep("SET STATUS of the card: unlocked", &secured, &card(0x0F)));
    report("SET STATUS", cuts.into_iter().sum(), 20);
}

#[test]
fn store_data() {
    let block = |last, format, block, data: &[u8]| {
        let encryption = StoreDataEncryption::None;
        let (data, response_expected) = (data.to_vec(), false);
        StoreData { last, encryption, format, response_expected, block, data }.to_command()
    };
    let objects = block(true, StoreDataFormat::BerTlv, 0, &[0x42, 2, 1, 2, 0x45, 3, 4, 5, 6]);
    let groups = block(
        true,
        StoreDataFormat::Dgi,
        0,
        &[0, 0x70, 4, 0x45, 2, 9, 9, 0, 0x70, 5, 0x66, 3, 0x73, 1, 0],
    );
    let name = block(true, StoreDataFormat::BerTlv, 0, &[0x4F, 6, 0xA0, 0, 0, 1, 0x51, 9]);
    let start = stage();
    let mut cuts = vec![
        sweep("STORE DATA", &start, &objects),
        sweep("STORE DATA in groupings", &start, &groups),
        sweep("STORE DATA: a new name", &start, &name),
    ];
    let first = block(false, StoreDataFormat::BerTlv, 0, &[0x42, 2, 8, 8, 0x45, 3]);
    let last = block(true, StoreDataFormat::BerTlv, 1, &[7, 7, 7]);
    cuts.push(sweep("STORE DATA, a block of two", &start, &first));
    let run = Sweep {
        what: "STORE DATA, the second block of two",
        start: &start,
        prepare: |bench: &mut Bench| {
            let mut channel = session(bench, ISD).unwrap();
            assert!(bench.secure(&mut channel, &first).status.is_ok());
            channel
        },
        command: |bench: &mut Bench, channel: &mut Channel| bench.secure(channel, &last),
    };
    cuts.push(run.run());
    report("STORE DATA", cuts.into_iter().sum(), 8);
}
