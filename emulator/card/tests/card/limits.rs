//! Commands that cannot be obeyed: load files in pieces that do not fit, names that are taken, content that is in use, memory that is full.
//! The status word says so, and nothing is half done.

use capfile::assemble::{FRAMEWORK, Package};
use card::{DOMAIN_LOAD_FILE, DOMAIN_MODULE, ImageStore, image::Record};
use iso7816::{Aid, Command, StatusWord};

use crate::{
    domains::{AUTHORIZED, FIRST, extradite, install_domain, personalized},
    memo::{self, MEMO, MEMO_APPLET, MEMO_OTHER, ijc, install_command, install_memo},
    support::{Bench, ISD, MODULE, OTHER, PACKAGE, delete, install_for_load, loads},
};

const OK: StatusWord = StatusWord::OK;
const IN_USE: StatusWord = StatusWord::CONDITIONS_OF_USE;
/// What a record costs beyond its value: an overhead, and the key of one byte that the applet in ROM gives it.
const FILLER_OVERHEAD: usize = card::nvm::RECORD_OVERHEAD + 1;
/// By how many bytes the free memory grows from one try to the next.
const MEMORY_STEP: usize = 13;

fn records(bench: &Bench) -> Vec<Record> {
    bench.image.snapshot().load().unwrap()
}

/// One command in a session with the issuer's domain.
fn status(bench: &mut Bench, command: &Command) -> StatusWord {
    bench.select(ISD);
    let mut channel = bench.authenticate();
    bench.secure(&mut channel, command).status
}

/// A command that is refused and changes nothing but the counter of sessions.
fn refused(bench: &mut Bench, what: &str, command: &Command, expected: StatusWord) {
    bench.select(ISD);
    let mut channel = bench.authenticate();
    let before = (records(bench), bench.card.info());
    let answer = bench.secure(&mut channel, command);
    assert_eq!(answer.status, expected, "{what}: {:?}", bench.card.failure());
    let after = (records(bench), bench.card.info());
    assert!(before.0 == after.0, "{what} changed records");
    assert_eq!(before.1.memory, after.1.memory, "{what}");
    assert_eq!(before.1.applications, after.1.applications, "{what}");
    assert_eq!(before.1.load_files, after.1.load_files, "{what}");
}

/// The load file of the memo applet in this many blocks.
fn in_blocks(count: usize) -> Vec<Command> {
    let whole = loads(&ijc(), 0x7FFF).remove(0).data;
    let (short, longer) = (whole.len() / count, whole.len() % count);
    let mut rest = whole.as_slice();
    let block = |number: usize| {
        let (data, others) = rest.split_at(short + usize::from(number < longer));
        rest = others;
        let p1 = if number + 1 == count { 0x80 } else { 0 };
        Command::new(0x80, 0xE8, p1, number.to_le_bytes()[0]).with_data(data)
    };
    (0..count).map(block).collect()
}

#[test]
fn a_load_file_comes_in_blocks_of_any_size_and_at_most_256() {
    for count in [1, 2, 3, 5, 100, 255, 256] {
        let mut bench = Bench::new();
        let mut channel = bench.authenticate();
        assert_eq!(bench.secure(&mut channel, &install_for_load(MEMO, &[])).status, OK);
        for block in in_blocks(count) {
            // Longer ones in extended length: LOAD has no other way, for its P1 has no bit for "more".
            let wrapped = channel.wrap(&block).unwrap();
            assert_eq!(bench.send(&wrapped).status, OK, "{count} blocks");
        }
        assert!(bench.card.load_files()[0].loaded, "{count} blocks");
    }
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let before = records(&bench);
    assert_eq!(bench.secure(&mut channel, &install_for_load(MEMO, &[])).status, OK);
    // The number of the 257th is that of the first again.
    for (number, block) in in_blocks(257).iter().enumerate() {
        let expected = if number < 256 { OK } else { IN_USE };
        assert_eq!(bench.secure(&mut channel, block).status, expected, "block {number}");
    }
    assert!(records(&bench) == before, "nothing is there");
}

