//! Hostile input: no bytes make the card panic, hang, fall silent or forget itself.

use iso7816::Command;
use proptest::{collection::vec, prelude::*};

use crate::support::{Bench, MODULE, PACKAGE, delete, install_for_load, loads, tps_install};

const INSTRUCTIONS: [u8; 16] = [
    0xA4, 0x70, 0xCA, 0x50, 0x82, 0xF2, 0xF0, 0xD8, 0xE6, 0xE8, 0xE4, 0xE2, 0x7A, 0x78, 0xC0, 0x10,
];

fn commands() -> impl Strategy<Value = Vec<u8>> {
    let known = (
        prop::sample::select(vec![0x00, 0x80, 0x84, 0x01, 0x81, 0x04]),
        prop::sample::select(INSTRUCTIONS.to_vec()),
        prop_oneof![Just(0), Just(4), Just(0x80), any::<u8>()],
        prop_oneof![Just(0), Just(2), Just(0x81), any::<u8>()],
        vec(any::<u8>(), 0..40),
        any::<Option<u8>>(),
    );
    let known = known.prop_map(|(cla, ins, p1, p2, data, le)| {
        let mut command = Command::new(cla, ins, p1, p2).with_data(data);
        command.expected = le.map(|le| u32::from(le) + 1);
        command.to_bytes().unwrap()
    });
    prop_oneof![1 => vec(any::<u8>(), 0..300), 4 => known]
}

/// Commands for inside a secure channel: real ones with bytes changed.
fn mutated() -> impl Strategy<Value = Command> {
    let blocks = loads(&[7; 150], 100);
    let mut real = vec![
        delete(MODULE, 0),
        delete(PACKAGE, 0x80),
        tps_install(MODULE, &[0]),
        install_for_load(PACKAGE, &[]),
        Command::new(0x80, 0xF2, 0x40, 2).with_data([0x4F, 0]),
        Command::new(0x80, 0xF0, 0x40, 0x80).with_data(MODULE.as_bytes()),
        Command::new(0x80, 0xE2, 0x80, 0).with_data([0x42, 2, 1, 2]),
        Command::new(0x80, 0xE4, 0, 0).with_data([0xD2, 1, 1]),
        Command::new(0x80, 0xD8, 1, 0x81).with_data([1, 0x80, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0]),
    ];
    real.extend(blocks);
    let changes = vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (prop::sample::select(real), changes, any::<bool>()).prop_map(
        |(mut command, changes, header)| {
            for (index, byte) in changes {
                if !command.data.is_empty() {
                    let at = index.index(command.data.len());
                    command.data[at] = byte;
                }
                // TERMINATED would be a right answer to the right command.
                if header && command.header.ins != 0xF0 {
                    command.header.p2 = byte;
                }
            }
            command
        },
    )
}

fn check_alive(bench: &mut Bench) -> Result<(), TestCaseError> {
    let twin = bench.twin();
    let (mut here, mut there) = (bench.card.info(), twin.card.info());
    for info in [&mut here, &mut there] {
        info.writes = 0;
        info.applications.iter_mut().for_each(|entry| entry.selected = false);
    }
    prop_assert_eq!(here, there, "the image holds what the card holds");
    let answer = bench.bytes("00A4040000");
    prop_assert!(answer.status.is_ok(), "SELECT: {}", answer.status);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_answered(commands in vec(commands(), 1..30), installed in any::<bool>()) {
        let mut bench = Bench::new();
        if installed {
            bench.install(MODULE);
        }
        for command in &commands {
            prop_assert!(bench.card.transmit(command).len() >= 2);
        }
        check_alive(&mut bench)?;
    }

    #[test]
    fn mutated_commands_in_a_channel_are_answered(commands in vec(mutated(), 1..20)) {
        let mut bench = Bench::new();
        let mut channel = bench.authenticate();
        for command in &commands {
            let answer = bench.secure(&mut channel, command);
            prop_assert_ne!(answer.status.0, 0x6982);
        }
        check_alive(&mut bench)?;
        bench.authenticate();
    }

    #[test]
    fn power_may_fail_anywhere(commands in vec(mutated(), 1..10), tears in vec(1..12_u64, 10)) {
        let mut bench = Bench::new();
        for (command, tear) in commands.iter().zip(tears) {
            let mut channel = bench.authenticate();
            bench.card.tear_after(tear);
            let wrapped = channel.wrap(command).unwrap();
            prop_assert!(bench.card.transmit(&wrapped.to_bytes().unwrap()).len() >= 2);
            bench.card.power_on();
            check_alive(&mut bench)?;
        }
    }
}
