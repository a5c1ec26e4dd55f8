//! The program as its users run it.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests may fail a test")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use capfile::assemble::{FRAMEWORK, Package};
use globalplatform::command::{SetStatus, StatusScope};
use globalplatform::scp::host::Handshake;
use globalplatform::{Key, KeySet, SecurityLevel};
use iso7816::Command as Apdu;
use reader::CardReader;
use reader::tcp::{TcpReader, Timeouts};

const TEST_KEY: [u8; 16] = *b"@ABCDEFGHIJKLMNO";

fn emulator(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cardinal-emulator"));
    command.current_dir(folder).env_remove("RUST_LOG");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    emulator(folder).args(arguments).output().unwrap()
}

/// Standard output of a run that must succeed.
fn output(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Standard error of a run that must fail, by its own decision.
fn failure(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn info(folder: &Path, image: &str) -> serde_json::Value {
    serde_json::from_str(&output(folder, &["info", "--json", image])).unwrap()
}

/// `run --listen` until dropped.
struct Running {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    address: String,
}

impl Running {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = emulator(folder);
        command.args(["run", "--listen", "127.0.0.1:0"]).args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.strip_prefix("listening on ").unwrap().to_owned();
        Self { child, lines, address }
    }

    fn reader(&self) -> TcpReader {
        let mut reader = TcpReader::new(self.address.clone(), Timeouts::default());
        reader.connect().unwrap();
        reader
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Secures the card: a change that must survive.
fn secure(reader: &mut TcpReader) {
    reader.exchange(&Apdu::new(0, 0xA4, 4, 0).with_expected(256)).unwrap();
    let key = || Key::aes(&TEST_KEY).unwrap();
    let handshake = Handshake::new(&[1; 8]);
    let answer = reader.exchange(&handshake.command()).unwrap();
    let verified =
        handshake.answer(&answer).unwrap().verify_with(&KeySet::new(key(), key(), key())).unwrap();
    let (command, mut channel) = verified.external_authenticate(SecurityLevel::C_MAC).unwrap();
    assert!(reader.exchange(&command).unwrap().status.is_ok());
    let set_status = SetStatus { scope: StatusScope::IssuerSecurityDomain, state: 0x0F, aid: None };
    let command = channel.wrap(&set_status.to_command()).unwrap();
    assert!(reader.exchange(&command).unwrap().status.is_ok());
}

#[test]
fn a_change_survives_the_sudden_death_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    output(folder.path(), &["new", "--scp", "03", "card.img"]);
    assert_eq!(info(folder.path(), "card.img")["life_cycle"], 0x07);
    let mut running = Running::start(folder.path(), &["card.img"]);
    secure(&mut running.reader());
    assert!(running.lines.next().unwrap().unwrap().starts_with("inserted card.img "));
    assert!(running.lines.next().unwrap().unwrap().starts_with("removed card.img "));
    drop(running);
    assert_eq!(info(folder.path(), "card.img")["life_cycle"], 0x0F);
}

#[test]
fn an_ephemeral_run_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    output(folder.path(), &["new", "--scp", "03", "card.img"]);
    let running = Running::start(folder.path(), &["--ephemeral", "card.img"]);
    secure(&mut running.reader());
    drop(running);
    assert_eq!(info(folder.path(), "card.img")["life_cycle"], 0x07);
}

#[test]
fn sigterm_ends_a_run_well() {
    let folder = tempfile::tempdir().unwrap();
    output(folder.path(), &["new", "card.img"]);
    let mut running = Running::start(folder.path(), &["card.img"]);
    let _session = running.reader();
    let pid = running.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(running.child.wait().unwrap().success());
}

#[test]
fn a_running_card_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    output(folder.path(), &["new", "card.img"]);
    let _running = Running::start(folder.path(), &["card.img"]);
    for verb in [&["run", "card.img"][..], &["info", "card.img"], &["new", "--force", "card.img"]] {
        let text = failure(folder.path(), verb);
        assert!(text.contains("the card card.img is running"), "{text}");
    }
}

