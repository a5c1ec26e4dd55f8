//! A card that is nothing but a machine: packages are assembled, applets installed, commands sent.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use capfile::assemble::{FRAMEWORK, Package};
use iso7816::{Aid, Command};
use javacard_api::{
    AlgorithmFamily, Api, ApiState, Ended, Installation, Origin, Platform, Selection, TABLE,
};
use jcvm::{AppletId, AppletRecord, Limits, Machine, MethodKind, PackageId, Reference};

/// Persistent memory of the machine, in bytes.
const MEMORY: usize = 1 << 20;

/// What the card would give.
#[derive(Default)]
pub(crate) struct FakePlatform {
    /// Of a sequence that looks random and is the same each time.
    seed: u64,
    /// The applets that are selected, by channel.
    pub(crate) active: BTreeMap<u8, AppletId>,
    /// What the chip does not have.
    pub(crate) without: Vec<AlgorithmFamily>,
    /// Longest RSA key, in bits, unless zero.
    pub(crate) rsa_bits_max: usize,
}

/// A card without GlobalPlatform.
impl javacard_api::GlobalPlatform for FakePlatform {
    fn des_check_value(&self, _: &[u8]) -> Option<[u8; 3]> {
        None
    }
}

impl Platform for FakePlatform {
    fn random(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (self.seed ^ self.seed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            *byte = (mixed >> 56) as u8;
        }
    }

    fn active_applet(&self, channel: u8) -> Option<AppletId> {
        self.active.get(&channel).copied()
    }

    fn channels(&self) -> u8 {
        4
    }

    fn offers(&self, family: AlgorithmFamily, bits: usize) -> bool {
        let too_long = family == AlgorithmFamily::Rsa && bits > self.rsa_bits_max;
        !(self.without.contains(&family) || too_long && self.rsa_bits_max > 0)
    }

    fn has_application(&self, aid: &[u8]) -> bool {
        aid == [0xA0, 0, 0, 1, 0x51, 0, 0, 0]
    }
}

/// Machine, state of the API, and the applets that were installed.
pub(crate) struct Bed {
    pub(crate) machine: Machine,
    pub(crate) state: ApiState,
    pub(crate) platform: FakePlatform,
    /// The interface of the commands that are sent.
    pub(crate) origin: Origin,
}

/// The AID of a package or applet.
pub(crate) fn aid(number: u8) -> Aid {
    Aid::new(&[0xD2, 0x76, 0, 0, 0x85, number]).unwrap()
}

/// A package with every method of `java.lang` and `javacard.framework` known by its name: `Util.arrayCopy`, and where a name is
/// overloaded, `AID.equals/2` with the token after it.
pub(crate) fn package(number: u8) -> Package {
    let mut package = Package::new(aid(number).as_bytes());
    package.import("framework", FRAMEWORK, 1, 9);
    package.import("service", b"\xA0\x00\x00\x00\x62\x01\x01\x01", 1, 0);
    package.format(2, 3);
    for (id, alias) in [(0, "lang"), (1, "framework"), (6, "service")] {
        name_everything(&mut package, id, alias);
    }
    package
}

fn name_everything(package: &mut Package, id: usize, alias: &str) {
    for class in TABLE.packages[id].classes.iter().filter(|class| class.token < 128) {
        let simple = class.name.rsplit('/').next().unwrap();
        let reference = format!("{alias}:{}", class.token);
        package.alias(simple, &reference);
        for method in class.methods {
            let same = class.methods.iter().filter(|other| {
                let own = method.kind == MethodKind::Constructor;
                other.name == method.name && own == (other.kind == MethodKind::Constructor)
            });
            let name = if same.count() == 1 {
                format!("{simple}.{}", method.name)
            } else {
                format!("{simple}.{}/{}", method.name, method.token)
            };
            let descriptor = referenced(method.descriptor);
            package.alias(&name, &format!("{reference}.{}{descriptor}", method.token));
        }
    }
}

/// A descriptor with classes as `import:token`.
fn referenced(descriptor: &str) -> String {
    let mut out = String::new();
    let mut rest = descriptor;
    while let Some((before, after)) = rest.split_once('L') {
        let (name, after) = after.split_once(';').unwrap();
        let packages = [(0, "lang"), (1, "framework"), (5, "rmi"), (6, "service")];
        let found = packages.iter().find_map(|(id, alias)| {
            let classes = TABLE.packages[*id].classes;
            classes.iter().find(|class| class.name == name).map(|class| (alias, class.token))
        });
        let (alias, token) = found.unwrap();
        let _ = write!(out, "{before}L{alias}:{token};");
        rest = after;
    }
    out + rest
}

/// A package with an applet `A` whose `process` is this code: local 0 is `this`, 1 the APDU.
pub(crate) fn applet(number: u8, process: &str) -> Package {
    let mut package = package(number);
    declare_applet(&mut package, number, process);
    package
}

/// `install` that makes an applet and registers it.
const INSTALL: &str = "new @A; dup; invokespecial @A.<init>()V
                       invokevirtual @Applet.register/1
                       return";

/// Declares the applet class `A` with `install` and `process`.
pub(crate) fn declare_applet(package: &mut Package, number: u8, process: &str) {
    declare(package, number, INSTALL, process);
}

/// A package with an applet `A` whose `install` is this code, too.
pub(crate) fn installed_by(number: u8, install: &str, process: &str) -> Package {
    let mut package = package(number);
    declare(&mut package, number, install, process);
    package
}

