//! A small Java Card applet, and what loads it.

use capfile::assemble::{FRAMEWORK, Package};
use card::CardProfile;
use globalplatform::{
    command::{Load, LoadFile},
    scp::host::Channel,
};
use iso7816::{Aid, Command, Response, StatusWord};

use crate::support::{Bench, lv};

pub(crate) const MEMO: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x01");
pub(crate) const MEMO_APPLET: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x01\x01");
pub(crate) const MEMO_OTHER: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x01\x02");

/// Parameters with which `install` throws 6A88 after it has registered and stored.
pub(crate) const REFUSED: u8 = 0xEE;

/// `Memo`: 10 stores data in a persistent array, 12 does and then throws P1 P2, 14 reads it; 16 and 18 count in transient arrays cleared
/// on reset and on deselection; 1A stores in a transaction that it does not end; 1C tells the install parameters; 1E never ends; 20
/// makes an array of P1 P2 bytes and keeps it, 22 drops it and asks for deletion; 24 adds 1 to a static field; A4 answers a SELECT that
/// is not its own. A SELECT that is answers "memo".
pub(crate) fn package() -> Package {
    let mut package = Package::new(MEMO.as_bytes());
    package.version(1, 2).import("fw", FRAMEWORK, 1, 2);
    package.alias("getBuffer", "fw:10.1()[B");
    package.alias("receive", "fw:10.6()S");
    package.alias("send", "fw:10.8(SS)V");
    package.alias("throwIt", "fw:7.1(S)V");
    package.alias("arrayCopy", "fw:16.1([BS[BSS)S");
    package.alias("transientBytes", "fw:8.13(SB)[B");
    package.applet(MEMO_APPLET.as_bytes(), "Memo.install");
    let memo = package.class("Memo");
    memo.extends("fw:3");
    for field in ["value", "given", "onReset", "onDeselect", "kept"] {
        memo.field(field, "[B");
    }
    memo.static_value("runs", "S", 0);
    memo.constructor("([BSB)V").code(
        "aload_0; invokespecial @fw:3.0()V
         aload_0; bspush 16; newarray byte; putfield_a @Memo.value
         aload_0; bspush 8; sconst_1; invokestatic @transientBytes; putfield_a @Memo.onReset
         aload_0; bspush 8; sconst_2; invokestatic @transientBytes; putfield_a @Memo.onDeselect
         // Over the instance AID and the privileges to the parameters.
         sload_2; aload_1; sload_2; baload; sadd; sconst_1; sadd; sstore_2
         sload_2; aload_1; sload_2; baload; sadd; sconst_1; sadd; sstore_2
         aload_0; aload_1; sload_2; baload; sconst_1; sadd; newarray byte; putfield_a @Memo.given
         aload_1; sload_2; getfield_a_this @Memo.given; sconst_0
         aload_1; sload_2; baload; sconst_1; sadd; invokestatic @arrayCopy; pop
         return",
    );
    memo.static_method("install", "([BSB)V").code(
        "new @Memo; dup; aload_0; sload_1; sload_2; invokespecial @Memo.<init>([BSB)V; astore_3
         aload_3; invokevirtual @fw:3.1()V
         getstatic_s @Memo.runs; sconst_1; sadd; putstatic_s @Memo.runs
         aload_3; getfield_a @Memo.given; arraylength; sconst_1; if_scmple Done
         aload_3; getfield_a @Memo.given; sconst_1; baload; bspush -18; if_scmpne Done
         sspush 0x6A88; invokestatic @throwIt
         Done: return",
    );
    memo.private_method("count", "([B[B)V").code(
        "aload_1; sconst_0; aload_1; sconst_0; baload; sconst_1; sadd; s2b; bastore
         aload_2; sconst_0; aload_1; sconst_0; baload; bastore
         return",
    );
    memo.virtual_method("process", "(Lfw:10;)V").token(7).code(
        "        aload_1; invokevirtual @getBuffer; astore_2
                 aload_0; invokevirtual @fw:3.3()Z; ifeq Command
                 aload_2; sconst_0; bspush 109; bastore; aload_2; sconst_1; bspush 101; bastore
                 aload_2; sconst_2; bspush 109; bastore; aload_2; sconst_3; bspush 111; bastore
                 aload_1; sconst_0; sconst_4; invokevirtual @send; return
         Command: aload_2; sconst_1; baload
                 slookupswitch Unknown -92=Select 16=Store 18=StoreThrow 20=Read 22=Reset 24=Deselect 26=Transact \
                     28=Given 30=Loop 32=Make 34=Drop 36=Static
         Unknown: sspush 0x6D00; invokestatic @throwIt; return
         Select: aload_2; sconst_0; bspush -1; bastore; aload_1; sconst_0; sconst_1; invokevirtual @send
                 return
         Store:  aload_0; aload_1; aload_2; invokespecial @Memo.store(Lfw:10;[B)V; return
         StoreThrow:
                 aload_0; aload_1; aload_2; invokespecial @Memo.store(Lfw:10;[B)V
                 aload_2; sconst_2; invokestatic @fw:16.4([BS)S; invokestatic @throwIt; return
         Read:   getfield_a_this @Memo.value; sconst_0; aload_2; sconst_0; bspush 16
                 invokestatic @arrayCopy; pop; aload_1; sconst_0; bspush 16; invokevirtual @send; return
         Reset:  aload_0; getfield_a_this @Memo.onReset; aload_2; invokespecial @Memo.count([B[B)V; goto One
         Deselect: aload_0; getfield_a_this @Memo.onDeselect; aload_2; invokespecial @Memo.count([B[B)V
         One:    aload_1; sconst_0; sconst_1; invokevirtual @send; return
         Transact: invokestatic @fw:8.1()V
                 aload_0; aload_1; aload_2; invokespecial @Memo.store(Lfw:10;[B)V; return
         Given:  getfield_a_this @Memo.given; sconst_0; aload_2; sconst_0; getfield_a_this @Memo.given
                 arraylength; invokestatic @arrayCopy; pop
                 aload_1; sconst_0; getfield_a_this @Memo.given; arraylength; invokevirtual @send; return
         Loop:   goto Loop
         Make:   aload_0; aload_2; sconst_2; invokestatic @fw:16.4([BS)S; newarray byte
                 putfield_a @Memo.kept; return
         Drop:   aload_0; aconst_null; putfield_a @Memo.kept; invokestatic @fw:8.18()V; return
         Static: getstatic_s @Memo.runs; sconst_1; sadd; putstatic_s @Memo.runs
                 aload_2; sconst_0; getstatic_s @Memo.runs; s2b; bastore; goto One",
    );
    memo.private_method("store", "(Lfw:10;[B)V").code(
        "aload_2; sconst_5; getfield_a_this @Memo.value; sconst_0; aload_1; invokevirtual @receive
         invokestatic @arrayCopy; pop; return",
    );
    package
}

pub(crate) fn ijc() -> Vec<u8> {
    package().build().unwrap().ijc()
}

/// INSTALL [for load] and LOAD; the last status word.
pub(crate) fn load(bench: &mut Bench, channel: &mut Channel, aid: Aid, file: &[u8]) -> StatusWord {
    let fields = [aid.as_bytes(), &[], &[], &[], &[]];
    let for_load = Command::new(0x80, 0xE6, 0x02, 0).with_data(fields.map(lv).concat());
    let status = bench.secure(channel, &for_load).status;
    if !status.is_ok() {
        return status;
    }
    let mut status = status;
    for block in Load::blocks(&LoadFile::plain(file.to_vec()).to_bytes(), 200).unwrap() {
        status = bench.secure(channel, &block.to_command()).status;
        if !status.is_ok() {
            return status;
        }
    }
    status
}

pub(crate) fn install_command(
    (package, module): (Aid, Aid),
    instance: Aid,
    parameters: &[u8],
) -> Command {
    let mut c9 = vec![0xC9];
    c9.extend(lv(parameters));
    let fields =
        [package.as_bytes(), module.as_bytes(), instance.as_bytes(), &[0], c9.as_slice(), &[]];
    Command::new(0x80, 0xE6, 0x0C, 0).with_data(fields.map(lv).concat())
}

pub(crate) fn install_memo(instance: Aid, parameters: &[u8]) -> Command {
    install_command((MEMO, MEMO_APPLET), instance, parameters)
}

/// A card with the package and one instance, which is selected.
pub(crate) fn with_memo() -> Bench {
    let mut bench = loaded(&CardProfile::default());
    let mut channel = bench.authenticate();
    let installed = bench.secure(&mut channel, &install_memo(MEMO_APPLET, b"abc"));
    assert_eq!(installed, Response::ok(vec![0]), "{:?}", bench.card.failure());
    assert_eq!(bench.select(MEMO_APPLET), Response::ok(b"memo".to_vec()));
    bench
}

/// A card with the package.
pub(crate) fn loaded(profile: &CardProfile) -> Bench {
    let mut bench = Bench::with(profile);
    let mut channel = bench.authenticate();
    let status = load(&mut bench, &mut channel, MEMO, &ijc());
    assert_eq!(status, StatusWord::OK, "{:?}", bench.card.failure());
    bench
}

impl Bench {
    /// One command to `Memo`.
    pub(crate) fn memo(&mut self, ins: u8, p1p2: u16, data: &[u8]) -> Response {
        let [p1, p2] = p1p2.to_be_bytes();
        self.send(&Command::new(0x80, ins, p1, p2).with_data(data))
    }

    /// What `Memo` has stored.
    pub(crate) fn stored(&mut self) -> Vec<u8> {
        self.memo(0x14, 0, &[]).data
    }
}
