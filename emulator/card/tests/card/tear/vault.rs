//! An applet of the virtual machine that keeps what a power failure may harm: arrays, counters, a PIN.

use capfile::assemble::{FRAMEWORK, Package};
use iso7816::Aid;

pub(super) const VAULT: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x02");
pub(super) const APPLET: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x02\x01");
/// Load file and module.
pub(super) const MODULE: (Aid, Aid) = (VAULT, APPLET);

/// What `Vault` tells of itself, see [`ijc`].
pub(super) const TRIES: usize = 34;

/// `Vault`: two arrays of 16 bytes, two static counters, a PIN `1234` with three tries. 10 stores the data in both arrays and counts, in
/// a transaction; 11 does so and aborts; 12 does so and leaves it open; 13 stores in the first array only. 15 makes an array of P2
/// bytes in a transaction, 1A drops what 15 made and asks for deletion. 16 checks the PIN,
/// 17 changes it, 18 unblocks it. 1C tells arrays, count, tries and the length of the array of 15. Each selection is counted twice in a
/// transaction, each deselection once.
pub(super) fn ijc() -> Vec<u8> {
    package().build().unwrap().ijc()
}

fn package() -> Package {
    let mut package = Package::new(VAULT.as_bytes());
    package.version(1, 0).import("fw", FRAMEWORK, 1, 2);
    for (name, reference) in [
        ("getBuffer", "fw:10.1()[B"),
        ("receive", "fw:10.6()S"),
        ("send", "fw:10.8(SS)V"),
        ("throwIt", "fw:7.1(S)V"),
        ("arrayCopy", "fw:16.1([BS[BSS)S"),
        ("setShort", "fw:16.6([BSS)S"),
        ("transientBytes", "fw:8.13(SB)[B"),
        ("abort", "fw:8.0()V"),
        ("begin", "fw:8.1()V"),
        ("commit", "fw:8.2()V"),
        ("requestObjectDeletion", "fw:8.18()V"),
        ("OwnerPIN.<init>", "fw:9.0(BB)V"),
        ("OwnerPIN.check", "fw:9.1([BSB)Z"),
        ("OwnerPIN.getTriesRemaining", "fw:9.2()B"),
        ("OwnerPIN.resetAndUnblock", "fw:9.6()V"),
        ("OwnerPIN.update", "fw:9.8([BSB)V"),
    ] {
        package.alias(name, reference);
    }
    package.applet(APPLET.as_bytes(), "Vault.install");
    declare(&mut package);
    process(&mut package);
    package
}