#[test]
fn an_image_is_private_and_not_replaced_by_accident() {
    let folder = tempfile::tempdir().unwrap();
    output(folder.path(), &["new", "--serial", "7", "card.img"]);
    let text = failure(folder.path(), &["new", "card.img"]);
    assert_eq!(text, "error: card.img exists; choose another name, or replace it with --force\n");
    let cuid = |image| info(folder.path(), image)["cuid"].as_str().unwrap().to_owned();
    assert_eq!(cuid("card.img"), "40907861265100000007");
    output(folder.path(), &["new", "--force", "--serial", "0x10", "card.img"]);
    assert_eq!(cuid("card.img"), "40907861265100000010");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("card.img")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn cards_differ_in_their_identifiers() {
    let folder = tempfile::tempdir().unwrap();
    output(folder.path(), &["new", "a.img"]);
    output(folder.path(), &["new", "b.img"]);
    assert_ne!(info(folder.path(), "a.img")["cuid"], info(folder.path(), "b.img")["cuid"]);
}

#[test]
fn info_shows_keys_by_check_value_only() {
    let folder = tempfile::tempdir().unwrap();
    output(folder.path(), &["new", "--key-version", "FF", "card.img"]);
    let text = output(folder.path(), &["info", "card.img"]);
    assert!(text.contains("version FF id 01  DES 16 bytes  check value 8BAF47"), "{text}");
    let json = output(folder.path(), &["info", "--json", "card.img"]);
    for shown in [text, json] {
        assert!(!shown.to_uppercase().contains("404142434445"));
    }
}

#[test]
fn keys_come_from_a_file_and_bad_ones_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join("k"), text).unwrap();
    let new = ["new", "--scp", "03", "--keys", "k", "card.img"];
    write("# ENC, MAC, DEK\n00112233445566778899AABBCCDDEEFF\n\nsecret\n");
    assert_eq!(failure(folder.path(), &new), "error: keys k, key 2 of ENC, MAC, DEK: not hex\n");
    write("00112233445566778899AABBCCDDEEFF\n00112233445566778899AABBCCDDEEFF\n");
    assert!(failure(folder.path(), &new).contains("has 2 lines of keys, not one or three"));
    write("0011223344\n");
    let text = failure(folder.path(), &new);
    assert!(text.contains("key 1 of") && !text.contains("0011223344"), "{text}");
    write("00112233445566778899AABBCCDDEEFF  # all three\n");
    output(folder.path(), &new);
    assert_eq!(info(folder.path(), "card.img")["keys"].as_array().unwrap().len(), 3);
}

#[test]
fn a_printed_profile_makes_the_same_card() {
    let folder = tempfile::tempdir().unwrap();
    let profile =
        output(folder.path(), &["new", "--print-profile", "--serial", "99", "--scp", "01"]);
    std::fs::write(folder.path().join("p.toml"), &profile).unwrap();
    output(folder.path(), &["new", "--profile", "p.toml", "card.img"]);
    assert_eq!(output(folder.path(), &["new", "--profile", "p.toml", "--print-profile"]), profile);
    assert_eq!(info(folder.path(), "card.img")["cuid"], "40907861265100000063");
}

#[test]
fn profiles_have_names_and_make_other_kinds_of_cards() {
    let folder = tempfile::tempdir().unwrap();
    let listed = output(folder.path(), &["profile", "list"]);
    let names: Vec<&str> =
        listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 8 && names.contains(&"jc305-gp231-scp03"), "{listed}");
    let json: serde_json::Value =
        serde_json::from_str(&output(folder.path(), &["profile", "list", "--json"])).unwrap();
    assert_eq!(json.as_array().unwrap().len(), names.len());
    assert_eq!(json[0]["profile"]["personality"]["isd_aid"], "A000000003000000");
    assert!(json[0]["profile"]["key_sets"][0]["enc"].is_null(), "no keys");
    for name in names {
        let (image, file) = (format!("{name}.img"), format!("{name}.toml"));
        output(folder.path(), &["new", "--profile", name, &image]);
        std::fs::write(
            folder.path().join(&file),
            output(folder.path(), &["profile", "show", name]),
        )
        .unwrap();
        let told = output(folder.path(), &["profile", "check", &file]);
        assert!(told.starts_with(&format!("{file}: good; ")), "{told}");
        let all = output(folder.path(), &["profile", "show", name, "--all"]);
        assert!(all.contains("rsa_bits_max") && all.contains("[[key_sets]]"), "{all}");
    }
    let keys = info(folder.path(), "jc310-gp231-scp03-s16.img")["keys"].clone();
    assert_eq!((&keys[0]["version"], &keys[0]["length"]), (&0x30.into(), &32.into()));
    let cuid = |image| info(folder.path(), image)["cuid"].clone();
    output(folder.path(), &["new", "--profile", "tiny", "other.img"]);
    assert_ne!(cuid("tiny.img"), cuid("other.img"), "each card of a kind is another one");
}