fn declare(package: &mut Package, number: u8, install: &str, process: &str) {
    package.applet(aid(number).as_bytes(), "A.install");
    let class = package.class("A");
    class.extends("Applet");
    class.constructor("()V").code("aload_0; invokespecial @Applet.<init>; return");
    class.static_method("install", "([BSB)V").code(install);
    class.virtual_method("process", "(LAPDU;)V").token(7).code(process);
}

/// `process` that runs this code, which leaves a short, and answers with it.
pub(crate) fn answering(code: &str) -> String {
    format!(
        "{code}
         sstore 9
         aload_1; invokevirtual @APDU.getBuffer; sconst_0; sload 9; invokestatic @Util.setShort; pop
         aload_1; sconst_0; sconst_2; invokevirtual @APDU.setOutgoingAndSend
         return"
    )
}

/// `process` that looks at INS, runs the code for it, and answers with the short that it leaves.
pub(crate) fn cases(cases: &[(u8, &str)]) -> String {
    let labels: Vec<String> = cases.iter().map(|(ins, _)| format!("{ins}=Case{ins}")).collect();
    let labels = labels.join(" ");
    let code: Vec<String> = cases
        .iter()
        .map(|(ins, code)| {
            let code = code.replace("Mine", &format!("Mine{ins}"));
            format!("Case{ins}: {code}\ngoto_w Answer")
        })
        .collect();
    let code = code.join("\n");
    answering(&format!(
        "aload_1; invokevirtual @APDU.getBuffer; sconst_1; baload
         slookupswitch Other {labels}
         {code}
         Other: sspush 0x6D00; invokestatic @ISOException.throwIt; sconst_0
         Answer: nop"
    ))
}

impl Bed {
    pub(crate) fn new() -> Self {
        let limits = Limits { fuel: 10_000_000, ..Limits::default() };
        let mut machine = Machine::new(&TABLE, &limits);
        machine.heap_mut().set_persistent_free(MEMORY);
        let mut state = ApiState::default();
        state.start(&mut machine).unwrap();
        let (platform, origin) = (FakePlatform::default(), Origin::default());
        Self { machine, state, platform, origin }
    }

    pub(crate) fn api(&mut self) -> (Api<'_>, &mut Machine) {
        (Api::new(&mut self.platform, &mut self.state), &mut self.machine)
    }

    pub(crate) fn load(&mut self, package: &mut Package) -> PackageId {
        let assembled = package.build().unwrap_or_else(|error| panic!("{error}"));
        let cap = assembled.cap().expect("the package is well formed");
        self.machine.load(Arc::new(cap), true).expect("the package links")
    }

    /// Installs module `number` of a package under the AID with `instance` and these parameters.
    pub(crate) fn install(
        &mut self,
        package: PackageId,
        number: u8,
        instance: u8,
        parameters: &[u8],
    ) -> Result<AppletId, Ended> {
        let record = AppletRecord { aid: aid(instance), package, instance: Reference::NULL };
        let applet = self.machine.add_applet(record).expect("there is room");
        let installation = Installation { module: aid(number), privileges: &[4], parameters };
        let (mut api, machine) = self.api();
        api.install(machine, applet, &installation).map(|()| applet)
    }

    /// Loads a package and installs and selects its one applet.
    pub(crate) fn start(&mut self, number: u8, package: &mut Package) -> AppletId {
        let package = self.load(package);
        let applet = self.install(package, number, number, &[]).expect("it installs");
        self.platform.active.insert(0, applet);
        applet
    }

    pub(crate) fn select(&mut self, applet: AppletId) -> Selection {
        let origin = self.origin;
        let (mut api, machine) = self.api();
        let selection = api.select(machine, applet, origin, false).expect("no fault");
        if selection == Selection::Selected {
            self.platform.active.insert(origin.channel, applet);
        }
        selection
    }

    /// Sends a command to an applet; an exception is its status word.
    pub(crate) fn send(&mut self, applet: AppletId, command: &[u8]) -> (Vec<u8>, u16) {
        self.send_with(applet, command, false)
    }

    pub(crate) fn send_with(
        &mut self,
        applet: AppletId,
        command: &[u8],
        selecting: bool,
    ) -> (Vec<u8>, u16) {
        let command = Command::parse(command).unwrap();
        let origin = self.origin;
        let (mut api, machine) = self.api();
        match api.process(machine, applet, origin, &command, selecting) {
            Ok(response) => (response.data, response.status.0),
            Err(ended) => (Vec::new(), ended.status().0),
        }
    }

    /// Sends `80 ins 00 00`, and takes the answer as a short.
    pub(crate) fn ask(&mut self, applet: AppletId, ins: u8) -> Result<i16, u16> {
        match self.send(applet, &[0x80, ins, 0, 0]) {
            (data, 0x9000) => Ok(i16::from_be_bytes(data.try_into().expect("a short"))),
            (_, status) => Err(status),
        }
    }

    pub(crate) fn reset(&mut self) {
        self.machine.reset();
        self.state.reset();
        self.platform.active.clear();
    }
}

/// Runs one program in a fresh machine, and returns the short that it leaves.
pub(crate) fn run(code: &str) -> Result<i16, u16> {
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut applet(1, &answering(code)));
    bed.ask(applet, 0)
}
