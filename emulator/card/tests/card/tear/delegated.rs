//! Delegated management: what a token lets happen and the confirmation that tells it, counted, are one.

use globalplatform::scp::host::Channel;
use iso7816::Command;

use super::{Cuts, Sweep, report};
use crate::{
    authorities::{blocks, domain, for_install, for_load, memo_file, signed},
    authority::sha256,
    delegated::{DELEGATED, NONE, OTHER_DOMAIN, Stage, extradite, make_selectable, update},
    domains::enter,
    memo::{MEMO, MEMO_APPLET, MEMO_OTHER, ijc},
    support::{Bench, delete},
};

/// A command of the delegated domain after these others.
fn sweep(stage: &Stage, before: &[Command], command: &Command) -> Cuts {
    Sweep {
        what: &format!("a delegated command, {:?}", command.header),
        start: &stage.bench,
        prepare: |bench: &mut Bench| {
            let mut channel = enter(bench, DELEGATED, &stage.keys);
            for command in before {
                assert!(bench.secure(&mut channel, command).status.is_ok());
            }
            channel
        },
        command: |bench: &mut Bench, channel: &mut Channel| {
            let answer = bench.secure(channel, command);
            let confirmed = answer.data.len() > 1;
            assert!(confirmed || !bench.card.is_powered(), "{answer:?}");
            answer
        },
    }
    .run()
}

#[test]
fn what_a_token_allows_and_a_receipt_confirms() {
    let mut stage = Stage::with_receipts();
    domain(&mut stage.bench, OTHER_DOMAIN, NONE);
    let mut before = vec![signed(&for_load(&[], &sha256(&ijc())), &stage.token)];
    before.extend(blocks(&memo_file()));
    let last = before.pop().unwrap();
    let mut cuts = vec![sweep(&stage, &before, &last)];
    let mut channel = stage.enter();
    assert!(stage.load(&mut channel).status.is_ok());
    let for_install = |p1, instance| signed(&for_install(p1, instance), &stage.token);
    let installed = for_install(0x04, MEMO_APPLET);
    assert!(stage.bench.secure(&mut channel, &installed).status.is_ok());
    for command in [
        make_selectable(MEMO_APPLET),
        update(MEMO_APPLET, &[0x02]),
        extradite(MEMO_APPLET, OTHER_DOMAIN),
        delete(MEMO_APPLET, 0),
        delete(MEMO, 0x80),
    ] {
        cuts.push(sweep(&stage, &[], &signed(&command, &stage.token)));
    }
    for p1 in [0x04, 0x0C] {
        cuts.push(sweep(&stage, &[], &for_install(p1, MEMO_OTHER)));
    }
    report("delegated management", cuts.into_iter().sum(), 50);
}