#[test]
fn a_profile_that_is_none_is_told_by_field_and_by_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let told = |text: &str| {
        std::fs::write(folder.path().join("p.toml"), text).unwrap();
        failure(folder.path(), &["profile", "check", "p.toml"])
    };
    let text = told("[personality.java_card]\nprotocol = \"T=1\"\n");
    assert!(text.contains("personality.java_card.protocol") && text.contains("APDU"), "{text}");
    let text = told("[personality]\nmemory = 10\n");
    assert!(text.contains("personality.memory") && text.contains("8192 to"), "{text}");
    let text = told("\n[personality.java_card.algorithms]\nwithout = [\"rot13\"]\n");
    assert!(text.contains("line 3") && text.contains("elliptic-curves"), "{text}");
    let text = told("[[key_sets]]\n[[load_files]]\npath = \"none.cap\"\n");
    assert!(text.contains("load_files") && text.contains("none.cap"), "{text}");
    let text = failure(folder.path(), &["new", "--profile", "jcop", "card.img"]);
    assert!(text.contains("profile list"), "{text}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "only the profile is there");
}

#[test]
fn bad_profiles_and_options_say_what_is_wrong_and_make_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.toml"), "[personality]\nserial_number = 1\n").unwrap();
    let text = failure(folder.path(), &["new", "--profile", "p.toml", "card.img"]);
    assert!(text.contains("p.toml") && text.contains("serial_number"), "{text}");
    let text = failure(folder.path(), &["new", "--atr", "3B05", "card.img"]);
    assert!(text.contains("personality.atr is malformed"), "{text}");
    let text = failure(folder.path(), &["new", "--scp", "02", "--option", "99", "card.img"]);
    assert!(text.contains("SCP02 has no option i=99"), "{text}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "only the profile is there");
}

#[test]
fn missing_images_and_files_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let text = failure(folder.path(), &["run", "card.img"]);
    assert_eq!(
        text,
        "error: there is no card image card.img; make one: cardinal-emulator new card.img\n"
    );
    std::fs::write(folder.path().join("text"), "no image").unwrap();
    assert_eq!(
        failure(folder.path(), &["info", "text"]),
        "error: card image text: the card image could not be accessed: \
         I/O error: Not a redb database: magic number mismatch\n"
    );
}

