//! A pcscd of our own: own socket, own reader configuration, own ports, next to whatever the system runs.
//!
//! pcscd has no option for its socket, but it takes over a listening one as systemd hands it: file descriptor 3, announced
//! by `LISTEN_PID` and `LISTEN_FDS`. Its clients find it through `PCSCLITE_CSOCK_NAME`.

use std::{
    ffi::OsString,
    fmt::Write as _,
    fs, io,
    net::{Ipv4Addr, TcpListener},
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use rand::{RngExt as _, rngs::StdRng};

use crate::{Lifetime, Process, Program, StageError};

/// Environment variable by which PC/SC clients find the socket of their daemon.
pub const SOCKET_VARIABLE: &str = "PCSCLITE_CSOCK_NAME";
/// Environment variable with the driver's path, for systems that keep it elsewhere than Debian does.
pub const DRIVER_VARIABLE: &str = "CARDINAL_VPCD_DRIVER";
/// Longest path of a Unix socket, in bytes: `sun_path` less its final zero.
pub const SOCKET_PATH_MAX: usize = 107;
/// Slots of one virtual reader: slot `n` listens on the reader's port plus `n`.
pub const SLOTS_PER_READER: u16 = 2;
/// Most readers of one daemon (pcscd has 16 slots).
pub const READERS_MAX: usize = 8;

/// Time pcscd has to be ready.
const READY_TIME_MAX: Duration = Duration::from_secs(10);
/// Ports below the range that the system gives to outgoing connections.
const PORTS: core::ops::Range<u16> = 15_000..32_000;
/// Attempts to find ports that nobody takes between our look and pcscd's bind.
const START_ATTEMPTS_MAX: usize = 8;
/// Attempts to find one free pair of ports.
const PORT_ATTEMPTS_MAX: usize = 500;
/// The driver in the order in which it is searched.
const DRIVERS: [&str; 2] = [
    "/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
    "/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so",
];
/// Folder with the configuration of the readers, in the daemon's folder.
const CONFIGURATION: &str = "reader.conf.d";
/// The folder in which the CoolKey module keeps what it has read from a token.
const COOLKEY_CACHE: &str = "/var/cache/coolkey";

/// One slot of a virtual reader: a card that connects to its port is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The reader's name as PC/SC lists it.
    pub reader: String,
    /// TCP port on this machine.
    pub port: u16,
}

/// A running pcscd with virtual readers. Dropped, it is killed and the CoolKey module's files about it are removed.
#[derive(Debug)]
pub struct PrivatePcscd {
    process: Process,
    socket: PathBuf,
    slots: Vec<Slot>,
    tag: String,
}

impl PrivatePcscd {
    /// Starts one in `folder` (socket, configuration and log go there) with so many readers of two slots each.
    ///
    /// # Errors
    /// When pcscd or the driver is not installed, or pcscd is not ready in time.
    pub fn start(folder: &Path, readers: usize, lifetime: Lifetime) -> Result<Self, StageError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match Self::try_start(folder, readers, lifetime) {
                Err(StageError::NotReady { .. }) if attempt < START_ATTEMPTS_MAX => {}
                outcome => return outcome,
            }
        }
    }

    /// Kills it and starts another one in its place: same socket, readers and ports.
    ///
    /// # Errors
    /// As [`PrivatePcscd::start`].
    pub fn restart(mut self) -> Result<Self, StageError> {
        self.process.kill()?;
        let folder = self.socket.parent().unwrap_or(Path::new("/")).to_owned();
        let listener = bind(&self.socket)?;
        self.process = launch(&folder, listener, self.process.lifetime())?;
        self.wait_until_ready()?;
        Ok(self)
    }

    fn try_start(folder: &Path, readers: usize, lifetime: Lifetime) -> Result<Self, StageError> {
        let tag = format!("{:06x}", rand::make_rng::<StdRng>().random_range(0..=0xFF_FFFF_u32));
        let readers = u16::try_from(readers.clamp(1, READERS_MAX)).unwrap_or(1);
        let mut slots = Vec::new();
        let mut configuration = String::new();
        let driver = driver()?;
        for index in 0..readers {
            let name = format!("Cardinal {tag}{index}");
            let port = free_ports(&slots)?;
            let _ = write!(
                configuration,
                "FRIENDLYNAME \"{name}\"\nDEVICENAME /dev/null:{port}\nLIBPATH {}\nCHANNELID {port}\n\n",
                driver.display()
            );
            slots.extend((0..SLOTS_PER_READER).map(|slot| Slot {
                // pcscd appends which of the readers with this very name it is (each is the only one), and the slot.
                reader: format!("{name} 00 {slot:02X}"),
                port: port + slot,
            }));
        }
        let conf = folder.join(CONFIGURATION);
        fs::create_dir_all(&conf).map_err(StageError::io(format!("folder {}", conf.display())))?;
        fs::write(conf.join("vpcd"), configuration)
            .map_err(StageError::io("reader configuration"))?;
        let socket = folder.join("pcscd.comm");
        let listener = bind(&socket)?;
        let process = launch(folder, listener, lifetime)?;
        let mut pcscd = Self { process, socket, slots, tag };
        pcscd.wait_until_ready()?;
        Ok(pcscd)
    }

    fn wait_until_ready(&mut self) -> Result<(), StageError> {
        self.process.wait_for_line("daemon ready", READY_TIME_MAX)?;
        let printed = self.process.printed();
        let taken = self.slots.iter().find(|slot| {
            !printed.contains(&format!("Waiting for virtual ICC on port {}", slot.port))
        });
        match taken {
            None if !printed.contains("Open Port") => Ok(()),
            _ => Err(self.process.not_ready("a port was taken by somebody else")),
        }
    }

    /// The slots, in the order of their readers.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// One slot by its number.
    ///
    /// # Errors
    /// [`StageError::Failed`] when there are not so many.
    pub fn slot(&self, number: usize) -> Result<&Slot, StageError> {
        self.slots
            .get(number)
            .ok_or_else(|| StageError::failed(format!("there is no slot {number}")))
    }

    /// The daemon's socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The process: its log, its memory, a way to kill it.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// What a client of this daemon needs in its environment.
    #[must_use]
    pub fn environment(&self) -> (String, OsString) {
        (SOCKET_VARIABLE.to_owned(), self.socket.clone().into_os_string())
    }

    /// A program that talks to this daemon.
    #[must_use]
    pub fn program(&self, name: &str) -> Program {
        Program::new(name).envs([self.environment()])
    }

    /// Shell pattern of the files that the CoolKey module keeps about tokens in these readers.
    #[must_use]
    pub fn coolkey_cache(&self) -> String {
        format!("{COOLKEY_CACHE}/*{}*", self.tag)
    }

    /// Whether this process already talks to a private daemon: see [`PrivatePcscd::run_self`].
    #[must_use]
    pub fn is_inside() -> bool {
        std::env::var_os(SOCKET_VARIABLE).is_some()
    }

    /// Runs the current executable again, with the same arguments, as a client of this daemon, and returns how it ended.
    ///
    /// The PC/SC library reads its environment in the process that uses it; a process cannot safely change its own.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run_self(&self, more_environment: &[(&str, String)]) -> Result<ExitStatus, StageError> {
        let executable = std::env::current_exe().map_err(StageError::io("path of this program"))?;
        Command::new(executable)
            .args(std::env::args_os().skip(1))
            .envs([self.environment()])
            .envs(more_environment.iter().map(|(name, value)| (name, value)))
            .status()
            .map_err(StageError::io("running this program again"))
    }
}

