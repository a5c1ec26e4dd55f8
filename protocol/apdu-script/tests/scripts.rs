//! Scripts are read strictly and played against a card that answers from a list.

// Helpers between the tests are tests as well.
#![allow(clippy::unwrap_used)]

use apdu_script::{
    Action, FailureKind, Pattern, SCRIPT_LENGTH_MAX, Script, Subject, SyntaxErrorKind, play,
};
use iso7816::{Response, StatusWord};

const CARD: &str = "card scp=02 i=15\n";

fn error(text: &str) -> (usize, SyntaxErrorKind) {
    let error = Script::parse(&format!("{CARD}{text}")).unwrap_err();
    (error.line, error.kind)
}

/// Answers from a list and keeps what it was sent.
#[derive(Default)]
struct List {
    answers: Vec<&'static str>,
    sent: Vec<String>,
    resets: usize,
}

impl Subject for List {
    fn reset(&mut self) -> Result<(), String> {
        self.resets += 1;
        Ok(())
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, String> {
        self.sent.push(hex::encode_upper(command));
        if self.answers.is_empty() {
            return Err("the list is over".to_owned());
        }
        Ok(hex::decode(self.answers.remove(0)).unwrap())
    }
}

fn played(text: &str, answers: &[&'static str]) -> (List, Result<usize, (usize, FailureKind)>) {
    let mut card = List { answers: answers.to_vec(), ..List::default() };
    let script = Script::parse(&format!("{CARD}{text}")).unwrap().remove(0);
    let result = play(&script, &mut card);
    (card, result.map(|played| played.compared).map_err(|failure| (failure.line, failure.kind)))
}

#[test]
fn commands_go_out_as_they_are_written() {
    let text = "let app D2 76\n\
                reset # twice\n\
                select $app => * 9000\n\
                80 F2 40 02 (4F (A000)) 00 => 6A88\n\
                80 E6 0C 00 \\\n (($app[1:]) \\\n (C9())) => 00 9000\n\
                80CA006600=>66 .. 9000|6A8.\n\
                raw 80F240 => 6700";
    let answers = ["6F009000", "6A88", "009000", "66006A81", "6700"];
    let (card, result) = played(text, &answers);
    assert_eq!(result, Ok(5));
    assert_eq!(card.resets, 1);
    let sent = [
        "00A4040002D27600",
        "80F24002044F02A00000",
        "80E60C0005017602C900",
        "80CA006600",
        "80F240",
    ];
    assert_eq!(card.sent, sent);
}

#[test]
fn load_files_go_in_blocks_and_only_the_last_answer_is_compared() {
    let text = "let file C4 (0102030405)\nload $file 3 00 => 6985";
    let (card, result) = played(text, &["009000", "009000", "6985"]);
    assert_eq!(result, Ok(1));
    assert_eq!(card.sent, ["80E8000003C4050100", "80E800010302030400", "80E88002010500"]);
    let (_, result) = played(text, &["009000", "6A80"]);
    assert!(matches!(result, Err((3, FailureKind::Answer { .. }))));
}

#[test]
fn differences_name_their_line() {
    let (_, result) = played("\n80CA006600 => 9000\n", &["6A88"]);
    let Err((3, FailureKind::Answer { command, answer, expected })) = result else {
        panic!("{result:?}")
    };
    assert!(command.contains("80 CA 00 66"), "{command}");
    assert_eq!((answer.as_str(), expected.as_str()), ("6A88", "9000"));
    assert!(matches!(played("80CA006600 => 9000", &[]).1, Err((2, FailureKind::Transport(_)))));
    assert_eq!(played("80CA006600 => 9000", &["90"]).1, Err((2, FailureKind::Malformed)));
    let sealed = played("80 D8 00 81 (01 80 (<00>)) => 9000", &[]).1;
    assert!(matches!(sealed, Err((2, FailureKind::Value(SyntaxErrorKind::Missing(_))))));
    assert!(matches!(played("open 01 03", &["6A88"]).1, Err((2, FailureKind::Answer { .. }))));
    assert_eq!(played("open 01 03 => 6A88", &["6A88"]).1, Ok(1));
}

#[test]
fn what_is_no_script_is_refused_with_its_line() {
    use SyntaxErrorKind::{Bracket, ExpectedStatus, Range, Renamed, UnknownName};
    assert_eq!(error("80F2 (00 => 9000"), (2, Bracket));
    assert_eq!(error("\n80F24002 (00>) => 9000"), (3, Bracket));
    assert_eq!(error("80CA006600 => 900"), (2, ExpectedStatus));
    assert_eq!(error("80CA006600 => 9000|"), (2, ExpectedStatus));
    assert_eq!(error("select $app => 9000"), (2, UnknownName("app".to_owned())));
    assert_eq!(error("open 01 03 keys=new"), (2, UnknownName("new".to_owned())));
    assert_eq!(error("let a 00\nlet a 01"), (3, Renamed("a".to_owned())));
    assert_eq!(error("let isd 00"), (2, Renamed("isd".to_owned())));
    assert_eq!(error("let a 0102\nraw $a[1:3] => 9000"), (3, Range(1, 3)));
    assert_eq!(error("let a 0102\nraw $a[2:1] => 9000"), (3, Range(2, 1)));
    for line in [
        "80CA0066",
        "80CA006600",
        "80CA => 9000",
        "80CA00660000 => 9000",
        "80CA0066 00 (00) => 9000",
        "sleep 1",
        "open 01",
        "open 01 03 fast",
        "host acr",
        "keys new 00",
        "keys n#",
        "let",
        "let a<b> 00",
        "let a <00>",
        "load 00 0 => 9000",
        "load 00 256 => 9000",
        "load 00 1 00 00 => 9000",
        "card scp=02 i=15 colour=1",
        "card scp=02 i=0A0",
        "card scp=03 i=70 keys=00",
        "card i=70",
        "reset now",
        "on scp=02",
        "on scp=2 sleep",
        "on pin=03 reset",
        "on scp=02 on scp=02 reset",
        "raw 0 => 9000",
        "raw xy => 9000",
        "raw 00 => . 9000",
        "raw 00 => ** 9000",
    ] {
        assert_eq!(error(line).0, 2, "{line}");
    }
    assert_eq!(Script::parse("reset").unwrap_err().line, 1, "no card");
}

#[test]
fn scripts_are_bounded() {
    let much = |kind| matches!(kind, SyntaxErrorKind::TooMuch(_));
    assert!(much(error(&"#".repeat(SCRIPT_LENGTH_MAX)).1));
    assert!(much(error(&"reset\n".repeat(5_000)).1));
    assert!(much(error(&format!("raw {}00{} => 9000", "(".repeat(20), ")".repeat(20))).1));
    assert!(much(error(&format!("raw 00 => {} 9000", "00".repeat(2_000))).1));
    let names = (0..70).fold(String::new(), |text, n| text + &format!("let n{n} 00\n"));
    assert!(much(error(&names).1));
    let doubling = (0..20).fold("let n0 0011223344556677\n".to_owned(), |text, n| {
        text + &format!("let n{} $n{n}$n{n}\n", n + 1)
    });
    assert!(much(error(&doubling).1));
}

#[test]
fn each_card_has_its_script() {
    let text = "card scp=01 i=05 version=FF isd=A000000003000000\ncard scp=03 i=70 memory=8192 life=0F\n\
                raw $isd => 9000\non scp=03 raw $scp => 9000\n";
    let scripts = Script::parse(text).unwrap();
    let [first, second] = scripts.as_slice() else { panic!("{} scripts", scripts.len()) };
    assert_eq!((first.card.protocol.id(), first.card.key_version), (1, 0xFF));
    assert_eq!((second.card.memory, second.card.life_cycle), (Some(8192), 0x0F));
    assert_eq!((first.steps.len(), second.steps.len()), (1, 2));
    assert!(matches!(first.steps.first().unwrap().action, Action::Raw { .. }));
    assert_eq!(first.steps.first().unwrap().line, 3);
}

#[test]
fn patterns_have_gaps() {
    let matches = |pattern: &str, data: &str, status| {
        let answer = Response::new(hex::decode(data).unwrap(), StatusWord(status));
        Pattern::parse(pattern).unwrap().matches(&answer)
    };
    assert!(matches("* 9000", "", 0x9000));
    assert!(matches("* E3 .. 01 * 02 9000", "AAE3E30001BB0102", 0x9000));
    assert!(!matches("* E3 .. 01 * 02 9000", "AAE3E30001BB0103", 0x9000));
    assert!(matches("* 0102 * 0102 6310|9000", "010203010201020102", 0x6310));
    assert!(!matches("01 9000", "0101", 0x9000) && !matches("01 9000", "", 0x9000));
    assert!(matches("63C. ", "", 0x63C5) && !matches("63C.", "", 0x63D5));
    assert!(matches("00 9000 or 6985", "", 0x6985) && matches("00 9000 or 6985", "00", 0x9000));
    assert!(!matches("00 9000 or 6985", "", 0x9000));
    let slow = format!("{} 02 9000", "* 01 01 ".repeat(200));
    assert!(!matches(&slow, &"01".repeat(5_000), 0x9000), "and it ends");
}
