//! A card with something of everything, for the commands that are cut.

use card::CardProfile;
use globalplatform::{
    command::{Install, InstallParameters, InstallPurpose, SystemParameters},
    data::Privileges,
};
use iso7816::{Aid, Command};

use super::vault;
use crate::{
    domains::{AUTHORIZED, FIRST, PLAIN, SECOND, personalized},
    memo::{MEMO, MEMO_APPLET, ijc, install_memo, load},
    support::{Bench, ISD, MODULE, PACKAGE, install_for_load, loads},
};

/// An instance that cannot be selected yet.
pub(super) const INSTALLED: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x01\x05");
/// An instance that is locked.
pub(super) const LOCKED: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x01\x06");
/// An AID that nothing has.
pub(super) const FREE: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x01\x07");

/// INSTALL [for install], with or without making it selectable.
pub(super) fn install(
    (load_file, module): (Aid, Aid),
    instance: Aid,
    make_selectable: bool,
    system: Option<SystemParameters>,
) -> Command {
    let parameters =
        InstallParameters { application: Some(vec![7; 5]), system, ..Default::default() };
    let purpose = InstallPurpose::Install {
        load_file: Some(load_file),
        module: Some(module),
        instance: Some(instance),
        privileges: Privileges::empty(),
        make_selectable,
    };
    Install::new(purpose).with_parameters(parameters.to_bytes()).to_command()
}

/// Two domains, a package with two instances and one that has none, a load file of the module in ROM and an instance of it. The first
/// domain has two of the instances and the package without any.
pub(super) fn stage() -> Bench {
    let mut bench = Bench::with(&CardProfile::default());
    personalized(&mut bench, FIRST, AUTHORIZED);
    personalized(&mut bench, SECOND, PLAIN);
    bench.select(ISD);
    let mut channel = bench.authenticate();
    let files = [(MEMO, ijc()), (vault::VAULT, vault::ijc())];
    for (aid, file) in files {
        assert!(load(&mut bench, &mut channel, aid, &file).is_ok(), "{:?}", bench.card.failure());
    }
    let blocks = loads(&[0x5A; 300], 200);
    let commands = [install_for_load(PACKAGE, &[])]
        .into_iter()
        .chain(blocks)
        .chain([
            install((PACKAGE, MODULE), MODULE, true, None),
            install_memo(MEMO_APPLET, b"abc"),
            install((MEMO, MEMO_APPLET), INSTALLED, false, None),
            install((PACKAGE, MODULE), LOCKED, true, None),
            super::content::lock(LOCKED, 0x80),
            super::content::extradite(INSTALLED, FIRST),
            super::content::extradite(LOCKED, FIRST),
            super::content::extradite(vault::VAULT, FIRST),
        ])
        .collect::<Vec<_>>();
    for command in commands {
        let answer = bench.secure(&mut channel, &command);
        assert!(answer.status.is_ok(), "{command:?}: {answer:?} {:?}", bench.card.failure());
    }
    bench
}
