//! Programs that use the packages: as the interpreter calls natives, and natives call programs.

use capfile::assemble::Package;
use cryptography::{DigestAlgorithm, derivation};
use hex_literal::hex;
use jcvm::Reclaimed;

use crate::bed::{Bed, aid, applet, cases, declare_applet, package};

fn import(package: &mut Package) {
    package.import("security", b"\xA0\x00\x00\x00\x62\x01\x02", 1, 8);
    package.import("crypto", b"\xA0\x00\x00\x00\x62\x02\x01", 1, 8);
    package.import("derivation", b"\xA0\x00\x00\x00\x62\x02\x05\x02", 1, 1);
}

// FIPS 197 §C.1.
#[test]
fn an_applet_encrypts() {
    let mut package = applet(
        1,
        "aload_1; invokevirtual @APDU.setIncomingAndReceive; pop
         aload_1; invokevirtual @APDU.getBuffer; astore_2
         bspush 15; sspush 128; sconst_0; invokestatic @security:13.0(BSZ)Lsecurity:0;
         checkcast @security:20; astore_3
         aload_3; aload_2; sconst_5; invokeinterface @security:20.4([BS)V
         bspush 14; sconst_0; invokestatic @crypto:1.0(BZ)Lcrypto:1;; astore 4
         aload 4; aload_3; sconst_2; invokevirtual @crypto:1.3(Lsecurity:0;B)V
         aload 4; aload_2; bspush 21; bspush 16; aload_2; bspush 20
         invokevirtual @crypto:1.1([BSS[BS)S; sstore 5
         aload_1; bspush 20; sload 5; invokevirtual @APDU.setOutgoingAndSend
         return",
    );
    import(&mut package);
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    let key = hex!("000102030405060708090A0B0C0D0E0F");
    let plain = hex!("00112233445566778899AABBCCDDEEFF");
    let (data, status) = bed.send(applet, &[&[0x80, 0, 0, 0, 32][..], &key, &plain, &[0]].concat());
    let expected = hex!("69C4E0D86A7B0430D8CDB78070B4C55A");
    assert_eq!((data.as_slice(), status), (&expected[..], 0x9000));
}

const SECRET: [u8; 24] = [0x5E; 24];
const SHARED: [u8; 3] = [1, 2, 3];

/// An applet with a specification of its own: INS 1 initialises a function with it, 2 and 3 give the first two of its next and last 20
/// bytes, 4 makes the specification throw.
fn deriving_applet() -> (Bed, jcvm::AppletId) {
    let derive = |token: u8| {
        format!(
            "getstatic_a @A.function; checkcast @derivation:8
             getstatic_a @A.output; sconst_0; bspush 20
             invokevirtual @derivation:8.{token}([BSS)S; pop
             getstatic_a @A.output; sconst_0; invokestatic @Util.getShort"
        )
    };
    let process = cases(&[
        (
            1,
            "bspush 8; sconst_0; invokestatic @derivation:8.1(SZ)Lderivation:8;; dup
             putstatic_a @A.function
             new @Spec; dup; invokespecial @Spec.<init>
             invokevirtual @derivation:8.1(Lsecurity:34;)V; sconst_0",
        ),
        (2, &derive(3)),
        (3, &derive(5)),
        (4, "sconst_1; putstatic_s @A.throwing; sconst_0"),
    ]);
    let mut package = package(1);
    import(&mut package);
    declare_applet(&mut package, 1, &process);
    let class = package.class("A");
    class.static_field("function", "Llang:0;").static_field("throwing", "S");
    class.static_array("output", "[B", &[0; 20]).static_array("secret", "[B", &SECRET);
    class.static_array("shared", "[B", &SHARED);
    let spec = package.class("Spec");
    spec.implements_with("security:34", &[]).implements_with("derivation:0", &[1, 2, 3, 4]);
    spec.constructor("()V").code("aload_0; invokespecial @Object.<init>; return");
    spec.virtual_method("getAlgorithm", "()B").code("sconst_4; sreturn");
    spec.virtual_method("getSecret", "()[B").code("getstatic_a @A.secret; areturn");
    spec.virtual_method("getSharedInfo", "()[B").code("getstatic_a @A.shared; areturn");
    spec.virtual_method("getOutputLength", "()S").code(
        "getstatic_s @A.throwing; ifeq Fine
         sspush 0x6A84; invokestatic @ISOException.throwIt
         Fine: bspush 60; sreturn",
    );
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    (bed, applet)
}

#[test]
fn a_function_asks_the_program_what_to_derive() {
    let (mut bed, applet) = deriving_applet();
    let output = derivation::ansi_x963(DigestAlgorithm::Sha256, &SECRET, &SHARED, 60).unwrap();
    let at = |offset: usize| Ok(i16::from_be_bytes([output[offset], output[offset + 1]]));
    assert_eq!(bed.ask(applet, 2), Err(0x6F00), "there is no function yet");
    assert_eq!(bed.ask(applet, 1), Ok(0));
    assert_eq!(bed.ask(applet, 2), at(0));
    assert_eq!(bed.ask(applet, 2), at(20));
    assert_eq!(bed.ask(applet, 3), at(40));
    assert_eq!(bed.ask(applet, 2), at(0), "after the last bytes it starts anew");
    bed.reset();
    assert_eq!(bed.ask(applet, 2), at(0), "and after a reset");
    assert_eq!(bed.ask(applet, 2), at(20));
    assert_eq!(bed.ask(applet, 2), at(40));
    assert_eq!(bed.ask(applet, 2), Err(0x6F00), "there is no more");
    assert_eq!(bed.ask(applet, 4), Ok(0));
    assert_eq!(bed.ask(applet, 1), Err(0x6A84), "what the specification throws");
}

#[test]
fn a_reclaimed_key_takes_nothing_with_it() {
    let code = "bspush 15; sspush 128; sconst_0; invokestatic @security:13.0(BSZ)Lsecurity:0;
                checkcast @security:20; astore_2
                aload_2; getstatic_a @A.bytes; sconst_0; invokeinterface @security:20.4([BS)V
                bspush 14; sconst_0; invokestatic @crypto:1.0(BZ)Lcrypto:1;; dup; astore_3
                putstatic_a @A.cipher
                aload_3; aload_2; sconst_2; invokevirtual @crypto:1.3(Lsecurity:0;B)V
                sconst_0";
    let encrypt = "getstatic_a @A.cipher; checkcast @crypto:1
                   getstatic_a @A.bytes; sconst_0; bspush 16; getstatic_a @A.bytes; bspush 16
                   invokevirtual @crypto:1.1([BSS[BS)S";
    let mut package = package(1);
    import(&mut package);
    declare_applet(&mut package, 1, &cases(&[(1, code), (2, encrypt)]));
    let class = package.class("A");
    class.static_field("cipher", "Llang:0;").static_array("bytes", "[B", &[0; 32]);
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    assert_eq!(bed.ask(applet, 1), Ok(0));
    let before = bed.machine.heap().objects().count();
    bed.machine.collect(std::iter::empty());
    assert_eq!(bed.machine.heap().objects().count(), before, "the cipher keeps its key");
    bed.reset();
    assert_eq!(bed.ask(applet, 2), Ok(16));
    assert_eq!(bed.ask(applet, 1), Ok(0));
    let Reclaimed(gone) = bed.machine.collect(std::iter::empty());
    assert_eq!(gone.len(), 3, "key, material and cipher of before");
}

/// A server whose shareable interface hands out a key, which is not shareable; a client that takes it to a cipher of its own.
#[test]
fn a_key_of_another_context_is_out_of_reach() {
    let mut server = applet(1, "return");
    import(&mut server);
    server.interface("Giver").shareable().implements_with("Shareable", &[]);
    server.interface("Giver").interface_method("key", "()Lsecurity:0;");
    server.export("Giver");
    let class = server.class("A");
    class.implements("Giver");
    class
        .virtual_method("getShareableInterfaceObject", "(LAID;B)LShareable;")
        .token(5)
        .code("aload_0; areturn");
    class.virtual_method("key", "()Lsecurity:0;").code(
        "bspush 15; sspush 128; sconst_0; invokestatic @security:13.0(BSZ)Lsecurity:0;; areturn",
    );
    let mut client = package(2);
    import(&mut client);
    client.import("server", aid(1).as_bytes(), 1, 0);
    let take = "getstatic_a @A.server; sconst_0; bspush 6; invokestatic @JCSystem.lookupAID
                sconst_0; invokestatic @JCSystem.getAppletShareableInterfaceObject
                checkcast @server:0; invokeinterface @server:0.0()Lsecurity:0;; astore_2";
    // What is thrown is told apart: 1 is a SecurityException.
    let guarded = |code: &str| {
        format!(
            "{take}
             MineStart: {code}
             MineEnd: sconst_0; goto_w Answer
             MineCaught: pop; sconst_1
             .catch MineStart MineEnd MineCaught @lang:10"
        )
    };
    let process = cases(&[
        (1, &guarded("aload_2; invokeinterface @security:0.3()Z; pop")),
        (
            2,
            &guarded(
                "bspush 14; sconst_0; invokestatic @crypto:1.0(BZ)Lcrypto:1;
                 aload_2; sconst_2; invokevirtual @crypto:1.3(Lsecurity:0;B)V",
            ),
        ),
    ]);
    declare_applet(&mut client, 2, &process);
    client.class("A").static_array("server", "[B", aid(1).as_bytes());
    let mut bed = Bed::new();
    bed.start(1, &mut server);
    let client = bed.start(2, &mut client);
    assert_eq!(bed.ask(client, 1), Ok(1), "a method of the key");
    assert_eq!(bed.ask(client, 2), Ok(1), "the key as an argument");
}
