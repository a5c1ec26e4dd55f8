//! `demo`: a token's life, with the real programs.

use std::path::Path;

use anyhow::ensure;
use end_to_end::{
    Lifetime, binaries,
    life::{Life, STEPS},
    pcscd::SOCKET_VARIABLE,
};

use crate::{cargo, packages, steps::Steps};

/// Time that the whole demo may take once everything is built, in seconds.
const SECONDS_MAX: u64 = 60;

/// Runs the demo; `keep` leaves everything running, `applet` is a file that the server loads onto the cards.
pub(crate) fn run(keep: bool, applet: Option<&Path>) -> anyhow::Result<()> {
    println!("Debian packages: {}", packages::install()?);
    let programs =
        cargo::build_release(&["cardinal-emulator", "cardinal-server", "cardinal-client"])?;
    binaries::use_folder(programs.clone());
    let lifetime = if keep { Lifetime::Detached } else { Lifetime::OfStage };
    println!();
    let mut steps = Steps::quiet();
    let mut life = steps.must("a private pcscd and the server start", || {
        let mut life = Life::start(lifetime, applet)?;
        let milliseconds = life.stage().server().started_in().as_millis();
        Ok((life, format!("the server made all its keys and was ready in {milliseconds} ms")))
    })?;
    for (name, step) in STEPS {
        if let Err(error) = steps.must(name, || Ok(((), step(&mut life)?))) {
            // The folder with the log is about to go.
            eprintln!("\nthe server's log:\n{}", life.stage().server().process().printed());
            return Err(error);
        }
    }
    let elapsed = steps.elapsed();
    ensure!(elapsed.as_secs() < SECONDS_MAX, "this took {elapsed:.1?}, more than {SECONDS_MAX} s");
    if keep {
        explain(&mut life, &programs.display().to_string())?;
    }
    steps.verdict()
}

/// How to go on with what still runs.
fn explain(life: &mut Life, programs: &str) -> anyhow::Result<()> {
    let (user, pin) = (life.user().clone(), life.pin());
    let stage = life.stage();
    let socket = stage.pcscd()?.socket().display().to_string();
    let folder = stage.folder().display().to_string();
    let reader = stage.slot(1)?.reader.clone();
    let cache = stage.pcscd()?.coolkey_cache();
    let (server, chain) = (stage.server().url(), stage.server().chain().display().to_string());
    println!(
        "
Everything is still running, in {folder}. To use it:

  export {SOCKET_VARIABLE}={socket}
  export CARDINAL_SERVER={server} CARDINAL_CA={chain}
  export PASSWORD={password} PIN={pin}
  {programs}/cardinal-client list
  {programs}/cardinal-client enroll --reader '{reader}' --user {name} --password-env PASSWORD --pin-env PIN
  pkcs11-tool --module /usr/lib/pkcs11/libcoolkeypk11.so --login --pin $PIN --list-objects
  {programs}/cardinal-server token list --config {folder}/server/cardinal-server.toml

To stop it:

  kill {pids}; rm -rf {folder} {cache}",
        password = user.password,
        name = user.name,
        pids = life.process_numbers().join(" "),
    );
    Ok(())
}
