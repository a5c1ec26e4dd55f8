//! What a trace tells, and what it keeps to itself.

use std::sync::{Arc, Mutex};

use cardinal_emulator::VirtualCard;
use cardinal_emulator::trace::{JsonLines, Log, Text, Traced};
use globalplatform::SecurityLevel;
use globalplatform::scp::Protocol;
use iso7816::Command;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::host::{COUNTER, Host, SCP02, SCP03, USER_PIN, card};
use crate::schema::violation;

type Buffer = Arc<Mutex<Vec<u8>>>;

/// A whole session, as JSON lines and as text.
fn traced(protocol: Protocol, level: SecurityLevel) -> (Vec<Value>, String) {
    let (json, text) = (Buffer::default(), Buffer::default());
    let mut card =
        Traced::new(card(protocol, Box::new(StdRng::seed_from_u64(1))), "test", Log::default());
    card.trace_to(Box::new(JsonLines::new(Arc::clone(&json))));
    card.trace_to(Box::new(Text::new(Arc::clone(&text), false)));
    Host::new(&mut card, protocol).session(level);
    let string = |buffer: Buffer| String::from_utf8(buffer.lock().unwrap().clone()).unwrap();
    let lines = string(json).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (lines, string(text))
}

fn named<'a>(lines: &'a [Value], name: &str) -> &'a Value {
    let told = |line: &&Value| {
        let exchange = if line["plain"].is_object() { &line["plain"] } else { *line };
        exchange["command"]["name"] == name
    };
    lines.iter().find(told).unwrap_or_else(|| panic!("{name} is not in the trace"))
}

#[test]
fn every_line_satisfies_the_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../docs/trace.schema.json")).unwrap();
    for (protocol, level) in
        [(SCP02, SecurityLevel::C_MAC), (SCP03, SecurityLevel::C_MAC_C_DECRYPTION)]
    {
        let (lines, _) = traced(protocol, level);
        assert!(lines.len() > 20);
        for line in &lines {
            assert_eq!(violation(&schema, &schema, line), None, "{line}");
        }
    }
    assert!(violation(&schema, &schema, &serde_json::json!({ "type": "start" })).is_some());
}

#[test]
fn commands_are_told_by_name_field_and_clause_out_of_the_secure_channel() {
    let (lines, text) = traced(SCP03, SecurityLevel::C_MAC_C_DECRYPTION);
    let install = named(&lines, "INSTALL [for install and make selectable]");
    assert_eq!(install["plain"]["command"]["clause"], "GPCS 2.3.1 §11.5.2.3.2");
    assert_eq!(install["security_level"], "authenticated, C-MAC, C-ENC");
    assert_eq!(install["receiver"]["kind"], "security-domain");
    let fields = install["plain"]["command"]["fields"].as_array().unwrap();
    let instance = fields.iter().find(|field| field["name"] == "instance").unwrap();
    assert_eq!(instance["value"], COUNTER.to_string());
    let wire = install["command"]["bytes"].as_str().unwrap();
    assert!(wire.starts_with("84E60C00"), "{wire}");
    assert!(!wire.contains(&hex::encode_upper(COUNTER.as_bytes())), "encrypted: {wire}");
    assert!(install["plain"]["command"]["bytes"].as_str().unwrap().starts_with("80E60C00"));
    let call = &install["calls"][0];
    assert_eq!((&call["method"], &call["status"]), (&"install".into(), &"9000".into()));
    assert!(call["bytecodes"].as_u64().unwrap() > 3, "{call}");

    for told in [
        "INSTALL [for install and make selectable]",
        "[GPCS 2.3.1 §11.5.2.3.2]",
        "PUT KEY",
        "id 01 AES, 16 bytes, check value",
        "START ENROLLMENT",
        "secured authenticated, C-MAC, C-ENC",
        "success",
    ] {
        assert!(text.contains(told), "{told} is not in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 140), "{text}");
}

#[test]
fn applets_are_told_with_what_they_did() {
    let (lines, text) = traced(SCP02, SecurityLevel::C_MAC);
    let counted: Vec<&Value> =
        lines.iter().filter(|line| line["command"]["bytes"] == "80010000").collect();
    let [first, _, last] = counted.as_slice() else { panic!("{counted:?}") };
    assert_eq!(first["calls"][0]["committed"], 1);
    assert_eq!(first["calls"][0]["applet"], COUNTER.to_string());
    assert_eq!(first["writes"]["by"][0]["owner"], format!("instance {COUNTER}"));
    let failure = last["calls"][0]["failure"].as_str().unwrap();
    assert!(failure.contains("NullPointerException"), "{failure}");
    assert!(text.contains("NullPointerException"));
    // Selecting the applet was told, too.
    let selected = lines.iter().find(|line| line["selected"][0]["aid"] == COUNTER.to_string());
    assert_eq!(selected.unwrap()["selected"][0]["kind"], "application");
}

#[test]
fn writes_are_numbered_without_a_gap() {
    let (lines, _) = traced(SCP02, SecurityLevel::C_MAC);
    let mut last = 0;
    for writes in lines.iter().map(|line| &line["writes"]).filter(|writes| writes.is_object()) {
        let number = |name: &str| writes[name].as_u64().unwrap();
        assert_eq!(number("first"), last + 1, "{writes}");
        last = number("last");
        assert_eq!(number("count"), last + 1 - number("first"));
        let by = writes["by"].as_array().unwrap().iter();
        let sum: u64 = by.map(|writer| writer["count"].as_u64().unwrap()).sum();
        assert_eq!(sum, number("count"), "{writes}");
    }
    assert!(last > 30, "{last}");
}

#[test]
fn keys_and_pins_are_hidden_in_every_form() {
    for level in [SecurityLevel::C_MAC, SecurityLevel::C_MAC_C_DECRYPTION] {
        for protocol in [SCP02, SCP03] {
            let (lines, text) = traced(protocol, level);
            let pin = hex::encode_upper(USER_PIN);
            let everything = format!("{text}{}", serde_json::to_string(&lines).unwrap());
            assert!(!everything.contains(&pin), "{protocol:?} {level:?}");
            let put = named(&lines, "PUT KEY");
            let plain = put["plain"]["command"]["bytes"].as_str().unwrap();
            assert!(plain.starts_with("80D80081") && plain.contains("31****"), "{plain}");
            assert!(text.contains("hidden>"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_the_bytes_there_is_a_line_that_satisfies_the_schema(
        commands in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..8),
    ) {
        let schema: Value =
            serde_json::from_str(include_str!("../../docs/trace.schema.json")).unwrap();
        let json = Buffer::default();
        let mut card =
            Traced::new(card(SCP02, Box::new(StdRng::seed_from_u64(1))), "test", Log::default());
        card.trace_to(Box::new(JsonLines::new(Arc::clone(&json))));
        card.power_on();
        for command in &commands {
            card.transmit(command);
        }
        let text = String::from_utf8(json.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(lines.len(), 2 + commands.len());
        for line in &lines {
            prop_assert_eq!(violation(&schema, &schema, line), None);
        }
    }
}

#[test]
fn a_card_that_nobody_watches_tells_nothing() {
    let mut watched = card(SCP02, Box::new(StdRng::seed_from_u64(1)));
    watched.power_on();
    let select = Command::new(0, 0xA4, 4, 0).to_bytes().unwrap();
    watched.transmit(&select);
    assert!(watched.seen().writes.is_empty() && watched.seen().events.is_empty());
}
