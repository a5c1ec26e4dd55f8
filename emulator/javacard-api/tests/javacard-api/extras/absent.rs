//! What this card has not, and what little there is besides.

use crate::{
    bed::{Bed, answering, package},
    security::caller::fresh,
};

#[test]
fn class_bytes_are_read() {
    fresh(|caller| {
        let mut ask = |name: &str, class: i32| {
            caller.fixed(&format!("javacardx/apdu/util/APDUUtil.{name}"), &[class]).unwrap()
        };
        assert_eq!(ask("getCLAChannel(B)B", 0x6F), 19);
        assert_eq!(ask("isSecureMessagingCLA(B)Z", -0x7C), 1);
        assert_eq!(ask("isCommandChainingCLA(B)Z", 0x10), 1);
        assert_eq!(ask("isISOInterindustryCLA(B)Z", -0x80), 0);
        assert_eq!((ask("isValidCLA(B)Z", -1), ask("isValidCLA(B)Z", 0)), (0, 1));
    });
}

#[test]
fn there_are_no_biometrics() {
    fresh(|caller| {
        let one = "javacardx/biometry/BioBuilder.buildBioTemplate(BB)Ljavacardx/biometry/OwnerBioTemplate;";
        assert_eq!(caller.fixed(one, &[3, 5]), Err(("BioException", 3)));
        assert_eq!(caller.fixed(one, &[3, 0]), Err(("BioException", 1)));
        let builder = "javacardx/biometry1toN/Bio1toNBuilder";
        let matcher =
            format!("{builder}.buildBioMatcher(SBB)Ljavacardx/biometry1toN/OwnerBioMatcher;");
        assert_eq!(caller.fixed(&matcher, &[1, 3, 5]), Err(("Bio1toNException", 3)));
        assert_eq!(caller.fixed(&matcher, &[0, 3, 5]), Err(("Bio1toNException", 1)));
        let data = format!(
            "{builder}.buildBioTemplateData(B)Ljavacardx/biometry1toN/OwnerBioTemplateData;"
        );
        assert_eq!(caller.fixed(&data, &[3]), Err(("Bio1toNException", 3)));
    });
}

#[test]
fn there_is_no_external_memory() {
    fresh(|caller| {
        let get = "javacardx/external/Memory.getMemoryAccessInstance(B[SS)Ljavacardx/external/MemoryAccess;";
        let sizes = caller.shorts(2);
        assert_eq!(caller.fixed(get, &[1, 0, 0]), Err(("ExternalException", 1)));
        assert_eq!(caller.fixed(get, &[2, sizes.to_cell(), 0]), Err(("ExternalException", 2)));
        caller.vm.set_short_at(sizes, 1, 100).unwrap();
        assert_eq!(caller.fixed(get, &[2, sizes.to_cell(), 0]), Err(("ExternalException", 1)));
        let beyond = caller.fixed(get, &[2, sizes.to_cell(), 1]);
        assert_eq!(beyond, Err(("ArrayIndexOutOfBoundsException", 0)));
    });
}

#[test]
fn there_is_no_upgrade_and_no_contactless_registry() {
    fresh(|caller| {
        let manager = "org/globalplatform/upgrade/UpgradeManager";
        assert_eq!(caller.fixed(&format!("{manager}.isUpgrading()Z"), &[]), Ok(0));
        let version = caller.fixed(&format!("{manager}.getPreviousPackageVersion()S"), &[]);
        assert_eq!(version, Err(("SystemException", 6)));
        let any = format!("{manager}.nonNullReference()Ljava/lang/Object;");
        let reference = caller.fixed(&any, &[]).unwrap();
        assert!(reference != 0 && caller.fixed(&any, &[]) == Ok(reference));
        let system = "org/globalplatform/contactless/GPCLSystem";
        let entry = format!(
            "{system}.getGPCLRegistryEntry(Ljavacard/framework/AID;)Lorg/globalplatform/contactless/GPCLRegistryEntry;"
        );
        assert_eq!(caller.fixed(&entry, &[0]), Ok(0));
        let info = caller.fixed(&format!("{system}.getCardCLInfo([BSS)S"), &[0, 0, 7]);
        assert_eq!(info, Err(("ISOException", 0x6A81)));
        let enable = caller.fixed(&format!("{system}.setCommunicationInterface(SZ)V"), &[1, 1]);
        assert_eq!(enable, Err(("SecurityException", 0)));
    });
}

/// A program with an event source and listener: how often the listener is registered, and whether the registry is found again.
#[test]
fn a_source_has_one_registry() {
    let code = "new @Both; dup; invokespecial @Both.<init>; astore_3
                aload_3; invokestatic @event:2.0(Levent:1;)Levent:2;; astore 4
                aload 4; aload_3; invokevirtual @event:2.1(Levent:0;)V
                aload 4; aload_3; invokevirtual @event:2.1(Levent:0;)V
                aload 4; aload_3; invokevirtual @event:2.2(Levent:0;)V
                aload_3; invokestatic @event:2.0(Levent:1;)Levent:2;
                aload 4; if_acmpeq Same; sconst_0; goto Done
                Same: sconst_1
                Done: nop";
    let mut package = package(1);
    package.import("event", b"\xA0\x00\x00\x00\x62\x02\x08\x05", 1, 0);
    let both = package.class("Both");
    both.implements_with("event:0", &[]).implements_with("event:1", &[]);
    both.constructor("()V").code("aload_0; invokespecial @Object.<init>; return");
    crate::bed::declare_applet(&mut package, 1, &answering(code));
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    assert_eq!(bed.ask(applet, 0), Ok(1));
}
