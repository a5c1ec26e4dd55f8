//! Sessions that are recorded and run again.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use cardinal_emulator::transcript::{
    Draws, Entry, Opened, Recorded, Recorder, ReplayError, Report, Step, replay,
};
use cardinal_emulator::{Log, Traced};
use globalplatform::SecurityLevel;
use globalplatform::scp::Protocol;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::host::{Host, SCP02, SCP03, card};

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn recorded(protocol: Protocol, level: SecurityLevel) -> String {
    let (out, draws) = (Buffer::default(), Draws::default());
    let random = draws.noting(Box::new(StdRng::seed_from_u64(5)));
    let traced = Traced::new(card(protocol, random), "test", Log::default());
    let recorder = Recorder::begin(out.clone(), draws, &traced).unwrap();
    let mut card = Recorded::new(traced, Some(recorder));
    Host::new(&mut card, protocol).session(level);
    card.finish().unwrap();
    String::from_utf8(out.0.lock().unwrap().clone()).unwrap()
}

fn replayed(protocol: Protocol, transcript: &str) -> Result<Report, ReplayError> {
    let opened = Opened::read(transcript.as_bytes())?;
    replay(opened, |random| Ok(card(protocol, random)))
}

#[test]
fn a_session_with_loading_keys_and_key_generation_runs_again_bit_for_bit() {
    for (protocol, level) in
        [(SCP02, SecurityLevel::C_MAC), (SCP03, SecurityLevel::C_MAC_C_DECRYPTION)]
    {
        let transcript = recorded(protocol, level);
        let report = replayed(protocol, &transcript).unwrap();
        assert!(report.difference.is_none(), "{:?}", report.difference);
        assert!(report.complete && report.commands > 15, "{report:?}");
        // A run that was killed: the last line is half there.
        let cut = &transcript[..transcript.len() - 20];
        let report = replayed(protocol, cut).unwrap();
        assert!(report.difference.is_none() && !report.complete);
    }
}

/// The transcript with the `n`-th command changed.
fn changed(transcript: &str, n: usize, change: impl Fn(&mut Step)) -> String {
    let mut commands = 0;
    let mut lines = String::new();
    for line in transcript.lines() {
        let mut entry: Entry = serde_json::from_str(line).unwrap();
        if let Entry::Step(step @ Step::Command { .. }) = &mut entry {
            commands += 1;
            if commands == n {
                change(step);
            }
        }
        lines.push_str(&serde_json::to_string(&entry).unwrap());
        lines.push('\n');
    }
    lines
}

#[test]
fn a_changed_byte_is_found_and_told_in_words() {
    let transcript = recorded(SCP02, SecurityLevel::C_MAC);
    let other_answer = changed(&transcript, 4, |step| {
        if let Step::Command { response, .. } = step {
            response.replace_range(0..2, "EE");
        }
    });
    let difference = replayed(SCP02, &other_answer).unwrap().difference.unwrap();
    let command = difference.command.unwrap();
    assert_eq!((command.number, difference.what), (4, "the answer"));
    assert_eq!(command.plain.unwrap().command.name.as_deref(), Some("PUT KEY"));
    assert!(difference.expected.starts_with("EE") && difference.expected != difference.found);

    let other_random = changed(&transcript, 2, |step| {
        if let Step::Command { random, .. } = step {
            assert_eq!(random.len(), 32, "a card challenge is drawn");
            random.replace_range(0..2, "EE");
        }
    });
    let difference = replayed(SCP02, &other_random).unwrap().difference.unwrap();
    assert_eq!(difference.command.unwrap().number, 2);

    let more_random = changed(&transcript, 1, |step| {
        if let Step::Command { random, .. } = step {
            random.push_str("00");
        }
    });
    let difference = replayed(SCP02, &more_random).unwrap().difference.unwrap();
    assert_eq!(difference.what, "the random numbers that were drawn");
}

#[test]
fn another_card_and_what_is_no_transcript_are_refused() {
    let transcript = recorded(SCP02, SecurityLevel::C_MAC);
    let error = replayed(SCP03, &transcript).unwrap_err();
    assert!(matches!(error, ReplayError::OtherCard { .. }), "{error}");
    let newer = transcript.replacen("\"version\":1", "\"version\":2", 1);
    assert!(matches!(replayed(SCP02, &newer).unwrap_err(), ReplayError::OtherVersion(2)));
    let end = transcript.lines().last().unwrap();
    for text in ["", "{}\n", "junk\n", end, &format!("{transcript}{transcript}")[20..]] {
        let error = replayed(SCP02, text).unwrap_err();
        assert!(matches!(error, ReplayError::Malformed { line: 1, .. }), "{text}: {error}");
    }
    let twice = [transcript.lines().next().unwrap(), transcript.lines().next().unwrap(), ""];
    let error = replayed(SCP02, &twice.join("\n")).unwrap_err();
    assert!(matches!(error, ReplayError::Malformed { line: 2, .. }), "{error}");
}

#[test]
fn no_key_value_is_in_a_transcript() {
    let transcript = recorded(SCP03, SecurityLevel::C_MAC_C_DECRYPTION);
    assert!(!transcript.contains("404142434445464748494a4b4c4d4e4f"));
    assert!(!transcript.contains(&hex::encode(b"0123456789abcdef")));
}
