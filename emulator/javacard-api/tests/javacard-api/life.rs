//! Installation, selection, deletion.

use javacard_api::{Ended, Selection};

use crate::bed::{Bed, aid, answering, applet, declare_applet, installed_by, package, run};

#[test]
fn install_gets_aid_privileges_and_parameters() {
    // The length, and the last byte, of what install got.
    let install = "new @A; dup; invokespecial @A.<init>()V; invokevirtual @Applet.register/1
         sload_2; bspush 100; smul; aload_0; sload_1; sload_2; sadd; sconst_1; ssub; baload; sadd
         putstatic_s @A.sum; return";
    let mut package = installed_by(1, install, &answering("getstatic_s @A.sum"));
    package.class("A").static_field("sum", "S");
    let mut bed = Bed::new();
    let id = bed.load(&mut package);
    let applet = bed.install(id, 1, 9, &[5, 6, 7]).unwrap();
    // 7 bytes of AID, 2 of privileges, 4 of parameters.
    assert_eq!(bed.ask(applet, 0), Ok(1307));
}

fn install_with(code: &str) -> Result<(Bed, jcvm::AppletId), Ended> {
    let mut bed = Bed::new();
    let id = bed.load(&mut installed_by(1, code, "return"));
    let applet = bed.install(id, 1, 9, &[])?;
    Ok((bed, applet))
}

const MAKE: &str = "new @A; dup; invokespecial @A.<init>()V;";

#[test]
fn an_applet_registers_once_under_one_of_two_names() {
    let (bed, applet) =
        install_with(&format!("{MAKE} invokevirtual @Applet.register/1; return")).unwrap();
    let record =
        |bed: &Bed, applet| bed.machine.applets().find(|(id, _)| *id == applet).unwrap().1.aid;
    assert_eq!(record(&bed, applet), aid(9));
    let other = format!(
        "{MAKE} aload_0; sload_1; sconst_1; sadd; bspush 5; invokevirtual @Applet.register/2; return"
    );
    let (bed, applet) = install_with(&other).unwrap();
    assert_eq!(record(&bed, applet).as_bytes(), [0xD2, 0x76, 0, 0, 0x85]);
}

#[test]
fn an_install_without_or_with_two_registrations_fails() {
    assert_eq!(install_with("return").err(), Some(Ended::NotRegistered));
    let twice = format!(
        "{MAKE} dup; invokevirtual @Applet.register/1; invokevirtual @Applet.register/1; return"
    );
    let ended = install_with(&twice).err().unwrap();
    assert_eq!(ended.to_string(), "javacard.framework.SystemException 0004");
    assert_eq!(ended.status().0, 0x6F00);
    let thrown = install_with("sspush 0x6A80; invokestatic @ISOException.throwIt; return");
    assert_eq!(thrown.err().unwrap().status().0, 0x6A80);
}

#[test]
fn aids_are_unique() {
    let mut bed = Bed::new();
    let register = format!(
        "{MAKE} aload_0; sload_1; sconst_1; sadd; bspush 5; invokevirtual @Applet.register/2; return"
    );
    let mut package = installed_by(1, &register, "return");
    let id = bed.load(&mut package);
    bed.install(id, 1, 7, &[]).unwrap();
    assert!(bed.install(id, 1, 8, &[]).is_err());
}

#[test]
fn select_is_asked_and_selecting_is_known() {
    let mut package = applet(1, &answering("aload_0; invokevirtual @Applet.selectingApplet"));
    package.class("A").static_field("yes", "Z");
    package
        .class("A")
        .virtual_method("select", "()Z")
        .token(6)
        .code("getstatic_b @A.yes; sconst_1; sxor; dup; putstatic_b @A.yes; sreturn");
    let mut bed = Bed::new();
    let id = bed.load(&mut package);
    let applet = bed.install(id, 1, 1, &[]).unwrap();
    assert_eq!(bed.select(applet), Selection::Selected);
    assert!(matches!(bed.select(applet), Selection::Refused(_)));
    assert_eq!(bed.send_with(applet, &[0, 0xA4, 4, 0], true).0, [0, 1]);
    assert_eq!(bed.send(applet, &[0, 0xA4, 4, 0]).0, [0, 0]);
}

#[test]
fn a_select_that_throws_is_a_refusal() {
    let mut package = applet(1, "return");
    package
        .class("A")
        .virtual_method("select", "()Z")
        .token(6)
        .code("sspush 0x6985; invokestatic @ISOException.throwIt; sconst_1; sreturn");
    let mut bed = Bed::new();
    let id = bed.load(&mut package);
    let applet = bed.install(id, 1, 1, &[]).unwrap();
    assert!(matches!(bed.select(applet), Selection::Refused(_)));
}

