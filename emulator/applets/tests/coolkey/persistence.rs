//! What survives: power cycles, program restarts, and power that fails at any write.

use applets::coolkey::Build;
use card::MemoryImage;
use coolkey::{
    Command, Nonce, ObjectAcl, ObjectId, Pin,
    command::{CryptInput, CryptParameters, CryptStep, Direction},
    report::IssuerInfo,
};
use iso7816::StatusWord;

use crate::token::{SCP02, Token, USER_PIN, padded, slots};

/// Everything that a host can see of a token.
fn observe(token: &mut Token) -> Vec<String> {
    token.select();
    let mut seen = Vec::new();
    for command in
        ["B0F2000004", "B03C000010", "B048000002", "B04A000001", "B0F60000E0", "B0FA000007"]
    {
        seen.push(token.exchange(command));
    }
    for ins in ["3A", "58"] {
        let le = if ins == "3A" { "0B" } else { "0E" };
        let mut answer = token.exchange(&format!("B0{ins}0000{le}"));
        while answer.len() > 4 {
            seen.push(answer);
            answer = token.exchange(&format!("B0{ins}0100{le}"));
        }
    }
    seen.push(token.exchange("B056000011 7A300000 00000000 20 0000000000000000"));
    seen
}

fn enrolled(image: MemoryImage) -> Token {
    let mut token = Token::blank(Build::DEFAULT, SCP02, image);
    token.install(&[]);
    token.create_pin();
    token.enroll(slots(0, 2, 3), 1024);
    token.write_all(ObjectId::COMBINED, ObjectAcl::PUBLIC, &[7; 64]);
    token.secured_ok(Command::SetLifeCycle { state: 0x0F });
    token
}

fn sign(token: &mut Token) -> Vec<u8> {
    let nonce = token.log_in();
    let parameters = CryptParameters::rsa(Direction::Encrypt);
    let input = CryptInput::apdu(padded(b"info", 128));
    let step = CryptStep::OneStep(parameters, input);
    token.with_nonce(Command::ComputeCrypt { key: 2, step }, &nonce).data
}

#[test]
fn token_survives_power_cycle_and_restart() {
    let image = MemoryImage::default();
    let mut token = enrolled(image.clone());
    let signature = sign(&mut token);
    token.verify(0, b"wrong");
    let before = observe(&mut token);
    token.power_cycle();
    assert_eq!(observe(&mut token), before);
    drop(token);
    let mut token = Token::reopened(Build::DEFAULT, SCP02, image);
    assert_eq!(observe(&mut token), before);
    assert_eq!(sign(&mut token), signature);
}

#[test]
fn login_and_nonce_end_with_the_power_only() {
    let mut token = enrolled(MemoryImage::default());
    let nonce = token.log_in();
    let read = || Command::ReadObject { id: ObjectId::COMBINED, offset: 0, length: 1 };
    assert!(token.exchange("00A4040000").ends_with("9000"));
    token.select();
    assert_eq!(token.with_nonce(read(), &nonce).status, StatusWord::OK);
    token.card.reset();
    token.select();
    assert_eq!(token.with_nonce(read(), &nonce).status.0, 0x9C06);
    assert_eq!(token.with_nonce(read(), &Nonce::ZERO).status, StatusWord::OK);
}

#[test]
fn buffer_is_wiped_when_the_applet_is_deselected() {
    let mut token = enrolled(MemoryImage::default());
    token.write_all(ObjectId::IO_BUFFER, ObjectAcl::PUBLIC, b"secret");
    token.authority();
    assert_eq!(token.read_all(ObjectId::IO_BUFFER, 6), [0; 6]);
}

/// A command may need the open channel to wrap what it carries.
type MakeCommand = Box<dyn Fn(&Token) -> Command>;

/// Each command, torn at each of its writes, has happened or has not.
#[test]
fn torn_commands_happened_or_not() {
    let image = MemoryImage::default();
    drop(enrolled(image.clone()));
    let write = Command::WriteObject { id: ObjectId::COMBINED, offset: 3, data: vec![9; 40] };
    let create = |id, size| Command::CreateObject { id, size, acl: ObjectAcl::PUBLIC };
    let commands: Vec<MakeCommand> = vec![
        Box::new(move |_| write.clone()),
        Box::new(move |_| create(ObjectId::COMBINED, 50)),
        Box::new(move |_| create(ObjectId(*b"C5\0\0"), 50)),
        Box::new(|_| Command::DeleteObject { id: ObjectId::COMBINED, zeroize: true }),
        Box::new(|_| Command::SetPin { pin: 0, value: Pin::new(*b"another") }),
        Box::new(|_| Command::CreatePin { pin: 1, tries: 9, value: Pin::new(USER_PIN) }),
        Box::new(|_| Command::SetLifeCycle { state: 0x07 }),
        Box::new(|_| Command::SetIssuerInfo(IssuerInfo::new("https://x.example").unwrap())),
        Box::new(|_| Command::ClearKeySlots { keep: vec![6, 7] }),
        Box::new(|token| Command::StartEnrollment(token.enrollment(slots(0, 4, 5), 1024))),
    ];
    for (number, command) in commands.iter().enumerate() {
        let run = |tear: Option<u64>| {
            let snapshot = image.snapshot();
            let mut token = Token::reopened(Build::DEFAULT, SCP02, snapshot);
            token.authority();
            let command = command(&token).secured().unwrap();
            let before = {
                let mut other = Token::reopened(Build::DEFAULT, SCP02, image.snapshot());
                observe(&mut other)
            };
            if let Some(write) = tear {
                token.card.tear_after(write);
            }
            let wrapped = token.wrapped_torn(&command);
            let torn = !token.card.is_powered();
            token.power_cycle();
            (before, observe(&mut token), torn, wrapped)
        };
        let (before, after, torn, status) = run(None);
        assert!(!torn && status.is_ok(), "command {number}");
        let mut writes = 0;
        loop {
            writes += 1;
            let (_, found, torn, _) = run(Some(writes));
            assert!(found == before || found == after, "command {number}, write {writes}");
            if !torn {
                assert_eq!(found, after, "command {number}");
                break;
            }
        }
        assert!(writes > 1, "command {number} writes");
    }
}
