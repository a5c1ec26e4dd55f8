//! The program as an administrator sees it: files, exit codes, what is printed, and what goes over TLS.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "program/server.rs"]
mod server;
#[path = "program/token.rs"]
mod token;

use std::fs;

use server::{Folder, PASSWORD};

#[test]
fn init_makes_everything_once() {
    let folder = Folder::new();
    let made = folder.run(&["init", "--dir", folder.path()], "");
    assert_eq!(made.code, 0, "{made:?}");
    for name in ["cardinal-server.toml", "sealing.key", "cardinal.db", "ca-chain.pem"] {
        assert!(folder.file(name).exists(), "{name}");
    }
    let chain = fs::read_to_string(folder.file("ca-chain.pem")).unwrap();
    assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2);
    let again = folder.run(&["init", "--dir", folder.path()], "");
    assert_eq!(again.code, 4, "{again:?}");
    assert_eq!(fs::read_to_string(folder.file("ca-chain.pem")).unwrap(), chain);
    assert_eq!(folder.with_config(&["check-config"], "").code, 0);
}

#[test]
fn a_configuration_with_a_mistake_is_refused_by_name() {
    for (text, named) in [
        ("[server]\nhtpps = \"off\"\n", "htpps"),
        ("[tps.channel]\nblock_sise = 200\n", "block_sise"),
        ("[tps.channel]\nblock_size = 20\n", "tps.channel.block_size"),
        ("[server]\nhttps = \"everywhere\"\n", "everywhere"),
        ("[server]\nhttps = \"off\"\n", "both https and http are off"),
        ("[limits]\nconnections = 0\n", "limits.connections"),
        ("[ca]\nprofiles = []\n", "caTokenUserSigningKeyEnrollment"),
        ("[tks.key_sets.a]\ndeveloper_scheme = \"rot13\"\n", "rot13"),
        ("[tps.applet]\ndirectory = \"d\"\nrequired_version = \"1.4.0\"\n", "1.4.0.ijc"),
    ] {
        let folder = Folder::new();
        fs::write(folder.file("cardinal-server.toml"), text).unwrap();
        let refused = folder.with_config(&["check-config"], "");
        assert_eq!(refused.code, 2, "{text}: {refused:?}");
        assert!(refused.errors.contains(named), "{text}: {refused:?}");
    }
}

#[test]
fn users_are_added_listed_changed_and_unlocked() {
    let folder = Folder::with_defaults();
    let password = format!("{PASSWORD}\n");
    assert_eq!(folder.with_config(&["user", "add", "bob", "--password-stdin"], &password).code, 0);
    let twice = folder.with_config(&["user", "add", "bob", "--password-stdin"], &password);
    assert_eq!(twice.code, 4, "{twice:?}");
    assert_eq!(folder.with_config(&["user", "passwd", "bob", "--password-stdin"], "x\n").code, 0);
    assert_eq!(folder.with_config(&["user", "unlock", "bob"], "").code, 0);
    for arguments in [["user", "unlock", "eve"], ["user", "passwd", "eve"]] {
        assert_eq!(folder.with_config(&arguments, "").code, 3);
    }
    let empty = folder.with_config(&["user", "add", "carol", "--password-stdin"], "\n");
    assert_eq!(empty.code, 2, "{empty:?}");
    let odd = folder.with_config(&["user", "add", "a&b", "--password-stdin"], &password);
    assert_eq!(odd.code, 2, "{odd:?}");
    let list = folder.with_config(&["user", "list", "--json"], "");
    let list: serde_json::Value = serde_json::from_str(&list.output).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["name"], "bob");
    let database = fs::read(folder.file("cardinal.db")).unwrap();
    assert!(!database.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()));
}

#[test]
fn completions_name_the_commands() {
    let script = Folder::new().run(&["completions", "bash"], "");
    assert_eq!(script.code, 0);
    assert!(script.output.contains("check-config"));
}