#[test]
fn blocks_in_no_order_but_their_own() {
    let blocks = in_blocks(6);
    let orders: [&[usize]; 6] =
        [&[1], &[0, 0], &[0, 2], &[0, 1, 1], &[0, 1, 2, 4, 3], &[0, 1, 2, 3, 5]];
    for order in orders {
        let mut bench = Bench::new();
        let mut channel = bench.authenticate();
        let before = records(&bench);
        assert_eq!(bench.secure(&mut channel, &install_for_load(MEMO, &[])).status, OK);
        let answers: Vec<StatusWord> = order
            .iter()
            .map(|number| bench.secure(&mut channel, &blocks[*number]).status)
            .collect();
        let wrong = answers.iter().position(|status| *status != OK);
        assert!(wrong.is_some_and(|at| answers[at] == IN_USE), "{order:?}: {answers:?}");
        // The load is over: even the block that was due is refused.
        for block in &blocks {
            assert_eq!(bench.secure(&mut channel, block).status, IN_USE, "{order:?}");
        }
        assert!(records(&bench) == before, "{order:?}");
    }
    // A load file that ends too early, at every block.
    for last in 0..blocks.len() - 1 {
        let mut bench = Bench::new();
        let mut channel = bench.authenticate();
        let before = records(&bench);
        assert_eq!(bench.secure(&mut channel, &install_for_load(MEMO, &[])).status, OK);
        for block in &blocks[..last] {
            assert_eq!(bench.secure(&mut channel, block).status, OK);
        }
        let mut truncated = blocks[last].clone();
        truncated.header.p1 = 0x80;
        assert_eq!(bench.secure(&mut channel, &truncated).status, StatusWord::WRONG_DATA);
        assert!(records(&bench) == before, "cut after {last}");
    }
}

#[test]
fn an_aid_has_one_owner() {
    let mut bench = Bench::new();
    personalized(&mut bench, FIRST, AUTHORIZED);
    bench.select(ISD);
    let mut channel = bench.authenticate();
    assert_eq!(memo::load(&mut bench, &mut channel, MEMO, &ijc()), OK);
    assert_eq!(bench.secure(&mut channel, &install_memo(MEMO_OTHER, b"")).status, OK);
    let rom = |instance| install_command((PACKAGE, MODULE), instance, b"");
    assert_eq!(bench.secure(&mut channel, &rom(OTHER)).status, OK);
    let taken = [
        ("a loaded file", MEMO),
        ("a load file in ROM", PACKAGE),
        ("the load file of domains", DOMAIN_LOAD_FILE),
        ("an applet", MEMO_OTHER),
        ("an instance in ROM", OTHER),
        ("a domain", FIRST),
        ("the issuer's domain", ISD),
    ];
    for (what, aid) in taken {
        refused(&mut bench, &format!("an applet named as {what}"), &install_memo(aid, b""), IN_USE);
        refused(&mut bench, &format!("an instance named as {what}"), &rom(aid), IN_USE);
        let domain = install_domain(aid, AUTHORIZED, &[]);
        refused(&mut bench, &format!("a domain named as {what}"), &domain, IN_USE);
        let load = install_for_load(aid, &[]);
        refused(&mut bench, &format!("a load file named as {what}"), &load, IN_USE);
    }
    // A module's AID is free for its instance, and for any other.
    assert_eq!(status(&mut bench, &rom(MEMO_APPLET)), OK);
    assert_eq!(status(&mut bench, &install_domain(DOMAIN_MODULE, AUTHORIZED, &[])), OK);
    // The issuer's domain takes no name that is taken either.
    for (what, aid) in taken.iter().filter(|(_, aid)| *aid != ISD) {
        let mut data = vec![0x4F];
        data.extend(crate::support::lv(aid.as_bytes()));
        let rename = Command::new(0x80, 0xE2, 0x80, 0).with_data(data);
        refused(&mut bench, &format!("the issuer's domain named as {what}"), &rename, IN_USE);
    }
}