#[test]
fn only_multiselectable_applets_are_selected_twice() {
    let mut bed = Bed::new();
    let plain = bed.start(1, &mut applet(1, "return"));
    let mut package = applet(2, &answering("getstatic_s @A.seen"));
    let class = package.class("A");
    class.implements_with("MultiSelectable", &[8, 9]).static_field("seen", "S");
    class
        .virtual_method("select", "(Z)Z")
        .token(8)
        .code("sload_1; sconst_5; sadd; putstatic_s @A.seen; sconst_1; sreturn");
    class
        .virtual_method("deselect", "(Z)V")
        .token(9)
        .code("bspush 20; sload_1; sadd; putstatic_s @A.seen; return");
    let id = bed.load(&mut package);
    let multi = bed.install(id, 2, 2, &[]).unwrap();
    bed.origin.channel = 1;
    assert_eq!(bed.select(plain), Selection::Busy);
    assert_eq!(bed.select(multi), Selection::Selected);
    assert_eq!(bed.ask(multi, 0), Ok(0), "select() of Applet");
    bed.origin.channel = 2;
    assert_eq!(bed.select(multi), Selection::Selected);
    assert_eq!(bed.ask(multi, 0), Ok(6), "active elsewhere");
    let origin = bed.origin;
    let (mut api, machine) = bed.api();
    api.deselect(machine, multi, origin, false).unwrap();
    assert_eq!(bed.ask(multi, 0), Ok(21));
}

#[test]
fn uninstall_is_told_to_those_who_want_to_know() {
    let mut package = applet(1, &answering("getstatic_s @A.gone"));
    let class = package.class("A");
    class.implements_with("AppletEvent", &[8]).static_field("gone", "S");
    class.virtual_method("uninstall", "()V").token(8).code("sconst_1; putstatic_s @A.gone; return");
    let mut bed = Bed::new();
    let applet_id = bed.start(1, &mut package);
    let other = bed.start(2, &mut applet(2, "return"));
    for applet in [applet_id, other] {
        let (mut api, machine) = bed.api();
        api.uninstall(machine, applet).unwrap();
    }
    assert_eq!(bed.ask(applet_id, 0), Ok(1));
}

#[test]
fn a_program_that_does_not_end_is_stopped() {
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut applet(1, "Again: goto Again"));
    assert_eq!(bed.send(applet, &[0, 0, 0, 0]).1, 0x6F00);
}

#[test]
fn two_applets_of_a_package_have_their_own_aids() {
    let mut package = package(1);
    declare_applet(
        &mut package,
        1,
        &answering(
            "invokestatic @JCSystem.getAID
             bspush 16; newarray byte; dup; astore_2; sconst_0; invokevirtual @AID.getBytes; pop
             aload_2; sconst_5; baload",
        ),
    );
    let mut bed = Bed::new();
    let id = bed.load(&mut package);
    let (first, second) =
        (bed.install(id, 1, 21, &[]).unwrap(), bed.install(id, 1, 22, &[]).unwrap());
    assert_eq!((bed.ask(first, 0), bed.ask(second, 0)), (Ok(21), Ok(22)));
}

#[test]
fn aids_are_looked_up_and_compared() {
    let look_up = |code: &str| {
        let mut package = applet(1, &answering(code));
        package.class("A").static_array("own", "[B", aid(1).as_bytes());
        package.class("A").static_array("issuer", "[B", &[0xA0, 0, 0, 1, 0x51, 0, 0, 0]);
        let mut bed = Bed::new();
        let applet = bed.start(1, &mut package);
        bed.ask(applet, 0)
    };
    let own = "getstatic_a @A.own; sconst_0; bspush 6; invokestatic @JCSystem.lookupAID";
    assert_eq!(
        look_up(&format!(
            "{own}; getstatic_a @A.own; sconst_0; bspush 6; invokevirtual @AID.equals/2"
        )),
        Ok(1)
    );
    assert_eq!(
        look_up(&format!("{own}; invokestatic @JCSystem.getAID; invokevirtual @AID.equals/0")),
        Ok(1)
    );
    assert_eq!(look_up(&format!("{own}; invokestatic @JCSystem.isAppletActive")), Ok(1));
    assert_eq!(
        look_up(&format!(
            "{own}; getstatic_a @A.own; sconst_0; bspush 3; invokevirtual @AID.partialEquals"
        )),
        Ok(1)
    );
    let partial = own.replace("bspush 6", "bspush 5");
    assert_eq!(
        look_up(&format!("{partial}; ifnull None; sconst_1; goto Rest; None: sconst_0; Rest: nop")),
        Ok(0)
    );
    let issuer = "getstatic_a @A.issuer; sconst_0; bspush 8; invokestatic @JCSystem.lookupAID";
    assert_eq!(look_up(&format!("{issuer}; {own}; invokevirtual @AID.RIDEquals")), Ok(0));
    let made = "new @AID; dup; getstatic_a @A.own; sconst_0; bspush 6; invokespecial @AID.<init>";
    assert_eq!(look_up(&format!("{made}; {own}; invokevirtual @AID.equals/0")), Ok(1));
    assert_eq!(look_up(&format!("{made}; {own}; invokevirtual @AID.RIDEquals")), Ok(1));
    let short = made.replace("bspush 6", "bspush 4");
    assert_eq!(look_up(&format!("{short}; pop; sconst_0")), Err(0x6F00));
}

#[test]
fn the_version_is_that_of_the_newest_platform() {
    assert_eq!(run("invokestatic @JCSystem.getVersion"), Ok(0x0302));
}