/// A CAP file whose applet answers every command with its install parameters; without any it refuses to be installed.
fn echo(folder: &Path, name: &str, import_nobody_has: bool) -> String {
    let mut package = Package::new(b"\xD2\x76\x00\x00\x85\x09");
    package.import("fw", FRAMEWORK, 1, 0);
    if import_nobody_has {
        package.import("nobody", b"\xF0\x00\x00\x00\x09", 1, 0);
    }
    package.applet(b"\xD2\x76\x00\x00\x85\x09\x01", "Echo.install");
    let echo = package.class("Echo");
    echo.extends("fw:3").field("given", "[B");
    echo.constructor("()V").code("aload_0; invokespecial @fw:3.0()V; return");
    echo.static_method("install", "([BSB)V").code(
        "new @Echo; dup; invokespecial @Echo.<init>()V; astore_3
         sload_1; aload_0; sload_1; baload; sadd; sconst_1; sadd; sstore_1
         sload_1; aload_0; sload_1; baload; sadd; sconst_1; sadd; sstore_1
         aload_0; sload_1; baload; ifne Parameters; sspush 0x6A80; invokestatic @fw:7.1(S)V
         Parameters:
         aload_3; aload_0; sload_1; baload; newarray byte; putfield_a @Echo.given
         aload_0; sload_1; sconst_1; sadd; aload_3; getfield_a @Echo.given; sconst_0; aload_0; sload_1; baload
         invokestatic @fw:16.1([BS[BSS)S; pop
         aload_3; invokevirtual @fw:3.1()V; return",
    );
    echo.virtual_method("process", "(Lfw:10;)V").token(7).code(
        "getfield_a_this @Echo.given; sconst_0; aload_1; invokevirtual @fw:10.1()[B; sconst_0
         getfield_a_this @Echo.given; arraylength; invokestatic @fw:16.1([BS[BSS)S; pop
         aload_1; sconst_0; getfield_a_this @Echo.given; arraylength; invokevirtual @fw:10.8(SS)V; return",
    );
    std::fs::write(folder.join(name), package.build().unwrap().zip()).unwrap();
    name.to_owned()
}

fn ask_echo(running: &Running) -> Vec<u8> {
    let mut reader = running.reader();
    let aid = *b"\xD2\x76\x00\x00\x85\x09\x01";
    let select = Apdu::new(0, 0xA4, 4, 0).with_data(aid);
    reader.exchange(&select).unwrap().data
}

#[test]
fn an_applet_runs_in_a_reader_with_one_command() {
    let folder = tempfile::tempdir().unwrap();
    let cap = echo(folder.path(), "echo.cap", false);
    let running = Running::start(folder.path(), &["--cap", &cap, "--install-params", "68656C6C6F"]);
    assert_eq!(ask_echo(&running), b"hello");
    drop(running);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no image is left behind");
    let text = failure(folder.path(), &["run", "--cap", &cap]);
    assert!(text.contains("INSTALL was answered 6A80"), "{text}");
    assert!(text.contains("javacard.framework.ISOException 6A80"), "{text}");
    let missing = echo(folder.path(), "missing.cap", true);
    let text = failure(folder.path(), &["run", "--cap", &missing]);
    assert!(text.contains("imports package F000000009 1.0, which is not on the card"), "{text}");
}

#[test]
fn an_applet_stays_in_the_image_it_was_loaded_into() {
    let folder = tempfile::tempdir().unwrap();
    let cap = echo(folder.path(), "echo.cap", false);
    output(folder.path(), &["new", "card.img"]);
    let into = ["card.img", "--cap", &cap, "--install-params", "00"];
    assert_eq!(ask_echo(&Running::start(folder.path(), &into)), [0]);
    assert_eq!(ask_echo(&Running::start(folder.path(), &["card.img"])), [0]);
    assert_eq!(ask_echo(&Running::start(folder.path(), &into)), [0], "once is enough");
    let text = output(folder.path(), &["info", "card.img"]);
    assert!(text.contains("D27600008509  version 1.0  loaded, in the virtual machine"), "{text}");
    let json = info(folder.path(), "card.img");
    assert_eq!(json["load_files"][0]["engine"], "virtual-machine");
    assert_eq!(json["applications"][0]["aid"], "D2760000850901");
}

#[test]
fn a_collection_is_tried_and_every_refusal_has_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("applets")).unwrap();
    echo(folder.path(), "applets/echo.cap", false);
    echo(folder.path(), "applets/missing.cap", true);
    std::fs::write(folder.path().join("applets/text.ijc"), "no CAP file").unwrap();
    let text = output(folder.path(), &["try", "applets"]);
    assert!(text.contains("applet D2760000850901  install refused 6A80"), "{text}");
    assert!(text.contains("load import missing 6A80"), "{text}");
    assert!(
        text.ends_with("1 of 3 files loaded, 0 of 1 applets installed, 0 of 0 selected\n"),
        "{text}"
    );
    std::fs::write(folder.path().join("p.toml"), "D2760000850901 = \"AABB\"\n").unwrap();
    let json = output(folder.path(), &["try", "applets", "--parameters", "p.toml", "--json"]);
    let trials: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(trials[0]["applets"][0]["select"]["verdict"], "done");
    assert_eq!(trials[1]["load"]["verdict"], "import-missing");
    assert_eq!(trials[2]["load"]["verdict"], "malformed");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    assert!(failure(folder.path(), &["try", "empty"]).contains("there is no .cap or .ijc file"));
}

#[test]
fn a_cap_file_is_looked_into_with_the_names_of_the_api() {
    let folder = tempfile::tempdir().unwrap();
    let cap = echo(folder.path(), "echo.cap", false);
    let text = output(folder.path(), &["inspect", &cap]);
    for shown in ["javacard/framework", "javacard/framework/APDU.getBuffer()[B", "getfield_a_this"]
    {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&output(folder.path(), &["inspect", "--json", &cap])).unwrap();
    assert_eq!(json["imports"][1]["name"], "javacard/framework");
    assert_eq!(json["applets"][0]["aid"], "D2760000850901");
    std::fs::write(folder.path().join("text"), "no CAP file").unwrap();
    assert!(failure(folder.path(), &["inspect", "text"]).contains("CAP file text: "));
}

#[test]
fn wrong_usage_ends_with_status_2_and_help_with_examples() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["ruin"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["new"]).status.code(), Some(2));
    for help in [
        &["--help"][..],
        &["new", "--help"],
        &["run", "--help"],
        &["info", "--help"],
        &["try", "--help"],
        &["inspect", "--help"],
    ] {
        assert!(output(folder.path(), help).contains("xample"));
    }
    assert!(output(folder.path(), &["completions", "bash"]).contains("cardinal-emulator"));
}

