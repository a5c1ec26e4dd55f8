//! Dogtag's own, unmodified `tpsclient` as a client of our TPS.
//!
//! Debian dropped it after release 11; the binary of that release runs on release 12. It is fetched with apt from the
//! mirror that this machine already uses, with package lists of its own, so that the machine's own stay as they are.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{Outcome, Program, StageError};

/// Environment variable with a folder in which fetched packages are kept between runs.
pub const FOLDER_VARIABLE: &str = "CARDINAL_TPSCLIENT_DIR";

/// The release that has the packages.
const RELEASE: &str = "bullseye";
/// The packages.
const PACKAGES: [&str; 2] = ["pki-tps-client", "libldap-2.4-2"];
/// The key that signs the release's lists.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Time to fetch lists and packages.
const FETCH_TIME_MAX: Duration = Duration::from_mins(3);
/// Time of one run: it loops for ever when a server closes early.
const RUN_TIME_MAX: Duration = Duration::from_mins(1);
/// Factory keys of the simulated token, all three of them.
const FACTORY_KEY: &str = "404142434445464748494a4b4c4d4e4f";

/// An unpacked tpsclient.
#[derive(Clone, Debug)]
pub struct TpsClient {
    program: PathBuf,
    libraries: OsString,
}

/// A token that tpsclient simulates, and the server it talks to.
#[derive(Clone, Debug)]
pub struct SimulatedToken {
    /// Port of the plain HTTP listener on this machine.
    pub port: u16,
    /// CUID, 20 hexadecimal digits.
    pub cuid: String,
    /// The user who logs in.
    pub user: String,
    /// The user's password; without blanks.
    pub password: String,
}

/// What tpsclient said.
#[derive(Clone, Debug)]
pub struct Report {
    /// The program's end and its output.
    pub outcome: Outcome,
    /// The `Result>` lines of operations at the server: whether it says success, and the line.
    pub results: Vec<(bool, String)>,
}

impl TpsClient {
    /// Fetches and unpacks it into `folder`, unless it is there.
    ///
    /// # Errors
    /// [`StageError::Unavailable`] with the reason when it cannot be had on this machine.
    pub fn fetch(folder: &Path) -> Result<Self, StageError> {
        let root = folder.join("root");
        let libraries = libraries(&root);
        let client = Self { program: root.join("usr/bin/tpsclient"), libraries };
        if client.program.exists() && client.check().is_ok() {
            return Ok(client);
        }
        let unavailable =
            |error: StageError| StageError::Unavailable(format!("tpsclient: {error}"));
        download(folder, &root).map_err(unavailable)?;
        client.check().map_err(unavailable)?;
        Ok(client)
    }

    /// Whether all its libraries are there.
    fn check(&self) -> Result<(), StageError> {
        let outcome = Program::new("ldd")
            .env("LD_LIBRARY_PATH", &self.libraries)
            .arg(&self.program)
            .succeed()?;
        let text = outcome.text();
        let missing: Vec<&str> = text.lines().filter(|line| line.contains("not found")).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(outcome.unexpected(format!("lacks {}", missing.join(", "))))
    }

    /// Runs operations (`op=ra_format …` and so on) on one simulated token, in a folder of its own.
    ///
    /// # Errors
    /// When it cannot be run, or does not end.
    pub fn run(
        &self,
        folder: &Path,
        token: &SimulatedToken,
        operations: &[&str],
    ) -> Result<Report, StageError> {
        fs::create_dir_all(folder)
            .map_err(StageError::io(format!("folder {}", folder.display())))?;
        let outcome = Program::new(&self.program)
            .env("LD_LIBRARY_PATH", &self.libraries)
            .current_dir(folder)
            .input(token.script(operations))
            .within(RUN_TIME_MAX)
            .run()?;
        let results = outcome
            .text()
            .lines()
            .filter(|line| line.contains("Result>") && line.contains("Operation 'ra_"))
            .map(|line| (line.contains("Success"), line.trim().to_owned()))
            .collect();
        Ok(Report { outcome, results })
    }
}

