//! What is shown of a file.

use capfile::{
    assemble::FRAMEWORK,
    inspect::{Inspection, MemberKind, Names, NoNames, render},
};

use crate::samples;

/// Names of a few things.
struct Few;

impl Names for Few {
    fn package(&self, aid: &[u8]) -> Option<String> {
        (aid == FRAMEWORK).then(|| "javacard/framework".to_owned())
    }

    fn class(&self, aid: &[u8], class: u8) -> Option<String> {
        let names = [(3, "Applet"), (7, "ISOException"), (10, "APDU")];
        let (_, name) = names.iter().find(|(token, _)| *token == class)?;
        self.package(aid).map(|package| format!("{package}/{name}"))
    }

    fn member(&self, aid: &[u8], class: u8, kind: MemberKind, token: u8) -> Option<String> {
        self.package(aid)?;
        match (class, kind, token) {
            (3, MemberKind::Virtual, 7) => Some("process(Ljavacard/framework/APDU;)V".to_owned()),
            (7, MemberKind::Static, 1) => Some("throwIt(S)V".to_owned()),
            _ => None,
        }
    }
}

#[test]
fn everything_is_shown() {
    let assembled = samples::rich().build().unwrap();
    let file = assembled.cap().unwrap();
    let inspection = Inspection::new(&file, &NoNames);
    assert_eq!(inspection.flags, ["ACC_INT", "ACC_EXPORT", "ACC_APPLET"]);
    assert_eq!(inspection.packages[0].aid, "D2760000850101");
    assert_eq!(inspection.imports.len(), 2);
    assert_eq!(inspection.applets[0].0, "D276000085010101");
    assert_eq!(inspection.constants.len(), file.constant_pool.entries.len());
    assert_eq!(inspection.classes.len(), 4);
    assert_eq!(inspection.methods.len(), 10);
    assert_eq!(inspection.failure, None);
    let sizes: usize = inspection.components.iter().map(|(_, size)| size + 3).sum();
    assert_eq!(sizes, assembled.ijc().len());
    assert_eq!(inspection.components[0].0, "Header");
}

#[test]
fn names_of_other_packages_are_used() {
    let assembled = samples::rich().build().unwrap();
    let text = render(&assembled.cap().unwrap(), &Few);
    let wallet = assembled.class("Wallet").unwrap();
    for line in [
        "import 1   A0000000620101                   1.0   javacard/framework".to_owned(),
        format!("class@{wallet}.process(Ljavacard/framework/APDU;)V @"),
        "javacard/framework/ISOException.throwIt(S)V".to_owned(),
        "catch javacard/framework/ISOException -> ".to_owned(),
    ] {
        assert!(text.contains(&line), "{line} in\n{text}");
    }
}

#[test]
fn instructions_are_shown_with_their_operands() {
    let assembled = samples::rich().build().unwrap();
    let inspection = Inspection::new(&assembled.cap().unwrap(), &NoNames);
    let process = assembled.method("Wallet.process").unwrap();
    let method = inspection.methods.iter().find(|method| method.location == process).unwrap();
    let line = |mnemonic: &str| {
        let found = method.instructions.iter().find(|line| line.mnemonic == mnemonic);
        found.unwrap().operands.clone()
    };
    let label = |name| assembled.label("Wallet.process", name).unwrap();
    let switch =
        format!("0 -> {}, 5 -> {}, default -> {}", label("Zero"), label("Five"), label("Other"));
    assert_eq!(line("slookupswitch"), switch);
    assert_eq!(line("jsr"), format!("-> {}", label("Sub")));
    assert!(line("invokevirtual").ends_with("package1.class10.virtual1()[B"));
    let credit = assembled.class("Credit").unwrap();
    assert!(line("invokeinterface").ends_with(&format!("class@{credit}.method1")));
    assert!(line("invokeinterface").starts_with("2 #"));
    let wallet = assembled.class("Wallet").unwrap();
    assert!(line("checkcast").ends_with(&format!("class@{wallet}")));
}

#[test]
fn damaged_code_is_shown_as_far_as_it_goes() {
    let package = samples::method("sconst_0; .byte 0xB9; sreturn");
    let inspection = Inspection::new(&package.build().unwrap().cap().unwrap(), &NoNames);
    let method = &inspection.methods[0];
    assert_eq!(method.instructions.len(), 1);
    assert_eq!(method.failure.as_deref(), Some("4: no bytecode B9"));
    let mut package = samples::method(".byte 0xB9");
    package.without_descriptor().export("Main");
    let file = package.build().unwrap().cap().unwrap();
    let text = render(&file, &NoNames);
    assert!(text.contains("not to be read: Method component at offset 3"), "{text}");
}
