//! The Debian packages that the project needs: one table, installed when something is missing.

use std::{
    io::IsTerminal as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail, ensure};
use end_to_end::Program;

/// A package, and what it is for.
struct Package {
    name: &'static str,
    purpose: &'static str,
}

const fn package(name: &'static str, purpose: &'static str) -> Package {
    Package { name, purpose }
}

/// Everything that `demo` and `test` use beyond a Rust tool chain and git.
const PACKAGES: [Package; 14] = [
    package("gcc", "linking, and the C parts of the cryptographic library"),
    package("g++", "the fuzzer's runtime"),
    package("libc6-dev", "the same"),
    package("pkg-config", "finding libpcsclite"),
    package("libpcsclite-dev", "PC/SC in our client"),
    package("pcscd", "the PC/SC daemon"),
    package("vsmartcard-vpcd", "virtual readers for it"),
    package("opensc", "opensc-tool and pkcs11-tool"),
    package("opensc-pkcs11", "OpenSC's PKCS#11 module"),
    package("coolkey", "the CoolKey PKCS#11 module"),
    package("openssl", "an independent judge of signatures and certificates"),
    package("curl", "an independent HTTPS client"),
    package("util-linux", "setpriv: what we start dies with us"),
    package("libnss3", "a library of Dogtag's tpsclient"),
];

/// The folder in which every pcscd keeps its process number; only root can make it.
const PCSCD_FOLDER: &str = "/run/pcscd";

/// Installs what is missing, and says what that was.
///
/// # Errors
/// On systems other than Debian and its relatives when something is missing; when apt fails.
pub(crate) fn install() -> anyhow::Result<String> {
    let missing: Vec<&Package> =
        PACKAGES.iter().filter(|package| !is_installed(package.name)).collect();
    if !missing.is_empty() {
        let list = |package: &&Package| format!("  {:<18} {}", package.name, package.purpose);
        let lines: Vec<String> = missing.iter().map(list).collect();
        println!("Debian packages to install:\n{}", lines.join("\n"));
        ensure!(
            exists("apt-get"),
            "this is not Debian or a relative of it (there is no apt-get): install what the list above names by other means, \
             and put a program `dpkg-query` into PATH that says so"
        );
        privileged(&["apt-get", "-q", "update"])?;
        let mut install = vec!["apt-get", "-q", "install", "-y", "--no-install-recommends"];
        install.extend(missing.iter().map(|package| package.name));
        privileged(&install)?;
    }
    if !Path::new(PCSCD_FOLDER).exists() {
        privileged(&["mkdir", "-p", PCSCD_FOLDER])?;
    }
    Ok(match missing.len() {
        0 => "all there".to_owned(),
        count => format!("{count} installed"),
    })
}

fn is_installed(name: &str) -> bool {
    let asked = Program::new("dpkg-query").args(["-W", "-f", "${db:Status-Abbrev}", name]).run();
    asked.is_ok_and(|outcome| outcome.status.success() && outcome.stdout.starts_with(b"ii"))
}

fn exists(program: &str) -> bool {
    Program::new("sh").args(["-c", &format!("command -v {program}")]).succeed().is_ok()
}

/// Runs a command as root: directly, or through sudo, which may ask for a password only where there is a terminal.
fn privileged(command: &[&str]) -> anyhow::Result<()> {
    let is_root = Program::new("id").arg("-u").succeed()?.stdout.starts_with(b"0\n");
    let prefix: &[&str] = match (is_root, std::io::stdin().is_terminal()) {
        (true, _) => &[],
        (false, true) => &["sudo"],
        (false, false) => &["sudo", "-n"],
    };
    let shown = command.join(" ");
    ensure!(is_root || exists("sudo"), "`{shown}` needs root, and there is no sudo");
    let mut words =
        prefix.iter().chain(["env", "DEBIAN_FRONTEND=noninteractive"].iter()).chain(command);
    let program = words.next().context("an empty command")?;
    let mut process = Command::new(program);
    process.args(words);
    if !std::io::stdin().is_terminal() {
        process.stdin(Stdio::null());
    }
    let status = process.status().with_context(|| format!("running `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}