impl SimulatedToken {
    fn script(&self, operations: &[&str]) -> String {
        let Self { port, cuid, user, password } = self;
        let mut lines = vec![
            "op=var_set name=ra_host value=127.0.0.1".to_owned(),
            format!("op=var_set name=ra_port value={port}"),
            "op=var_set name=ra_uri value=/tps/tps".to_owned(),
            format!(
                "op=token_set cuid={cuid} msn=01020304 app_ver=6FBBC105 key_info=0101 major_ver=0 minor_ver=0"
            ),
        ];
        for key in ["auth_key", "mac_key", "kek_key"] {
            lines.push(format!("op=token_set {key}={FACTORY_KEY}"));
        }
        for operation in operations {
            let rest = "num_threads=1 extensions=tokenType=userKey";
            lines.push(format!("op={operation} uid={user} pwd={password} {rest}"));
        }
        lines.push("op=token_status".to_owned());
        // Without this it runs over the end of its input.
        lines.push("op=exit\n".to_owned());
        lines.join("\n")
    }
}

impl Report {
    /// Expects so many results, all of them success.
    ///
    /// # Errors
    /// [`StageError::Unexpected`] with everything it printed.
    pub fn expect_successes(&self, count: usize) -> Result<(), StageError> {
        let successes = self.results.iter().filter(|(success, _)| *success).count();
        if successes == count && self.results.len() == count {
            return Ok(());
        }
        let problem =
            format!("{successes} of {} results are success, not {count}", self.results.len());
        Err(self.outcome.unexpected(problem))
    }
}

fn libraries(root: &Path) -> OsString {
    let mut path = root.join("usr/lib/tps").into_os_string();
    path.push(":");
    path.push(root.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH)));
    path
}

/// The Debian mirror of this machine's apt.
fn mirror() -> Result<String, StageError> {
    let targets = Program::new("apt-get")
        .args([
            "indextargets",
            "--format",
            "$(REPO_URI) $(COMPONENT) $(ORIGIN)",
            "Created-By: Packages",
        ])
        .succeed()?;
    let text = targets.text();
    let of_debian = |line: &str| {
        let mut words = line.split_whitespace();
        let uri = words.next()?;
        let main = words.next() == Some("main");
        let debian = words.any(|word| word.contains("Debian"));
        (main && debian && !uri.contains("security")).then(|| uri.to_owned())
    };
    text.lines().find_map(of_debian).ok_or_else(|| {
        StageError::Unavailable("no Debian mirror in the apt configuration".to_owned())
    })
}

fn download(folder: &Path, root: &Path) -> Result<(), StageError> {
    for sub in ["lists/partial", "cache/archives/partial", "root"] {
        fs::create_dir_all(folder.join(sub)).map_err(StageError::io("folder for packages"))?;
    }
    let sources = folder.join("sources.list");
    let line = format!("deb [signed-by={KEYRING}] {} {RELEASE} main\n", mirror()?);
    fs::write(&sources, line).map_err(StageError::io("list of package sources"))?;
    let apt = || {
        Program::new("apt-get")
            .current_dir(folder)
            .within(FETCH_TIME_MAX)
            .arg("-q")
            .arg(format!("-oDir::Etc::sourcelist={}", sources.display()))
            .arg("-oDir::Etc::sourceparts=/dev/null")
            .arg(format!("-oDir::State::lists={}", folder.join("lists").display()))
            .arg(format!("-oDir::Cache={}", folder.join("cache").display()))
            .arg("-oAPT::Sandbox::User=")
    };
    apt().arg("update").succeed()?;
    apt().arg("download").args(PACKAGES).succeed()?;
    let entries = fs::read_dir(folder).map_err(StageError::io("folder for packages"))?;
    for entry in entries.flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "deb") {
            Program::new("dpkg").arg("-x").arg(entry.path()).arg(root).succeed()?;
        }
    }
    Ok(())
}