#[test]
fn a_mistake_beside_a_key_is_told_without_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let profile = output(folder.path(), &["new", "--print-profile"]);
    let typo = profile.replacen("enc = \"", "enc = \"SECRET", 1);
    assert_ne!(profile, typo, "the profile shows its keys");
    std::fs::write(folder.path().join("profile.toml"), typo).unwrap();
    let told = failure(folder.path(), &["new", "card.img", "--profile", "profile.toml"]);
    assert!(told.contains("line "), "{told}");
    assert!(!told.contains("SECRET") && !told.contains("4041"), "{told}");
}

#[test]
fn a_trace_of_all_bytes_is_written_where_it_is_asked_for_and_nowhere_else() {
    for (arguments, shown) in [(&["card.img", "--trace-apdu"][..], true), (&["card.img"], false)] {
        let folder = tempfile::tempdir().unwrap();
        output(folder.path(), &["new", "card.img"]);
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut command = emulator(folder.path());
        command.args(["run", "--listen", "127.0.0.1:0"]).args(arguments).stderr(log);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.strip_prefix("listening on ").unwrap().to_owned();
        let mut reader = TcpReader::new(address, Timeouts::default());
        reader.connect().unwrap();
        reader.transmit(&[0x00, 0xA4, 0x04, 0x00, 0x00]).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert_eq!(log.contains("00a4040000"), shown, "{arguments:?}: {log}");
    }
}

/// Ends a run as Ctrl-C does.
fn end(mut running: Running) {
    let pid = running.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(running.child.wait().unwrap().success());
}

#[test]
fn a_recorded_session_runs_again_and_a_difference_is_shown_in_words() {
    let folder = tempfile::tempdir().unwrap();
    output(folder.path(), &["new", "--scp", "03", "card.img"]);
    let record = ["--ephemeral", "--record", "s.jsonl", "card.img"];
    let running = Running::start(folder.path(), &record);
    secure(&mut running.reader());
    end(running);
    let replay = ["replay", "s.jsonl", "--image", "card.img"];
    let told = output(folder.path(), &replay);
    assert_eq!(told, "4 commands, every answer as recorded\n");
    let transcript = folder.path().join("s.jsonl");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&transcript).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let text = failure(
        folder.path(),
        &["run", "--listen", "127.0.0.1:0", "--record", "s.jsonl", "card.img"],
    );
    assert!(text.contains("transcript s.jsonl"), "never over a file that is there: {text}");

    let changed: Vec<String> = std::fs::read_to_string(&transcript)
        .unwrap()
        .lines()
        .map(|line| {
            let set_status = line.contains("\"command\":\"84f0800f");
            if set_status { line.replace("9000\"", "6985\"") } else { line.to_owned() }
        })
        .collect();
    std::fs::write(&transcript, changed.join("\n") + "\n").unwrap();
    let replayed = run(folder.path(), &replay);
    assert_eq!(replayed.status.code(), Some(1));
    let (out, error) = (replayed.stdout, replayed.stderr);
    let (out, error) = (String::from_utf8(out).unwrap(), String::from_utf8(error).unwrap());
    assert!(out.contains("SET STATUS") && out.contains("0F SECURED"), "{out}");
    assert!(error.contains("the answer differs"), "{error}");

    output(folder.path(), &["new", "--scp", "03", "other.img"]);
    let text = failure(folder.path(), &["replay", "s.jsonl", "--image", "other.img"]);
    assert!(text.contains("not in the state in which the session began"), "{text}");
}