const LIBRARY: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x20");
const CLIENT: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x21");

/// A library, and a package that imports it.
fn library_and_client() -> [(Aid, Vec<u8>); 2] {
    let mut library = Package::new(LIBRARY.as_bytes());
    library.version(1, 0).export("Base");
    let base = library.class("Base");
    base.constructor("()V").code("aload_0; invokespecial @lang:0.0()V; return");
    let mut client = Package::new(CLIENT.as_bytes());
    client.version(1, 0).import("fw", FRAMEWORK, 1, 2).import("library", LIBRARY.as_bytes(), 1, 0);
    client.class("Derived").extends("library:0").inherited_tokens(1);
    [(LIBRARY, library.build().unwrap().ijc()), (CLIENT, client.build().unwrap().ijc())]
}

#[test]
fn what_is_in_use_is_not_deleted() {
    let mut bench = Bench::new();
    personalized(&mut bench, FIRST, AUTHORIZED);
    bench.select(ISD);
    let mut channel = bench.authenticate();
    for (aid, file) in library_and_client() {
        let loaded = memo::load(&mut bench, &mut channel, aid, &file);
        assert_eq!(loaded, OK, "{aid}: {:?}", bench.card.failure());
    }
    assert_eq!(memo::load(&mut bench, &mut channel, MEMO, &ijc()), OK);
    assert_eq!(bench.secure(&mut channel, &install_memo(MEMO_OTHER, b"")).status, OK);
    assert_eq!(bench.secure(&mut channel, &extradite(MEMO_OTHER, FIRST)).status, OK);
    for (what, object, p2) in [
        ("an imported package", LIBRARY, 0),
        ("an imported package and what is related", LIBRARY, 0x80),
        ("a package with an applet", MEMO, 0),
        ("a domain with an applet", FIRST, 0),
        ("a load file in ROM", PACKAGE, 0x80),
        ("the issuer's domain", ISD, 0x80),
    ] {
        refused(&mut bench, what, &delete(object, p2), IN_USE);
    }
    assert_eq!(bench.bytes("0070000001").data, [1]);
    bench.send(&Command::new(1, 0xA4, 4, 0).with_data(MEMO_OTHER.as_bytes()));
    for (what, object) in [
        ("an applet that is selected", MEMO_OTHER),
        ("a package whose applet is selected", MEMO),
        ("a domain whose applet is selected", FIRST),
    ] {
        refused(&mut bench, what, &delete(object, 0x80), IN_USE);
    }
    bench.send(&Command::new(1, 0xA4, 4, 0).with_data(FIRST.as_bytes()));
    refused(&mut bench, "a domain that is selected", &delete(FIRST, 0x80), IN_USE);
    bench.bytes("00708001");
    for (object, p2) in [(CLIENT, 0), (LIBRARY, 0), (FIRST, 0x80), (MEMO, 0)] {
        assert_eq!(status(&mut bench, &delete(object, p2)), OK, "{object}");
    }
}

