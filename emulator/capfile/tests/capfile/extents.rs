//! Where methods are and how far their code goes.

use capfile::{CapErrorKind, CapFile, all_code, component::tag, method_code, method_locations};

use crate::samples;

/// The rich sample, with its Descriptor and without.
fn both() -> (CapFile, CapFile) {
    let described = samples::rich().build().unwrap().cap().unwrap();
    let bare = CapFile { descriptor: None, ..described.clone() };
    (described, bare)
}

#[test]
fn code_that_is_followed_is_the_code_that_is_described() {
    let (described, bare) = both();
    let all = all_code(&described).unwrap();
    assert_eq!(all_code(&bare).unwrap(), all);
    assert_eq!(method_locations(&bare), method_locations(&described));
    assert_eq!(all.iter().map(|code| code.location).collect::<Vec<_>>(), method_locations(&bare));
    for code in all {
        assert_eq!(method_code(&described, code.location).unwrap(), code);
        assert_eq!(method_code(&bare, code.location).unwrap(), code);
    }
}

#[test]
fn handlers_belong_to_their_method() {
    let assembled = samples::rich().build().unwrap();
    let (described, bare) = both();
    let add = assembled.method("Wallet.add").unwrap();
    for file in [&described, &bare] {
        let code = method_code(file, add).unwrap();
        assert_eq!(code.handlers, file.method.blocks[0].handlers);
        assert_eq!(code.handlers.len(), 2);
        let other = method_code(file, assembled.method("Wallet.get").unwrap()).unwrap();
        assert!(other.handlers.is_empty());
    }
}

#[test]
fn abstract_methods_have_no_code() {
    let assembled = samples::rich().build().unwrap();
    let limit = assembled.method("Base.limit").unwrap();
    let (described, bare) = both();
    for file in [described, bare] {
        let code = method_code(&file, limit).unwrap();
        assert!(code.header.is_abstract && code.start == code.end);
    }
}

#[test]
fn code_that_leaves_its_method_is_refused() {
    let refused = |text: &str| {
        let mut package = samples::method(text);
        package.without_descriptor().export("Main");
        let file = package.build().unwrap().cap().unwrap();
        let error = all_code(&file).unwrap_err();
        assert_eq!(error.component, tag::METHOD);
        error.kind
    };
    assert_eq!(refused("goto 100"), CapErrorKind::Branch);
    assert_eq!(refused("goto -100"), CapErrorKind::Branch);
    assert_eq!(refused("goto_w 0x7FFF"), CapErrorKind::Branch);
    assert!(matches!(refused(".byte 0xC0"), CapErrorKind::Code(_)));
    assert!(matches!(refused("sspush 1; .byte 0x11"), CapErrorKind::Code(_)));
    assert!(matches!(refused("nop"), CapErrorKind::Code(_)));
}

#[test]
fn what_is_no_method_has_no_code() {
    let (described, bare) = both();
    for file in [described, bare] {
        let end = u16::try_from(file.method.blocks[0].info.len()).unwrap();
        for (block, offset) in [(0, end), (0, 0), (1, 20)] {
            let location = capfile::component::MethodLocation { block, offset };
            assert!(method_code(&file, location).is_err());
        }
    }
}

#[test]
fn blocks_are_kept_apart() {
    let file = samples::extended().build().unwrap().cap().unwrap();
    let bare = CapFile { descriptor: None, ..file.clone() };
    let all = all_code(&file).unwrap();
    assert_eq!(all.iter().map(|code| code.location.block).collect::<Vec<_>>(), [0, 1, 1]);
    assert_eq!(all_code(&bare).unwrap(), all);
}
