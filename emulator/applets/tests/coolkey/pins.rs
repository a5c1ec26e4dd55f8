//! PINs: a model of what a PIN may do, and the corners around it.

use applets::coolkey::Build;
use coolkey::{Command, Nonce, Pin, report::TokenStatus, status};
use iso7816::StatusWord;
use proptest::prelude::*;

use crate::token::{SCP02, Token, USER_PIN};

/// What a host may do to PIN 0 of the model below.
#[derive(Clone, Debug)]
enum Step {
    Verify(usize),
    Change(usize, usize),
    Set(usize),
    Logout,
    PowerCycle,
    Select,
    Use,
}

/// PINs that steps choose from; the last two have impossible lengths.
const PINS: [&[u8]; 5] = [b"1234", b"87654321", b"sixteen bytes ok", b"123", b"seventeen bytes!!"];
const LIMIT: u8 = 3;

fn step() -> impl Strategy<Value = Step> {
    let pin = 0..PINS.len();
    prop_oneof![
        5 => pin.clone().prop_map(Step::Verify),
        2 => (pin.clone(), pin.clone()).prop_map(|(old, new)| Step::Change(old, new)),
        1 => pin.prop_map(Step::Set),
        2 => Just(Step::Logout),
        1 => Just(Step::PowerCycle),
        1 => Just(Step::Select),
        3 => Just(Step::Use),
    ]
}

const fn possible(pin: usize) -> bool {
    pin < 3
}

/// What the card should know.
struct Model {
    pin: usize,
    tries: u8,
    logins: u32,
    nonce: Nonce,
}

impl Model {
    fn log_out_all(&mut self) {
        self.logins = 0;
    }

    fn check(&mut self, pin: usize) -> StatusWord {
        if self.tries == 0 {
            return status::IDENTITY_BLOCKED;
        }
        if !possible(pin) {
            self.log_out_all();
            return status::AUTH_FAILED;
        }
        if pin == self.pin {
            self.tries = LIMIT;
            return StatusWord::OK;
        }
        self.tries -= 1;
        self.log_out_all();
        status::AUTH_FAILED
    }

    fn change(&mut self, old: usize, new: usize) -> StatusWord {
        if !possible(old) || !possible(new) {
            return status::INVALID_PARAMETER;
        }
        let checked = self.check(old);
        if checked.is_ok() {
            self.pin = new;
            self.log_out_all();
        }
        checked
    }
}

