//! Shareable interface objects between packages.

use capfile::assemble::Package;

use crate::bed::{Bed, aid, applet, cases, package};

/// A server: its applet gives itself, as `Counter`, to clients that ask with parameter 1. `next` returns the last byte of the caller's
/// AID, `slot` an object of its own that is not shareable.
fn server() -> Package {
    let mut package = applet(1, "return");
    package.interface("Counter").shareable().implements_with("Shareable", &[]);
    package.interface("Counter").interface_method("next", "()S");
    package.interface("Counter").interface_method("slot", "()[B");
    package.export("Counter");
    let class = package.class("A");
    class.implements("Counter");
    class.virtual_method("getShareableInterfaceObject", "(LAID;B)LShareable;").token(5).code(
        "sload_2; sconst_1; if_scmpne Other; aload_0; areturn
         Other: sload_2; sconst_2; if_scmpne None
         sspush 0x6A88; invokestatic @ISOException.throwIt
         None: aconst_null; areturn",
    );
    class.virtual_method("next", "()S").code(
        "invokestatic @JCSystem.getPreviousContextAID; dup; ifnull None
         bspush 16; newarray byte; dup; astore_1; sconst_0; invokevirtual @AID.getBytes; pop
         aload_1; sconst_5; baload; sreturn
         None: pop; sconst_m1; sreturn",
    );
    class.virtual_method("slot", "()[B").code("sconst_1; newarray byte; areturn");
    package
}

fn client(number: u8) -> Package {
    let mut package = package(number);
    package.import("server", aid(1).as_bytes(), 1, 0);
    let ask = |parameter: u8| {
        format!(
            "getstatic_a @A.server; sconst_0; bspush 6; invokestatic @JCSystem.lookupAID
             bspush {parameter}; invokestatic @JCSystem.getAppletShareableInterfaceObject"
        )
    };
    let process = cases(&[
        (1, &format!("{}; checkcast @server:0; invokeinterface @server:0.0()S", ask(1))),
        (2, &format!("{}; ifnull MineNull; sconst_0; goto Answer; MineNull: sconst_1", ask(3))),
        (3, &format!("{}; pop; sconst_0", ask(2))),
        (
            4,
            &format!(
                "{}; checkcast @server:0; invokeinterface @server:0.1()[B; arraylength",
                ask(1)
            ),
        ),
        (5, &format!("{}; dup; putstatic_a @A.kept; pop; sconst_0", ask(1))),
        (6, "getstatic_a @A.kept; checkcast @server:0; invokeinterface @server:0.0()S"),
        (7, "getstatic_a @A.kept; checkcast @Applet; invokevirtual @Applet.deselect; sconst_0"),
    ]);
    crate::bed::declare_applet(&mut package, number, &process);
    let class = package.class("A");
    class.static_array("server", "[B", aid(1).as_bytes()).static_field("kept", "Llang:0;");
    package
}

#[test]
fn a_server_serves_through_its_interface_and_knows_its_client() {
    let mut bed = Bed::new();
    bed.start(1, &mut server());
    let client = bed.start(2, &mut client(2));
    assert_eq!(bed.ask(client, 1), Ok(2));
    assert_eq!(bed.ask(client, 2), Ok(1), "null for what the server does not give");
    assert_eq!(bed.ask(client, 3), Err(0x6A88), "what the server throws goes on");
    assert_eq!(bed.ask(client, 4), Err(0x6F00), "the firewall stands between");
    assert_eq!(bed.ask(client, 5), Ok(0));
    assert_eq!(bed.ask(client, 6), Ok(2));
    assert_eq!(bed.ask(client, 7), Err(0x6F00), "only through a shareable interface");
}

#[test]
fn a_server_on_another_channel_is_busy() {
    let mut bed = Bed::new();
    let server = bed.start(1, &mut server());
    let client = bed.start(2, &mut client(2));
    bed.platform.active.insert(1, server);
    assert_eq!(bed.ask(client, 1), Err(0x6F00));
}

#[test]
fn exceptions_of_the_runtime_environment_pass_between_contexts() {
    let mut bed = Bed::new();
    bed.start(1, &mut server());
    let client = bed.start(2, &mut client(2));
    for _ in 0..3 {
        assert_eq!(bed.ask(client, 3), Err(0x6A88));
        assert_eq!(bed.ask(client, 1), Ok(2));
    }
}