/// Lets a command fail for want of memory, with ever more of it, until it is obeyed; how often it failed.
fn starve(what: &str, start: &Bench, command: &Command, before: &[Command]) -> usize {
    let mut failures = 0;
    loop {
        let mut bench = start.twin();
        let spare = failures * MEMORY_STEP;
        let memory = bench.card.memory();
        let free = memory.capacity - card::nvm::SYSTEM_RESERVE - memory.used;
        assert!(bench.select(OTHER).status.is_ok());
        let fill = vec![0xFF; free - spare - FILLER_OVERHEAD];
        for (number, part) in (1..).zip(fill.chunks(0x4000)) {
            let overhead = if number == 1 { 0 } else { FILLER_OVERHEAD };
            let part = &part[..part.len().saturating_sub(overhead)];
            let put = Command::new(0x80, 0x10, number, 0).with_data(part);
            assert_eq!(bench.send(&put).status, OK, "{what}: {} bytes", part.len());
        }
        bench.select(ISD);
        let mut channel = bench.authenticate();
        for command in before {
            let answer = bench.secure(&mut channel, command).status;
            assert!([OK, StatusWord::NO_MEMORY, IN_USE].contains(&answer), "{what}: {answer}");
        }
        let found = (records(&bench), bench.card.memory());
        let answer = bench.secure(&mut channel, command);
        if answer.status.is_ok() {
            return failures;
        }
        let over = before.len() > 1 && answer.status == IN_USE;
        let right = answer.status == StatusWord::NO_MEMORY || over;
        assert!(right, "{what} with {spare} bytes: {answer:?} {:?}", bench.card.failure());
        assert!(records(&bench) == found.0, "{what} with {spare} bytes is half done");
        assert_eq!(bench.card.memory(), found.1, "{what} with {spare} bytes");
        assert!(records(&bench.twin()) == found.0);
        failures += 1;
    }
}

#[test]
fn full_memory_at_each_step() {
    let mut bench = Bench::new();
    personalized(&mut bench, FIRST, AUTHORIZED);
    bench.select(ISD);
    let mut channel = bench.authenticate();
    assert_eq!(memo::load(&mut bench, &mut channel, MEMO, &ijc()), OK);
    let rom = |instance| install_command((PACKAGE, MODULE), instance, b"some parameters");
    assert_eq!(bench.secure(&mut channel, &rom(OTHER)).status, OK);
    let blank = {
        let mut bench = Bench::new();
        bench.card.install(MODULE, OTHER, &[]).unwrap();
        bench
    };
    let mut load = vec![install_for_load(MEMO, &[])];
    // Nothing announced: the memory ends under way.
    let fields = [MEMO.as_bytes(), &[], &[], &[], &[]];
    load[0].data = fields.map(crate::support::lv).concat();
    load.extend(loads(&ijc(), 200));
    let last = load.pop().unwrap();
    let failures = [
        starve("LOAD", &blank, &last, &load),
        starve("INSTALL of an applet", &bench, &install_memo(MEMO_APPLET, b"abc"), &[]),
        starve("INSTALL of an instance in ROM", &bench, &rom(MODULE), &[]),
    ];
    println!("memory: {failures:?} failures of LOAD and INSTALL before there was enough");
    assert!(failures.iter().all(|count| *count > 2), "{failures:?}");
}

#[test]
fn a_quota_is_kept_at_each_step() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    assert_eq!(memo::load(&mut bench, &mut channel, MEMO, &ijc()), OK);
    let install = |quota: usize| {
        let [.., high, low] = quota.to_be_bytes();
        let mut command = install_memo(MEMO_APPLET, b"abc");
        // The parameters are the last field but the token: EF with C8 comes before C9.
        let c9 = command.data.len() - 1 - 5;
        let system = [0xEF, 4, 0xC8, 2, high, low];
        command.data.splice(c9..c9, system);
        command.data[c9 - 1] += 6;
        command
    };
    let mut quota = 0;
    loop {
        let mut twin = bench.twin();
        if status(&mut twin.twin(), &install(quota)) == OK {
            break;
        }
        refused(&mut twin, &format!("quota {quota}"), &install(quota), StatusWord::NO_MEMORY);
        quota += MEMORY_STEP;
    }
    assert_eq!(status(&mut bench, &install(quota)), OK);
    let owner = format!("instance {MEMO_APPLET}");
    let memory = bench.card.memory().by_owner;
    let used = memory.iter().find(|(name, _)| *name == owner).unwrap().1;
    assert!(used <= quota && quota < used + 2 * MEMORY_STEP, "{used} of {quota} bytes");
}