fn run(token: &mut Token, model: &mut Model, step: &Step) {
    let pin = |index: usize| Pin::new(PINS[index]);
    match *step {
        Step::Verify(index) => {
            let expected = model.check(index);
            let response = token.verify(0, PINS[index]);
            assert_eq!(response.status, expected);
            if expected.is_ok() {
                let nonce = Nonce::new(response.data.try_into().unwrap());
                assert!(model.logins == 0 || nonce == model.nonce, "one nonce for all logins");
                model.nonce = nonce;
                model.logins += 1;
            }
        }
        Step::Change(old, new) => {
            let change = Command::ChangePin { pin: 0, old: pin(old), new: pin(new) };
            assert_eq!(token.plain(change).status, model.change(old, new));
        }
        Step::Set(index) => {
            let response = token.authority().secured(Command::SetPin { pin: 0, value: pin(index) });
            if possible(index) {
                assert_eq!(response.status, StatusWord::OK);
                (model.pin, model.tries) = (index, LIMIT);
                model.log_out_all();
            } else {
                assert_eq!(response.status, status::INVALID_PARAMETER);
            }
        }
        Step::Logout => {
            assert_eq!(token.plain(Command::Logout { pin: 0 }).status, StatusWord::OK);
            model.logins = model.logins.saturating_sub(1);
        }
        Step::PowerCycle => {
            token.power_cycle();
            token.select();
            model.log_out_all();
        }
        Step::Select => token.select(),
        Step::Use => {
            let status = token.plain(Command::GetStatus).data;
            let logged_in = TokenStatus::parse(&status).unwrap().logged_in.bits();
            assert_eq!(logged_in, u16::from(model.logins > 0));
            let read =
                Command::ReadObject { id: coolkey::ObjectId::IO_BUFFER, offset: 0, length: 0 };
            let expected = if model.logins > 0 || model.nonce.is_zero() {
                StatusWord::OK
            } else {
                status::UNAUTHORIZED
            };
            assert_eq!(token.with_nonce(read, &model.nonce).status, expected);
        }
    }
    assert_eq!(token.plain(Command::GetPinTries { pin: 0 }).data, [model.tries]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pin_does_what_its_model_does(steps in prop::collection::vec(step(), 1..40)) {
        let mut token = Token::formatted();
        token.authority();
        token.secured_ok(Command::CreatePin { pin: 0, tries: LIMIT, value: Pin::new(PINS[0]) });
        let mut model = Model { pin: 0, tries: LIMIT, logins: 0, nonce: Nonce::ZERO };
        for step in &steps {
            run(&mut token, &mut model, step);
        }
    }
}

#[test]
fn blocked_pin_stays_blocked_until_the_authority_sets_it() {
    let mut token = Token::with_pin();
    for _ in 0..5 {
        assert_eq!(token.verify(0, b"wrong").status, status::AUTH_FAILED);
    }
    assert_eq!(token.verify(0, USER_PIN).status, status::IDENTITY_BLOCKED);
    token.power_cycle();
    token.select();
    assert_eq!(token.verify(0, USER_PIN).status, status::IDENTITY_BLOCKED);
    token.authority().secured_ok(Command::SetPin { pin: 0, value: Pin::new(*b"new pin") });
    assert_eq!(token.verify(0, b"new pin").status, StatusWord::OK);
}

#[test]
fn power_that_fails_during_a_check_never_gives_a_try_back() {
    for write in 1..8 {
        let mut token = Token::with_pin();
        token.card.tear_after(write);
        let answer = token.exchange("B042000006 363534333231");
        let torn = !token.card.is_powered();
        token.power_cycle();
        token.select();
        let tries = token.plain(Command::GetPinTries { pin: 0 }).data[0];
        if torn {
            assert_eq!(answer, "6F00");
            // The mark that ends the commit is the second write: with it the try is gone.
            assert_eq!(tries, if write < 2 { 5 } else { 4 });
        } else {
            assert_eq!((answer.as_str(), tries), ("9C02", 4));
        }
    }
}

#[test]
fn pins_are_created_by_the_authority_only_and_once() {
    let mut token = Token::formatted();
    token.select();
    let create =
        |pin, tries, value: &[u8]| Command::CreatePin { pin, tries, value: Pin::new(value) };
    assert_eq!(token.with_nonce(create(0, 3, b"1234"), &Nonce::ZERO).status, status::UNAUTHORIZED);
    token.authority();
    for (command, expected) in [
        (create(0, 3, b"123"), status::INVALID_PARAMETER),
        (create(0, 3, b"seventeen bytes!!"), status::INVALID_PARAMETER),
        (create(8, 3, b"1234"), status::INCORRECT_P1),
        (create(0, 0, b"1234"), StatusWord::UNKNOWN),
        (create(0, 128, b"1234"), StatusWord::UNKNOWN),
        (create(0, 127, b"1234"), StatusWord::OK),
        (create(0, 127, b"1234"), status::INCORRECT_P1),
        (create(7, 1, b"1234"), StatusWord::OK),
        (Command::SetPin { pin: 1, value: Pin::new(*b"1234") }, status::INCORRECT_P1),
    ] {
        assert_eq!(token.secured(command.clone()).status, expected, "{command:?}");
    }
    assert_eq!(token.exchange("B048000002"), "00819000");
    assert_eq!(token.exchange("B04A010001"), "9C10");
    assert_eq!(token.exchange("B042080004 31323334"), "9C10");
    assert_eq!(token.exchange("B042010004 31323334"), "9C10");
    assert_eq!(token.exchange("B042000104 31323334"), "9C11");
    assert_eq!(token.exchange("B0610900"), "6F00");
}

#[test]
fn identities_of_several_pins_share_one_nonce() {
    let mut token = Token::installed(Build::DEFAULT, SCP02, &[]);
    token.authority();
    for pin in [0, 3] {
        token.secured_ok(Command::CreatePin { pin, tries: 3, value: Pin::new(*b"1234") });
    }
    let first = token.verify(0, b"1234").data;
    let second = token.verify(3, b"1234").data;
    assert_eq!(first, second);
    let logged_in = |token: &mut Token| {
        TokenStatus::parse(&token.plain(Command::GetStatus).data).unwrap().logged_in.bits()
    };
    assert_eq!(logged_in(&mut token), 0x0009);
    token.plain(Command::Logout { pin: 0 });
    assert_eq!(logged_in(&mut token), 0x0008);
    token.plain(Command::Logout { pin: 3 });
    assert_eq!(logged_in(&mut token), 0x0000);
    assert_ne!(token.verify(0, b"1234").data, first);
}
