//! The tables, and what of them is implemented.

use javacard_api::{TABLE, unimplemented};
use jcvm::{ClassId, PackageId};

/// Methods that cannot be imported: `name  reason` each, `name*` for all that begin so; `#` begins a comment.
const LISTED: &str = include_str!("../../data/unimplemented.txt");

#[test]
fn what_is_not_implemented_is_listed_with_a_reason() {
    let listed: Vec<(&str, &str)> = LISTED
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once("  ").unwrap_or_else(|| panic!("{line}: no reason")))
        .collect();
    let missing = unimplemented();
    let unlisted: Vec<_> = missing
        .iter()
        .filter(|method| !listed.iter().any(|(name, _)| covers(name, method)))
        .collect();
    assert!(unlisted.is_empty(), "neither implemented nor listed: {unlisted:#?}");
    let done: Vec<_> = listed
        .iter()
        .filter(|(name, _)| !missing.iter().any(|method| covers(name, method)))
        .collect();
    assert!(done.is_empty(), "listed, but implemented: {done:#?}");
}

fn covers(listed: &str, method: &str) -> bool {
    match listed.strip_suffix('*') {
        Some(beginning) => method.starts_with(beginning),
        None => listed == method,
    }
}

#[test]
fn classes_ascend_by_token_and_know_their_superclass() {
    for package in TABLE.packages {
        assert!(package.classes.is_sorted_by_key(|class| class.token), "{}", package.name);
        for class in package.classes {
            let root = class.is_interface || class.name == "java/lang/Object";
            assert_eq!(class.superclass.is_none(), root, "{}", class.name);
            let known = class.superclass.iter().chain(class.interfaces);
            assert!(known.into_iter().all(|id| TABLE.class(*id).is_some()), "{}", class.name);
            assert!(class.references <= class.cells, "{}", class.name);
        }
    }
}

#[test]
fn identifiers_that_images_keep_do_not_change() {
    let name = |package, token| TABLE.class(ClassId::new(PackageId(package), token)).unwrap().name;
    assert_eq!(name(0, 7), "java/lang/NullPointerException");
    assert_eq!(name(1, 3), "javacard/framework/Applet");
    assert_eq!(name(1, 129), "javacard/framework/PredecrementedOwnerPIN");
    assert_eq!(name(2, 9), "javacard/security/RSAPublicKey");
    assert_eq!(name(3, 1), "javacardx/crypto/Cipher");
    assert_eq!(TABLE.packages[24].name, "org.globalplatform");
    assert_eq!(TABLE.packages[31].name, "visa.openplatform");
}
