//! Any bytes whatever get a status word.

use std::sync::OnceLock;

use applets::coolkey::Build;
use card::MemoryImage;
use coolkey::{Instruction, ObjectAcl, ObjectId};
use iso7816::Command as Apdu;
use proptest::prelude::*;

use crate::token::{SCP02, SCP03, Token, slots};

fn instruction() -> impl Strategy<Value = u8> {
    let known: Vec<u8> = Instruction::ALL.iter().map(|known| known.ins()).collect();
    prop_oneof![9 => prop::sample::select(known), 1 => any::<u8>()]
}

/// Most are well-formed commands of the applet with odd contents.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let class = prop_oneof![4 => Just(0xB0_u8), 1 => Just(0x84), 1 => Just(0x80), 1 => any::<u8>()];
    let parameter = prop_oneof![0..26_u8, any::<u8>()];
    let data = prop::collection::vec(prop_oneof![Just(0), Just(0xFF), any::<u8>()], 0..=255);
    let with_nonce = (data, any::<bool>()).prop_map(|(mut data, nonce)| {
        if nonce {
            data.truncate(247);
            data.extend_from_slice(&[0; 8]);
        }
        data
    });
    let le = prop::option::of(1..=256_u32);
    let command = (class, instruction(), parameter.clone(), parameter, with_nonce, le).prop_map(
        |(cla, ins, p1, p2, data, le)| {
            let mut command = Apdu::new(cla, ins, p1, p2).with_data(data);
            command.expected = le;
            command.to_bytes().unwrap()
        },
    );
    prop_oneof![9 => command, 1 => prop::collection::vec(any::<u8>(), 0..300)]
}

/// A copy of a token with keys, objects and a PIN.
fn enrolled() -> Token {
    static IMAGE: OnceLock<MemoryImage> = OnceLock::new();
    let image = IMAGE.get_or_init(|| {
        let image = MemoryImage::default();
        let mut token = Token::blank(Build::DEFAULT, SCP02, image.clone());
        token.install(&[]);
        token.create_pin();
        token.enroll(slots(15, 2, 3), 1024);
        token.write_all(ObjectId::COMBINED, ObjectAcl::PUBLIC, &[7; 300]);
        image
    });
    let mut token = Token::reopened(Build::DEFAULT, SCP02, image.snapshot());
    token.select();
    token
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn plain_bytes_get_a_status(commands in prop::collection::vec(bytes(), 1..30)) {
        let mut token = enrolled();
        for command in commands {
            let answer = token.card.transmit(&command);
            prop_assert!((2..=258).contains(&answer.len()));
        }
        // The card is still there.
        token.select();
        prop_assert_eq!(token.exchange("B0710000"), "9000");
    }

    #[test]
    fn wrapped_nonsense_gets_a_status(
        commands in prop::collection::vec(
            (instruction(), 0..26_u8, 0..26_u8, prop::collection::vec(any::<u8>(), 0..200)), 1..20
        )
    ) {
        let mut token = Token::installed(Build::LATEST, SCP03, &[0, 2, 0x13, 0x88, 1, 1]);
        token.authority();
        for (ins, p1, p2, data) in commands {
            if !matches!(ins, 0x50 | 0x82) {
                token.wrapped(&Apdu::new(0x84, ins, p1, p2).with_data(data));
            }
        }
        token.select();
        prop_assert_eq!(token.exchange("B0710000"), "9000");
    }
}
