//! Cards with every secure channel protocol are formatted, enrolled and changed over to the server's own keys.

use end_to_end::{CardImage, ServerOptions, Stage, StageError, StageOptions, User};

const PIN: &str = "246810";
/// Protocols and options of cards, as `cardinal-emulator new` takes them, and the key set that they are changed over to.
const CARDS: [(&str, &str, &str); 7] = [
    ("01", "05", "tripleDes"),
    ("01", "15", "tripleDes"),
    ("02", "15", "tripleDes"),
    ("02", "55", "tripleDes"),
    ("03", "00", "aes"),
    ("03", "10", "aes"),
    ("03", "70", "aes"),
];
/// Two more token types: their cards get keys that are derived from the server's master keys.
const CONFIGURATION: &str = "
[tps.format.userKey]
[tps.format.tripleDes]
symmetric_keys = { update = true, required_version = 2 }
[tps.format.aes]
symmetric_keys = { update = true, required_version = 3 }
[tps.enroll.userKey]
[tps.enroll.tripleDes]
[tps.enroll.aes]
";

fn stage() -> Result<Stage, StageError> {
    let server =
        ServerOptions { more_configuration: CONFIGURATION.to_owned(), ..ServerOptions::default() };
    Stage::start(StageOptions { readers: 0, server, ..StageOptions::default() })
}

/// The key version numbers that the card shows.
fn key_versions(card: &CardImage) -> Result<Vec<String>, StageError> {
    let info = card.info()?;
    let versions = info.lines().map(str::trim_start).filter(|line| line.starts_with("key "));
    let mut versions: Vec<String> =
        versions.filter_map(|line| Some(line.split_whitespace().nth(2)?.to_owned())).collect();
    versions.dedup();
    Ok(versions)
}

#[test]
fn every_protocol_is_formatted_enrolled_and_changed_over() {
    let mut stage = stage().unwrap();
    for (number, (protocol, option, token_type)) in CARDS.into_iter().enumerate() {
        let user = User::new(&format!("user{number}"), "a password of its own");
        stage.server().add_user(&user).unwrap();
        let name = format!("scp{protocol}i{option}");
        let card = stage.card(&name, &["--scp", protocol, "--option", option]).unwrap();
        let emulator = stage.listen(&card).unwrap();
        let client = stage.client();
        let place = emulator.place().clone();

        // With the keys from the factory.
        client.format(&place, &user).unwrap().succeed().unwrap();
        client.enroll(&place, &user, PIN).unwrap().succeed().unwrap();
        let listed = client.list(&place, false).unwrap().succeed().unwrap();
        assert_eq!(listed.text().matches("certificate ").count(), 2, "{name}: {}", listed.text());

        // With the server's.
        let typed = ["--token-type", token_type];
        client.format(&place, &user).unwrap().args(typed).succeed().unwrap();
        client.enroll(&place, &user, PIN).unwrap().args(typed).succeed().unwrap();
        let listed = client.list(&place, false).unwrap().succeed().unwrap();
        assert_eq!(listed.text().matches("certificate ").count(), 2, "{name}: {}", listed.text());

        drop(emulator);
        let wanted = if token_type == "aes" { "03" } else { "02" };
        assert!(
            key_versions(&card).unwrap().contains(&wanted.to_owned()),
            "{name}: {:?}",
            card.info()
        );
    }
}

#[test]
fn a_card_with_unknown_keys_is_refused_and_left_as_it_was() {
    let mut stage = stage().unwrap();
    let user = User::new("alice", "a password of its own");
    stage.server().add_user(&user).unwrap();
    let keys = stage.folder().join("other.keys");
    std::fs::write(&keys, "000102030405060708090a0b0c0d0e0f\n").unwrap();
    let card = stage.card("other", &["--keys", &keys.display().to_string()]).unwrap();
    let before = without_writes(&card.info().unwrap());
    let emulator = stage.listen(&card).unwrap();
    let refused = stage.client().format(emulator.place(), &user).unwrap().fail().unwrap();
    assert!(refused.text().contains("SECURE_CHANNEL"), "{}", refused.text());
    drop(emulator);
    assert_eq!(without_writes(&card.info().unwrap()), before);
}

/// What a card is, without what any attempt to open a channel changes.
fn without_writes(info: &str) -> String {
    let changes = |line: &str| line.starts_with("writes") || line.starts_with("key ");
    let kept = info.lines().filter(|line| !changes(line.trim_start()));
    kept.collect::<Vec<_>>().join("\n")
}
