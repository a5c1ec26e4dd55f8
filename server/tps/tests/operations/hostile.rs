//! Clients that send whatever they like, whenever they like.

use std::sync::atomic::{AtomicU32, Ordering};

use globalplatform::Protocol;
use proptest::prelude::*;
use token_management::{
    message::{ClientMessage, Extensions, Operation},
    subsystem::secret::Secret,
};
use tps::driver::Unobserved;

use crate::{
    card::Card,
    client::{Mischief, TestClient},
    world::{World, on_card_only},
};

fn secret() -> impl Strategy<Value = Secret> {
    prop::collection::vec(any::<u8>(), 0..300).prop_map(Secret::new)
}

fn message() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        (any::<String>(), secret()).prop_map(|(screen_name, password)| {
            ClientMessage::LoginResponse { screen_name, password }
        }),
        prop::collection::vec(any::<u8>(), 0..300)
            .prop_map(|pdu| ClientMessage::TokenPduResponse { pdu }),
        prop::collection::vec(any::<u8>(), 0..60).prop_map(|mut pdu| {
            pdu.extend_from_slice(&[0x90, 0x00]);
            ClientMessage::TokenPduResponse { pdu }
        }),
        secret().prop_map(|new_pin| ClientMessage::NewPinResponse { new_pin }),
        any::<u32>()
            .prop_map(|current_state| ClientMessage::StatusUpdateResponse { current_state }),
        prop::collection::vec((any::<String>(), secret()), 0..4)
            .prop_map(|parameters| ClientMessage::ExtendedLoginResponse { parameters }),
        Just(ClientMessage::BeginOp {
            operation: Operation::Format,
            extensions: Extensions::default()
        }),
        secret().prop_map(|answer| ClientMessage::AsqResponse { answer }),
    ]
}

fn mischief() -> impl Strategy<Value = Mischief> {
    prop_oneof![
        8 => message().prop_map(Mischief::Sends),
        1 => Just(Mischief::Babbles),
        1 => Just(Mischief::Vanishes),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    prop::sample::select(vec![Operation::Enroll, Operation::Format, Operation::ResetPin])
}

fn extensions() -> impl Strategy<Value = Extensions> {
    (any::<bool>(), any::<bool>(), prop::option::of("[ -~]{0,80}")).prop_map(
        |(update, login, odd)| {
            let mut extensions = Extensions::default();
            if update {
                extensions = extensions.with("statusUpdate", "true");
            }
            if login {
                extensions = extensions.with("extendedLoginRequest", "true");
            }
            match odd {
                Some(odd) => extensions.with("keySet", odd),
                None => extensions,
            }
        },
    )
}

#[test]
fn any_message_at_any_step_ends_the_operation_with_true_records() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new(on_card_only()));
    let number = AtomicU32::new(0);
    let protocols =
        [Protocol::Scp01 { i: 0x05 }, Protocol::Scp02 { i: 0x15 }, Protocol::Scp03 { i: 0x70 }];
    let strategy = (operation(), extensions(), 0..70_usize, mischief(), 0..3_usize);
    let config =
        ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |((operation, extensions, at, mischief, protocol) in strategy)| {
        let mut card = Card::blank(number.fetch_add(1, Ordering::Relaxed), protocols[protocol]);
        runtime.block_on(async {
            let mut client = TestClient::new(&mut card, "ada").with_mischief(at, mischief);
            // That there is an END_OP, and that it says what the outcome says, is looked at by the world.
            world.run_with(operation, extensions, &mut client, &mut Unobserved).await;
            world.assert_consistent(&card).await;
        });
    });
}