/// Fields, and what happens at installation, selection and deselection.
fn declare(package: &mut Package) {
    let vault = package.class("Vault");
    vault.extends("fw:3");
    for field in ["first", "second", "kept", "onReset", "onDeselect"] {
        vault.field(field, "[B");
    }
    vault.field("pin", "Lfw:9;");
    vault.static_array("digits", "[B", b"1234");
    for counter in ["count", "selections", "again", "deselections"] {
        vault.static_value(counter, "S", 0);
    }
    vault.constructor("()V").code(
        "aload_0; invokespecial @fw:3.0()V
         aload_0; bspush 16; newarray byte; putfield_a @Vault.first
         aload_0; bspush 16; newarray byte; putfield_a @Vault.second
         aload_0; bspush 8; sconst_1; invokestatic @transientBytes; putfield_a @Vault.onReset
         aload_0; bspush 8; sconst_2; invokestatic @transientBytes; putfield_a @Vault.onDeselect
         aload_0; new @fw:9; dup; sconst_3; sconst_4; invokespecial @OwnerPIN.<init>
         putfield_a @Vault.pin
         getfield_a_this @Vault.pin; getstatic_a @Vault.digits; sconst_0; sconst_4
         invokevirtual @OwnerPIN.update
         return",
    );
    vault.static_method("install", "([BSB)V").code(
        "new @Vault; dup; invokespecial @Vault.<init>()V
         aload_0; sload_1; sconst_1; sadd; aload_0; sload_1; baload; invokevirtual @fw:3.2([BSB)V
         return",
    );
    vault.virtual_method("select", "()Z").token(6).code(
        "invokestatic @begin
         getstatic_s @Vault.selections; sconst_1; sadd; putstatic_s @Vault.selections
         getstatic_s @Vault.again; sconst_1; sadd; putstatic_s @Vault.again
         invokestatic @commit; sconst_1; sreturn",
    );
    vault.virtual_method("deselect", "()V").token(4).code(
        "getstatic_s @Vault.deselections; sconst_1; sadd; putstatic_s @Vault.deselections; return",
    );
}

fn process(package: &mut Package) {
    let vault = package.class("Vault");
    vault.private_method("both", "([B)V").code(
        "aload_1; sconst_5; getfield_a_this @Vault.first; sconst_0; bspush 16
         invokestatic @arrayCopy; pop
         aload_1; sconst_5; getfield_a_this @Vault.second; sconst_0; bspush 16
         invokestatic @arrayCopy; pop
         getstatic_s @Vault.count; sconst_1; sadd; putstatic_s @Vault.count; return",
    );
    vault.virtual_method("process", "(Lfw:10;)V").token(7).code(
        "        aload_1; invokevirtual @getBuffer; astore_2
                 aload_0; invokevirtual @fw:3.3()Z; ifeq Command; return
         Command: aload_2; sconst_1; baload
                 slookupswitch Unknown 16=Both 17=Abort 18=Open 19=First 21=Make 22=Check 23=Update 24=Unblock \
                     26=Drop 28=Read
         Unknown: sspush 0x6D00; invokestatic @throwIt; return
         Both:   aload_1; invokevirtual @receive; pop; invokestatic @begin
                 aload_0; aload_2; invokespecial @Vault.both([B)V; invokestatic @commit; return
         Abort:  aload_1; invokevirtual @receive; pop; invokestatic @begin
                 aload_0; aload_2; invokespecial @Vault.both([B)V; invokestatic @abort; return
         Open:   aload_1; invokevirtual @receive; pop; invokestatic @begin
                 aload_0; aload_2; invokespecial @Vault.both([B)V; return
         First:  aload_1; invokevirtual @receive; pop
                 aload_2; sconst_5; getfield_a_this @Vault.first; sconst_0; bspush 16
                 invokestatic @arrayCopy; pop; return
         Make:   invokestatic @begin
                 aload_0; aload_2; sconst_3; baload; newarray byte; putfield_a @Vault.kept
                 invokestatic @commit; return
         Drop:   aload_0; aconst_null; putfield_a @Vault.kept
                 invokestatic @requestObjectDeletion; return
         Check:  aload_1; invokevirtual @receive; pop
                 getfield_a_this @Vault.pin; aload_2; sconst_5; sconst_4; invokevirtual @OwnerPIN.check
                 pop; return
         Update: aload_1; invokevirtual @receive; pop
                 getfield_a_this @Vault.pin; aload_2; sconst_5; sconst_4
                 invokevirtual @OwnerPIN.update; return
         Unblock: getfield_a_this @Vault.pin; invokevirtual @OwnerPIN.resetAndUnblock; return
         Read:   getfield_a_this @Vault.first; sconst_0; aload_2; sconst_0; bspush 16
                 invokestatic @arrayCopy; pop
                 getfield_a_this @Vault.second; sconst_0; aload_2; bspush 16; bspush 16
                 invokestatic @arrayCopy; pop
                 aload_2; bspush 32; getstatic_s @Vault.count; invokestatic @setShort; pop
                 aload_2; bspush 34; getfield_a_this @Vault.pin
                 invokevirtual @OwnerPIN.getTriesRemaining; bastore
                 aload_2; bspush 35; sconst_m1; invokestatic @setShort; pop
                 getfield_a_this @Vault.kept; ifnull Send
                 aload_2; bspush 35; getfield_a_this @Vault.kept; arraylength
                 invokestatic @setShort; pop
         Send:   aload_1; sconst_0; bspush 37; invokevirtual @send; return",
    );
}
