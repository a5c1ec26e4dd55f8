//! Applets that use the card's services, and tests of those.

use capfile::assemble::{FRAMEWORK, GLOBALPLATFORM, Package};
use card::CardProfile;
use globalplatform::{
    SecurityLevel,
    scp::host::{Dialect, Handshake},
};
use iso7816::{Aid, Command, Response, StatusWord};

use crate::{
    memo::load,
    support::{Bench, ISD, delete, keys_for, lv, scp},
};

const GUARD: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x02");
const GUARD_APPLET: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x02\x01");
const VISA: &[u8] = b"\xA0\x00\x00\x00\x03\x00\x00";

/// `Guard`: 50, 82, 7A, 78 concern the secure channel; 10 unwraps a command and echoes its data, 12 decrypts them, 16 tells the level,
/// 18 ends the session, 1A echoes through wrap; 24 and 26 unwrap, and decrypt and verify a key, by Visa's interface; 28 tells what STORE DATA brought. F0 and F2 set and get the life cycle state; D0, D2, D4, D6 give, verify and limit the global PIN and tell its tries; E0 tells
/// the privileges; 14 sets historical bytes.
fn package() -> Package {
    let mut package = Package::new(GUARD.as_bytes());
    package.import("fw", FRAMEWORK, 1, 2).import("gp", GLOBALPLATFORM, 1, 1);
    package.import("visa", VISA, 1, 0);
    package.alias("send", "fw:10.8(SS)V");
    package.applet(GUARD_APPLET.as_bytes(), "Guard.install");
    let guard = package.class("Guard");
    guard.extends("fw:3").inherited_tokens(8).implements_with("gp:0", &[8]);
    guard.implements_with("fw:17", &[9, 10]);
    guard.field("channel", "Lgp:2;").field("stored", "[B");
    guard.constructor("()V").code(
        "aload_0; invokespecial @fw:3.0()V
         aload_0; bspush 32; newarray byte; putfield_a @Guard.stored
         aload_0; invokevirtual @fw:3.1()V; return",
    );
    guard
        .static_method("install", "([BSB)V")
        .code("new @Guard; invokespecial @Guard.<init>()V; return");
    guard.virtual_method("processData", "([BSS)V").token(8).code(
        "aload_1; sload_2; getfield_a_this @Guard.stored; sconst_0; sload_3
         invokestatic @fw:16.1([BS[BSS)S; pop; return",
    );
    guard.virtual_method("select", "(Z)Z").token(9).code("sconst_1; sreturn");
    guard.virtual_method("deselect", "(Z)V").token(10).code("return");
    guard.virtual_method("process", "(Lfw:10;)V").token(7).code(
        "        aload_0; invokevirtual @fw:3.3()Z; ifeq Command
                 return
         Command: aload_1; invokevirtual @fw:10.1()[B; astore_2
                 aload_0; invokestatic @gp:3.4()Lgp:2;; putfield_a @Guard.channel
                 getfield_a_this @Guard.channel; astore 4
                 aload_2; sconst_1; baload
                 slookupswitch Unknown -126=Process -48=SetPin -46=Verify -44=Limit -42=Tries -32=Privileges \
                     -16=SetState -14=GetState 16=Unwrap 18=Decrypt 20=History 22=Level 24=End 26=Wrap \
                     36=VisaUnwrap 38=Key 40=Stored 80=Process 120=Process 122=Process
         Unknown: sspush 0x6D00; invokestatic @fw:7.1(S)V; return
         Process: aload 4; aload_1; invokeinterface 2 @gp:2 0; sstore_3
         Answer: aload_1; sconst_5; sload_3; invokevirtual @send; return
         Unwrap: aload_1; invokevirtual @fw:10.6()S; sstore_3
                 aload 4; aload_2; sconst_0; sload_3; sconst_5; sadd; invokeinterface 4 @gp:2 2
                 sconst_5; ssub; sstore_3; goto_w Answer
         Wrap:   aload_1; invokevirtual @fw:10.6()S; sstore_3
                 aload 4; aload_2; sconst_0; sload_3; sconst_5; sadd; invokeinterface 4 @gp:2 2
                 sstore_3
                 aload_2; sload_3; sspush 0x9000; invokestatic @fw:16.6([BSS)S; pop
                 aload 4; aload_2; sconst_5; sload_3; sconst_3; ssub; invokeinterface 4 @gp:2 1
                 sconst_2; ssub; sstore_3; goto_w Answer
         Decrypt: aload_1; invokevirtual @fw:10.6()S; sstore_3
                 aload 4; aload_2; sconst_5; sload_3; invokeinterface 4 @gp:2 3; sstore_3; goto_w Answer
         Level:  aload_2; sconst_5; aload 4; invokeinterface 1 @gp:2 6; bastore; sconst_1; sstore_3; goto_w Answer
         End:    aload 4; invokeinterface 1 @gp:2 5; return
         History: aload_1; invokevirtual @fw:10.6()S; sstore_3
                 aload_2; sconst_5; sload_3; s2b; invokestatic @gp:3.7([BSB)Z; sstore_3; goto_w Byte
         SetState: aload_2; sconst_2; baload; invokestatic @gp:3.8(B)Z; sstore_3; goto_w Byte
         GetState: invokestatic @gp:3.1()B; sstore_3; goto_w Byte
         Privileges: aconst_null; invokestatic @gp:3.9(Lfw:6;)Lgp:4;; aload_2; sconst_5; invokeinterface 3 @gp:4 2
                 pop; sconst_3; sstore_3; goto_w Answer
         SetPin: aload_1; invokevirtual @fw:10.6()S; sstore_3
                 bspush 17; invokestatic @gp:3.3(B)Lgp:1;; aload_2; sconst_5; sload_3; s2b; sconst_3
                 invokeinterface 5 @gp:1 5; sstore_3; goto_w Byte
         Verify: aload_1; invokevirtual @fw:10.6()S; sstore_3
                 bspush 17; invokestatic @gp:3.3(B)Lgp:1;; aload_2; sconst_5; sload_3; s2b; sconst_3
                 invokeinterface 5 @gp:1 10; sstore_3; goto_w Byte
         Limit:  bspush 17; invokestatic @gp:3.3(B)Lgp:1;; aload_2; sconst_2; baload
                 invokeinterface 2 @gp:1 9; sstore_3; goto_w Byte
         Tries:  bspush 17; invokestatic @gp:3.3(B)Lgp:1;; invokeinterface 1 @gp:1 4; sstore_3; goto_w Byte
         Stored: getfield_a_this @Guard.stored; sconst_0; aload_2; sconst_5; bspush 32
                 invokestatic @fw:16.1([BS[BSS)S; pop; bspush 32; sstore_3; goto_w Answer
         VisaUnwrap: aload_1; invokevirtual @fw:10.6()S; pop
                 invokestatic @visa:1.4()Lvisa:0;; sconst_0; aload_1; invokeinterface 3 @visa:0 3
                 aload_2; sconst_4; baload; sspush 255; sand; sstore_3; goto_w Answer
         Key:    aload_1; invokevirtual @fw:10.6()S; pop
                 invokestatic @visa:1.4()Lvisa:0;; sconst_0; aload_1; sconst_5; invokeinterface 4 @visa:0 2; sstore_3
                 sload_3; ifeq_w Byte
                 bspush 18; sstore_3; goto_w Answer
         Byte:   aload_2; sconst_5; sload_3; s2b; bastore; sconst_1; sstore_3; goto_w Answer",
    );
    package
}

fn with_guard(privileges: &[u8]) -> Bench {
    let mut bench = Bench::with(&CardProfile::default());
    let mut channel = bench.authenticate();
    let file = package().build().unwrap().ijc();
    assert_eq!(
        load(&mut bench, &mut channel, GUARD, &file),
        StatusWord::OK,
        "{:?}",
        bench.card.failure()
    );
    let fields = [
        GUARD.as_bytes(),
        GUARD_APPLET.as_bytes(),
        GUARD_APPLET.as_bytes(),
        privileges,
        &[0xC9, 0],
        &[],
    ];
    let install = Command::new(0x80, 0xE6, 0x0C, 0).with_data(fields.map(lv).concat());
    assert_eq!(
        bench.secure(&mut channel, &install).status,
        StatusWord::OK,
        "{:?}",
        bench.card.failure()
    );
    assert!(bench.select(GUARD_APPLET).status.is_ok());
    bench
}

fn guard(ins: u8, data: &[u8]) -> Command {
    Command::new(0x80, ins, 0, 0).with_data(data)
}

fn authenticate(bench: &mut Bench, level: SecurityLevel) -> globalplatform::scp::host::Channel {
    let handshake = Handshake::new(&[7; 8]).with_dialect(Dialect::Dogtag);
    bench.open(handshake, &keys_for(scp(2, 0x15)), level.bits())
}

#[test]
fn an_applet_has_the_secure_channel_of_its_domain() {
    let mut bench = with_guard(&[0]);
    assert_eq!(bench.send(&guard(0x16, &[])).data, [0]);
    let mut channel = authenticate(&mut bench, SecurityLevel::C_MAC_C_DECRYPTION);
    assert_eq!(bench.send(&guard(0x16, &[])).data, [0x83]);
    let wrapped = channel.wrap(&guard(0x10, b"a secret")).unwrap();
    assert_ne!(wrapped.data.len(), 8);
    assert_eq!(bench.send(&wrapped), Response::ok(b"a secret".to_vec()));
    let by_visa = channel.wrap(&guard(0x24, b"another one")).unwrap();
    assert_eq!(bench.send(&by_visa), Response::ok(b"another one".to_vec()));
    let key = [0x55; 16];
    let encrypted = channel.keys().unwrap().encrypt_sensitive(&key).unwrap();
    assert_eq!(bench.send(&guard(0x12, &encrypted)).data, key);
    let mut spoiled = channel.wrap(&guard(0x10, b"a secret")).unwrap();
    spoiled.data[0] ^= 1;
    assert_eq!(bench.send(&spoiled).status, StatusWord::SECURITY_STATUS);
    assert_eq!(bench.send(&guard(0x16, &[])).data, [0], "the session is closed");
    authenticate(&mut bench, SecurityLevel::C_MAC);
    assert!(bench.send(&guard(0x18, &[])).status.is_ok());
    assert_eq!(bench.send(&guard(0x16, &[])).data, [0]);
    authenticate(&mut bench, SecurityLevel::C_MAC);
    bench.select(GUARD_APPLET);
    assert_eq!(bench.send(&guard(0x16, &[])).data, [0], "it ends with the selection");
}

#[test]
fn a_key_is_decrypted_and_verified_in_place() {
    let mut bench = with_guard(&[0]);
    let channel = authenticate(&mut bench, SecurityLevel::C_MAC);
    let key = globalplatform::Key::des3([0x31; 16]);
    let encrypted = channel.keys().unwrap().encrypt_sensitive(&[0x31; 16]).unwrap();
    let block = |kind: u8, check: &[u8]| [&[kind][..], &lv(&encrypted), &lv(check)].concat();
    let mut send = |block: &[u8]| bench.send(&guard(0x26, block));
    let good = send(&block(0x81, &key.check_value()));
    assert_eq!(good.data[2..], [0x31; 16]);
    assert_eq!(send(&block(0x00, &[])).data[2..], [0x31; 16], "as START ENROLLMENT brings it");
    assert_eq!(send(&block(0x81, &[1, 2, 3])).data, [0]);
    assert_eq!(send(&block(0x88, &key.check_value())).data, [0], "no DES key");
    assert_eq!(send(&[0x81, 0xFF, 1]).data, [0]);
}

#[test]
fn an_applet_changes_its_life_cycle_for_good() {
    let mut bench = with_guard(&[0]);
    let set = |state: u8| Command::new(0x80, 0xF0, state, 0);
    assert_eq!(bench.send(&guard(0xF2, &[])).data, [0x07]);
    assert_eq!(bench.send(&set(0x0F)).data, [1]);
    assert_eq!(bench.send(&set(0x03)).data, [0], "back to INSTALLED");
    assert_eq!(bench.card.applications()[0].life_cycle, 0x0F);
    let mut twin = bench.twin();
    twin.select(GUARD_APPLET);
    assert_eq!(twin.send(&guard(0xF2, &[])).data, [0x0F]);
    assert_eq!(twin.send(&set(0x80)).data, [1], "it locks itself");
    assert_eq!(twin.select(ISD).status, StatusWord::OK);
    assert_eq!(twin.select(GUARD_APPLET).status, StatusWord::NOT_FOUND);
}

#[test]
fn the_global_pin_is_kept_and_its_tries_count_before_anything_else() {
    let mut bench = with_guard(&[0x02]);
    assert_eq!(bench.send(&Command::new(0x80, 0xD4, 3, 0)).data, [1]);
    assert_eq!(bench.send(&guard(0xD0, b"1234")).data, [1]);
    assert_eq!(bench.send(&guard(0xD2, b"1235")).data, [0xFF]);
    assert_eq!(bench.send(&guard(0xD6, &[])).data, [2]);
    let mut twin = bench.twin();
    twin.select(GUARD_APPLET);
    assert_eq!(twin.send(&guard(0xD6, &[])).data, [2]);
    assert_eq!(twin.send(&guard(0xD2, b"1234")).data, [0]);
    assert_eq!(twin.send(&guard(0xD6, &[])).data, [3]);
    // The first store is the applet's own, to its field.
    twin.card.tear_after(2);
    assert_eq!(twin.send(&guard(0xD2, b"1234")).status, StatusWord::UNKNOWN);
    twin.card.power_on();
    twin.select(GUARD_APPLET);
    assert_eq!(
        twin.send(&guard(0xD6, &[])).data,
        [2],
        "the try was counted, and then the power failed"
    );
    let mut other = with_guard(&[0]);
    assert_eq!(other.send(&Command::new(0x80, 0xD4, 3, 0)).data, [0], "without the privilege");
}

#[test]
fn an_applet_knows_its_privileges_and_changes_the_historical_bytes() {
    let mut bench = with_guard(&[0x04]);
    assert_eq!(bench.send(&guard(0xE0, &[])).data, [0x04, 0, 0]);
    assert_eq!(bench.send(&guard(0x14, b"hello")).data, [1]);
    let before = bench.card.atr().to_vec();
    bench.card.reset();
    assert_ne!(bench.card.atr(), before);
    let atr = iso7816::Atr::parse(bench.card.atr()).unwrap();
    assert_eq!(atr.historical_bytes(), b"hello");
    assert_eq!(bench.twin().card.atr(), bench.card.atr());
    // Default selected: without any SELECT.
    assert_eq!(bench.send(&guard(0xF2, &[])).data, [0x07]);
}

#[test]
fn store_data_is_passed_on_to_an_applet() {
    let mut bench = with_guard(&[0]);
    bench.select(ISD);
    let mut channel = bench.authenticate();
    let fields = [&[][..], &[], GUARD_APPLET.as_bytes(), &[], &[], &[]];
    let personalize = Command::new(0x80, 0xE6, 0x20, 0).with_data(fields.map(lv).concat());
    assert_eq!(bench.secure(&mut channel, &personalize).status, StatusWord::OK);
    let store = |p1, p2| Command::new(0x80, 0xE2, p1, p2).with_data(*b"personal data");
    assert!(bench.secure(&mut channel, &store(0x00, 0)).status.is_ok());
    assert!(bench.secure(&mut channel, &store(0x80, 1)).status.is_ok());
    let to_the_domain = bench.secure(&mut channel, &store(0x80, 0)).status;
    assert_eq!(
        to_the_domain,
        StatusWord::WRONG_DATA,
        "after the last block the domain has them again"
    );
    bench.select(GUARD_APPLET);
    let stored = bench.send(&guard(0x28, &[])).data;
    assert!(stored.starts_with(b"\x80\xE2\x80\x01\x0Dpersonal data"), "{stored:02X?}");
}

#[test]
fn a_multiselectable_applet_is_on_several_channels() {
    let mut bench = with_guard(&[0]);
    assert_eq!(bench.bytes("0070000001").data, [1]);
    let elsewhere = Command::new(1, 0xA4, 4, 0).with_data(GUARD_APPLET.as_bytes());
    assert_eq!(bench.send(&elsewhere), Response::ok(Vec::new()));
    assert_eq!(bench.bytes("81F20000").data, [0x07]);
    assert_eq!(bench.bytes("80F20000").data, [0x07]);
    // A channel that is opened from there begins with the same applet.
    assert_eq!(bench.bytes("0170000001").data, [2]);
    assert_eq!(bench.bytes("82F20000").data, [0x07]);
    let mut twin = bench.twin();
    let mut channel = twin.authenticate();
    assert!(twin.secure(&mut channel, &delete(GUARD, 0x80)).status.is_ok());
}