impl Drop for PrivatePcscd {
    fn drop(&mut self) {
        let Ok(entries) = fs::read_dir(COOLKEY_CACHE) else { return };
        let name = format!("Cardinal {}", self.tag);
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().contains(&name) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// The reader driver.
fn driver() -> Result<PathBuf, StageError> {
    let chosen = std::env::var_os(DRIVER_VARIABLE).map(PathBuf::from);
    let known = DRIVERS.iter().map(PathBuf::from);
    chosen
        .into_iter()
        .chain(known)
        .find(|path| path.exists())
        .ok_or_else(|| StageError::MissingProgram("libifdvpcd.so (vsmartcard-vpcd)".to_owned()))
}

/// Binds the socket that pcscd takes over.
fn bind(socket: &Path) -> Result<UnixListener, StageError> {
    if socket.as_os_str().len() > SOCKET_PATH_MAX {
        let text =
            format!("socket path {} is too long; set TMPDIR to a shorter one", socket.display());
        return Err(StageError::failed(text));
    }
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(StageError::Io {
                what: format!("old socket {}", socket.display()),
                source: error,
            });
        }
        _ => {}
    }
    UnixListener::bind(socket).map_err(StageError::io(format!("socket {}", socket.display())))
}

/// Starts pcscd with the listening socket as file descriptor 3. A shell does what would else need code between `fork` and
/// `exec`: its own process number is pcscd's, and the socket comes in as its standard input.
fn launch(
    folder: &Path,
    listener: UnixListener,
    lifetime: Lifetime,
) -> Result<Process, StageError> {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg("export LISTEN_PID=$$ LISTEN_FDS=1; exec pcscd -f -i -c \"$0\" 3<&0 0</dev/null")
        .arg(folder.join(CONFIGURATION))
        .env("PATH", path_with_sbin());
    let input = Stdio::from(OwnedFd::from(listener));
    Process::start_with_input("pcscd", &command, &folder.join("pcscd.log"), lifetime, input)
}

/// `PATH` with the folders of daemons, which users other than root often lack.
fn path_with_sbin() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/local/sbin:/usr/sbin:/sbin");
    path
}

/// The first of [`SLOTS_PER_READER`] neighbouring ports that are free now.
fn free_ports(taken: &[Slot]) -> Result<u16, StageError> {
    let mut random: StdRng = rand::make_rng();
    for _ in 0..PORT_ATTEMPTS_MAX {
        let first = random.random_range(PORTS) & !1;
        let ours = taken.iter().any(|slot| slot.port == first);
        // vpcd binds all addresses, so that is what has to be free.
        let free = |port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok();
        if !ours && (first..first + SLOTS_PER_READER).all(free) {
            return Ok(first);
        }
    }
    Err(StageError::failed("no two neighbouring TCP ports are free"))
}
