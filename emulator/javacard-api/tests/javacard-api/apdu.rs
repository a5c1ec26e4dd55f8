//! `APDU` as applets see it; its states have tests of their own.

use javacard_api::{Origin, Protocol};

use crate::bed::{Bed, answering, applet, cases};

/// Receives everything and sends it back.
const ECHO: &str = "aload_1; invokevirtual @APDU.setIncomingAndReceive; sstore_2
                    aload_1; invokevirtual @APDU.setOutgoing; pop
                    aload_1; sload_2; invokevirtual @APDU.setOutgoingLength
                    aload_1; sconst_5; sload_2; invokevirtual @APDU.sendBytes
                    return";

#[test]
fn data_comes_and_goes() {
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut applet(1, ECHO));
    assert_eq!(bed.send(applet, &[0, 1, 2, 3, 3, 7, 8, 9, 0]), (vec![7, 8, 9], 0x9000));
    assert_eq!(bed.send(applet, &[0, 1, 2, 3]), (vec![], 0x9000));
    let mut long = vec![0, 1, 2, 3, 255];
    long.extend(0..255);
    assert_eq!(bed.send(applet, &long).0, (0..255).collect::<Vec<u8>>());
}

#[test]
fn an_exception_carries_its_status_and_what_was_sent() {
    let code = "aload_1; sconst_0; sconst_2; invokevirtual @APDU.setOutgoingAndSend
                sspush 0x6310; invokestatic @ISOException.throwIt; return";
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut applet(1, code));
    assert_eq!(bed.send(applet, &[0x80, 0x55, 0, 0]), (vec![0x80, 0x55], 0x6310));
}

#[test]
fn an_uncaught_exception_is_6f00() {
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut applet(1, &answering("aconst_null; arraylength")));
    assert_eq!(bed.send(applet, &[0x80, 0, 0, 0]), (vec![], 0x6F00));
}

#[test]
fn wrong_use_is_told_by_reason() {
    let reason = |code: &str| {
        let code = format!(
            "Start: {code}; sconst_0; goto Rest
             Handler: invokevirtual @APDUException.getReason; sstore_3; goto Rest2
             Rest: sstore_3
             Rest2: sload_3; invokestatic @ISOException.throwIt; return
             .catch Start Handler Handler @APDUException"
        );
        let mut bed = Bed::new();
        let applet = bed.start(1, &mut applet(1, &code));
        bed.send(applet, &[0x80, 0, 0, 0, 2, 1, 2]).1
    };
    assert_eq!(reason("aload_1; sconst_0; sconst_1; invokevirtual @APDU.sendBytes"), 1);
    assert_eq!(reason("aload_1; sspush 200; sspush 62; invokevirtual @APDU.setOutgoingAndSend"), 2);
    assert_eq!(
        reason(
            "aload_1; invokevirtual @APDU.setOutgoing; pop
             aload_1; sspush 257; invokevirtual @APDU.setOutgoingLength"
        ),
        3
    );
    assert_eq!(reason("aload_1; sconst_5; invokevirtual @APDU.receiveBytes; pop"), 1);
    assert_eq!(reason("aload_1; invokevirtual @APDU.getIncomingLength; pop"), 1);
}

#[test]
fn the_interface_is_told() {
    let process = cases(&[
        (1, "invokestatic @APDU.getProtocol"),
        (2, "invokestatic @APDU.getInBlockSize"),
        (3, "invokestatic @APDU.getOutBlockSize"),
        (4, "invokestatic @APDU.getCLAChannel; invokestatic @JCSystem.getAssignedChannel; sadd"),
    ]);
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut applet(1, &process));
    let ask = |bed: &mut Bed, protocol| {
        bed.origin = Origin { protocol, channel: 0 };
        [1, 2, 3].map(|ins| bed.ask(applet, ins).unwrap())
    };
    assert_eq!(ask(&mut bed, Protocol::T0), [0, 1, 258]);
    assert_eq!(ask(&mut bed, Protocol::T1), [1, 254, 254]);
    assert_eq!(ask(&mut bed, Protocol::ContactlessA), [-127, 254, 254]);
    bed.origin.channel = 2;
    bed.platform.active.insert(2, applet);
    assert_eq!(bed.send(applet, &[0x82, 4, 0, 0]).0, [0, 4]);
}

#[test]
fn the_current_apdu_is_for_the_selected_applet_in_process() {
    let process = cases(&[
        (
            1,
            "invokestatic @APDU.getCurrentAPDU; aload_1; if_acmpeq MineSame; sconst_0; goto Answer; MineSame: sconst_1",
        ),
        (2, "invokestatic @APDU.getCurrentAPDUBuffer; sconst_1; baload"),
    ]);
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut applet(1, &process));
    assert_eq!(bed.ask(applet, 1), Ok(1));
    assert_eq!(bed.ask(applet, 2), Ok(2));
}

#[test]
fn the_apdu_and_its_buffer_cannot_be_kept() {
    for value in ["aload_1", "aload_1; invokevirtual @APDU.getBuffer"] {
        let mut package = applet(1, &answering(&format!("{value}; putstatic_a @A.x; sconst_0")));
        package.class("A").static_field("x", "Llang:0;");
        let mut bed = Bed::new();
        let applet = bed.start(1, &mut package);
        assert_eq!(bed.ask(applet, 0), Err(0x6F00), "{value}");
    }
}

#[test]
fn extended_length_is_for_applets_that_implement_it() {
    let receive = "aload_1; invokevirtual @APDU.setIncomingAndReceive; sstore_2
         Again: aload_1; aload_1; invokevirtual @APDU.getOffsetCdata; invokevirtual @APDU.receiveBytes
         dup; sload_2; sadd; sstore_2
         ifne Again
         sload_2";
    let command = [&[0, 1, 2, 3, 0, 1, 44][..], &[7; 300]].concat();
    let mut bed = Bed::new();
    let plain = bed.start(1, &mut applet(1, &answering(receive)));
    assert_eq!(bed.send(plain, &command), (vec![], 0x6700));
    let mut package = applet(2, &answering(receive));
    package.import("extended", b"\xA0\x00\x00\x00\x62\x02\x09", 1, 0);
    package.class("A").implements_with("extended:0", &[]);
    let long = bed.start(2, &mut package);
    assert_eq!(bed.send(long, &command), (vec![1, 44], 0x9000));
}