#[test]
fn a_trace_is_written_for_programs_and_the_power_fails_where_it_is_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    output(folder.path(), &["new", "--scp", "03", "card.img"]);
    let trace = ["--trace=t.jsonl", "--trace-format", "jsonl", "--tear-after", "1", "card.img"];
    let running = Running::start(folder.path(), &trace);
    let mut reader = running.reader();
    reader.exchange(&Apdu::new(0, 0xA4, 4, 0).with_expected(256)).unwrap();
    // SCP03 counts before it answers: the first write of the run.
    assert!(reader.exchange(&Handshake::new(&[1; 8]).command()).is_err());
    drop(reader);
    secure(&mut running.reader());
    end(running);
    assert_eq!(info(folder.path(), "card.img")["life_cycle_name"], "SECURED");
    let text = std::fs::read_to_string(folder.path().join("t.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let torn: Vec<&serde_json::Value> =
        lines.iter().filter(|line| line["power_failed_after"] == 1).collect();
    assert_eq!(torn.len(), 1);
    assert_eq!(torn[0]["command"]["name"], "INITIALIZE UPDATE");
    let secured = lines.iter().any(|line| line["plain"]["command"]["name"] == "SET STATUS");
    assert!(secured, "{text}");
}

#[test]
fn info_shows_security_domains_as_a_tree() {
    let folder = tempfile::tempdir().unwrap();
    let mut profile = output(folder.path(), &["new", "--print-profile"]);
    for (aid, privileges) in [("A000000151535041 01", "A08000"), ("A000000151535041 02", "80")] {
        let aid = aid.replace(' ', "");
        let application = format!(
            "\n[[applications]]\nmodule = \"A000000151535041\"\naid = \"{aid}\"\n\
             privileges = \"{privileges}\"\n"
        );
        profile += &application;
        if privileges == "80" {
            profile += "[[applications.key_sets]]\nversion = 0x30\nprotocol = 3\noption = 0x70\n";
        }
    }
    std::fs::write(folder.path().join("p.toml"), profile).unwrap();
    output(folder.path(), &["new", "--profile", "p.toml", "card.img"]);
    let text = output(folder.path(), &["info", "card.img"]);
    let shown = |told: &str| text.lines().position(|line| line.contains(told));
    let delegated = "  security domain     A00000015153504101";
    let (issuer, first) = (shown("issuer domain").unwrap(), shown(delegated).unwrap());
    let second = shown("  security domain     A00000015153504102").unwrap();
    let key = shown("    key               version 30 id 01  AES").unwrap();
    assert!(issuer < first && first < second && second < key, "{text}");
    assert!(text.contains("delegated management, trusted path"), "{text}");
    let json = info(folder.path(), "card.img");
    assert_eq!(json["applications"][0]["domain"], json["issuer_domain"]);
    let domains: Vec<&serde_json::Value> =
        json["keys"].as_array().unwrap().iter().map(|key| &key["domain"]).collect();
    assert!(domains.iter().any(|domain| **domain == "A00000015153504102"), "{domains:?}");
}

#[test]
fn a_session_with_a_card_of_a_profile_runs_again() {
    let folder = tempfile::tempdir().unwrap();
    let profile = ["--profile", "jc305-gp231-scp03"];
    let running = Running::start(folder.path(), &[&profile[..], &["--record", "s.jsonl"]].concat());
    let mut reader = running.reader();
    let select = Apdu::new(0, 0xA4, 4, 0).with_expected(256);
    assert!(reader.exchange(&select).unwrap().status.is_ok());
    reader.exchange(&Handshake::new(&[1; 8]).command()).unwrap();
    drop(reader);
    end(running);
    let told = output(folder.path(), &[&["replay", "s.jsonl"][..], &profile].concat());
    assert_eq!(told, "2 commands, every answer as recorded\n");
    let told = failure(folder.path(), &["replay", "s.jsonl", "--profile", "tiny"]);
    assert!(told.contains("not in the state"), "{told}");
}

#[test]
fn info_tells_states_privileges_and_test_keys_by_name() {
    let folder = tempfile::tempdir().unwrap();
    output(folder.path(), &["new", "card.img"]);
    let text = output(folder.path(), &["info", "card.img"]);
    for told in ["INITIALIZED", "security domain, card lock", "SCP02 i=15", "default test key"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    std::fs::write(folder.path().join("k"), "00112233445566778899AABBCCDDEEFF").unwrap();
    output(folder.path(), &["new", "--keys", "k", "own.img"]);
    let text = output(folder.path(), &["info", "own.img"]);
    assert!(!text.contains("default test key"), "{text}");
}
