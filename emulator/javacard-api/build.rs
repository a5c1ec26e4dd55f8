//! Turns the API tables of `data/` into statics.

use std::{collections::HashMap, env, error::Error, fmt::Write as _, fs, path::Path};

use serde_json::Value;

/// Packages in the order of their identifiers. Images keep them: only ever append.
const PACKAGES: [&str; 32] = [
    "java.lang",
    "javacard.framework",
    "javacard.security",
    "javacardx.crypto",
    "java.io",
    "java.rmi",
    "javacard.framework.service",
    "javacardx.apdu",
    "javacardx.apdu.util",
    "javacardx.biometry",
    "javacardx.biometry1toN",
    "javacardx.external",
    "javacardx.framework.event",
    "javacardx.framework.math",
    "javacardx.framework.nio",
    "javacardx.framework.string",
    "javacardx.framework.time",
    "javacardx.framework.tlv",
    "javacardx.framework.util",
    "javacardx.framework.util.intx",
    "javacardx.security",
    "javacardx.security.cert",
    "javacardx.security.derivation",
    "javacardx.security.util",
    "org.globalplatform",
    "org.globalplatform.contactless",
    "org.globalplatform.filesystem",
    "org.globalplatform.privacy",
    "org.globalplatform.securechannel",
    "org.globalplatform.securechannel.provider",
    "org.globalplatform.upgrade",
    "visa.openplatform",
];

type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Clone)]
struct Method {
    token: u64,
    name: String,
    descriptor: String,
    kind: &'static str,
    is_abstract: bool,
    since: (u64, u64),
}

impl Method {
    fn signature(&self) -> String {
        format!("{}{}", self.name, self.descriptor)
    }
}

#[derive(Clone)]
struct Class {
    token: u64,
    name: String,
    is_interface: bool,
    shareable: bool,
    is_abstract: bool,
    since: (u64, u64),
    /// Nearest last.
    superclasses: Vec<String>,
    interfaces: Vec<String>,
    references: u64,
    cells: u64,
    methods: Vec<Method>,
    /// Tokens of static fields that are no constants.
    static_fields: Vec<u64>,
}

struct Package {
    name: String,
    aid: Vec<u8>,
    version: (u64, u64),
    classes: Vec<Class>,
}

fn main() -> Outcome<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=data");
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let data = Path::new(&root).join("data");
    let mut packages = Vec::new();
    for name in PACKAGES {
        packages.push(package(&fs::read_to_string(data.join(format!("{name}.json")))?)?);
    }
    for line in fs::read_to_string(data.join("native-classes.txt"))?.lines() {
        native_class(&mut packages, line).map_err(|error| format!("{line}: {error}"))?;
    }
    for package in &mut packages {
        package.classes.sort_by_key(|class| class.token);
    }
    let text = Emitter::new(&packages)?.emit(&packages)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("tables.rs"), text)?;
    Ok(())
}

// --- reading ---

fn text<'v>(value: &'v Value, key: &str) -> Outcome<&'v str> {
    value.get(key).and_then(Value::as_str).ok_or_else(|| format!("no {key}").into())
}

fn strings(value: &Value, key: &str) -> Vec<String> {
    let items = value.get(key).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn token(value: &Value) -> Outcome<u64> {
    value.get("token").and_then(Value::as_u64).ok_or_else(|| "no token".into())
}

fn version(text: &str) -> Outcome<(u64, u64)> {
    let (major, minor) = text.split_once('.').ok_or("a version")?;
    Ok((major.parse()?, minor.parse()?))
}

fn package(json: &str) -> Outcome<Package> {
    let value: Value = serde_json::from_str(json)?;
    let hex = text(&value, "aid")?;
    let aid: Result<Vec<u8>, _> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2).unwrap_or(""), 16))
        .collect();
    let classes: Outcome<Vec<Class>> = items(&value, "classes").map(class).collect();
    Ok(Package {
        name: text(&value, "package")?.to_owned(),
        aid: aid?,
        version: version(text(&value, "version")?)?,
        classes: classes?,
    })
}

fn class(value: &Value) -> Outcome<Class> {
    let flags = strings(value, "flags");
    let has = |flag: &str| flags.iter().any(|each| each == flag);
    let is_interface = has("interface");
    let methods: Outcome<Vec<Method>> = items(value, "methods").map(method).collect();
    let superclasses = if is_interface { Vec::new() } else { strings(value, "superclasses") };
    Ok(Class {
        token: token(value)?,
        name: text(value, "name")?.to_owned(),
        is_interface,
        shareable: has("shareable"),
        is_abstract: has("abstract"),
        since: version(text(value, "since")?)?,
        superclasses,
        interfaces: strings(value, "interfaces"),
        references: 0,
        cells: 0,
        methods: methods?,
        static_fields: items(value, "fields")
            .filter_map(|field| field.get("token").and_then(Value::as_u64))
            .collect(),
    })
}

fn method(value: &Value) -> Outcome<Method> {
    let kind = match text(value, "kind")? {
        "static" => "Static",
        "constructor" => "Constructor",
        "virtual" => "Virtual",
        "interface" => "Interface",
        other => return Err(format!("kind {other}").into()),
    };
    Ok(Method {
        token: token(value)?,
        name: text(value, "name")?.to_owned(),
        descriptor: text(value, "descriptor")?.to_owned(),
        kind,
        is_abstract: strings(value, "flags").iter().any(|flag| flag == "abstract"),
        since: version(text(value, "since")?)?,
    })
}

/// A line of `native-classes.txt`.
fn native_class(packages: &mut [Package], line: &str) -> Outcome<()> {
    let mut words = line.split_whitespace();
    let (kind, name) = match (words.next(), words.next()) {
        (Some(kind), Some(name)) if !kind.starts_with('#') => (kind, name),
        _ => return Ok(()),
    };
    let rest: Vec<&str> = words.collect();
    let option = |key: &str| -> Option<&str> {
        let at = rest.iter().position(|word| *word == key)?;
        rest.get(at + 1).copied()
    };
    let number = |key: &str| -> Outcome<u64> { Ok(option(key).unwrap_or("0").parse()?) };
    let (references, cells) = (number("references")?, number("cells")?);
    if references > cells {
        return Err("more references than cells".into());
    }
    match kind {
        "class" => {
            let class = find_mut(packages, name).ok_or("no such class")?;
            (class.references, class.cells) = (references, cells);
        }
        "hidden" => {
            let implements = option("implements").unwrap_or_default();
            let class =
                hidden(packages, name, option("super").unwrap_or("java/lang/Object"), implements)?;
            let class = Class { token: number("token")?, references, cells, ..class };
            let package = name.rsplit_once('/').ok_or("no package")?.0.replace('/', ".");
            let package = packages.iter_mut().find(|each| each.name == package);
            let package = package.ok_or("no such package")?;
            if class.token < 128
                || class.token > 254
                || package.classes.iter().any(|other| other.token == class.token)
            {
                return Err("token taken or not of a hidden class".into());
            }
            package.classes.push(class);
        }
        _ => return Err("neither class nor hidden".into()),
    }
    Ok(())
}

fn find_mut<'p>(packages: &'p mut [Package], name: &str) -> Option<&'p mut Class> {
    packages.iter_mut().flat_map(|package| &mut package.classes).find(|class| class.name == name)
}

fn find<'p>(packages: &'p [Package], name: &str) -> Outcome<&'p Class> {
    let mut all = packages.iter().flat_map(|package| &package.classes);
    all.find(|class| class.name == name).ok_or_else(|| format!("no class {name}").into())
}

fn hidden(packages: &[Package], name: &str, superclass: &str, implements: &str) -> Outcome<Class> {
    let parent = find(packages, superclass)?;
    let mut superclasses = parent.superclasses.clone();
    superclasses.push(parent.name.clone());
    let mut interfaces = parent.interfaces.clone();
    for interface in implements.split(',').filter(|word| !word.is_empty()) {
        let found = find(packages, interface)?;
        let all = std::iter::once(&found.name).chain(&found.interfaces);
        for each in all {
            if !interfaces.contains(each) {
                interfaces.push(each.clone());
            }
        }
    }
    let inherited = parent.methods.iter().filter(|method| method.kind == "Virtual").cloned();
    Ok(Class {
        token: 0,
        name: name.to_owned(),
        is_interface: false,
        shareable: false,
        is_abstract: false,
        since: (1, 0),
        superclasses,
        interfaces,
        references: 0,
        cells: 0,
        methods: inherited.collect(),
        static_fields: Vec::new(),
    })
}

// --- writing ---

struct Emitter {
    identifiers: HashMap<String, (usize, u64)>,
    returns: Vec<&'static str>,
    keys: Vec<String>,
    owners: Vec<(usize, u64)>,
    code: Vec<bool>,
}

impl Emitter {
    fn new(packages: &[Package]) -> Outcome<Self> {
        let mut identifiers = HashMap::new();
        for (index, package) in packages.iter().enumerate() {
            for class in &package.classes {
                let old = identifiers.insert(class.name.clone(), (index, class.token));
                if old.is_some() {
                    return Err(format!("{} twice", class.name).into());
                }
            }
        }
        Ok(Self { identifiers, returns: vec![], keys: vec![], owners: vec![], code: vec![] })
    }

    fn class_id(&self, name: &str) -> Outcome<String> {
        let (package, token) =
            self.identifiers.get(name).ok_or_else(|| format!("no class {name}"))?;
        Ok(format!("ClassId::new(PackageId({package}), {token})"))
    }

    fn emit(mut self, packages: &[Package]) -> Outcome<String> {
        let mut out = String::new();
        let mut rows = String::new();
        for (index, package) in packages.iter().enumerate() {
            self.package(&mut rows, index, package)?;
        }
        writeln!(out, "/// All native packages, newest versions.")?;
        writeln!(
            out,
            "pub static TABLE: ApiTable = ApiTable {{ packages: &[{rows}], returns: RETURNS, static_fields: STATIC_FIELDS, implemented }};"
        )?;
        let fields = packages.iter().flat_map(|package| &package.classes).flat_map(|class| {
            class.static_fields.iter().map(|token| (class.name.as_str(), *token))
        });
        let fields: Outcome<Vec<String>> = fields
            .map(|(class, token)| Ok(format!("({}, {token})", self.class_id(class)?)))
            .collect();
        writeln!(out, "static STATIC_FIELDS: &[(ClassId, u8)] = &[{}];", fields?.join(","))?;
        writeln!(out, "static RETURNS: &[ReturnKind] = &[{}];", self.returns.join(","))?;
        writeln!(
            out,
            "/// Keys under which a native may be registered, by number of the method, nearest class first."
        )?;
        writeln!(out, "pub(crate) static KEYS: &[&[&str]] = &[{}];", self.keys.join(","))?;
        let owners: Vec<String> = self
            .owners
            .iter()
            .map(|(package, token)| format!("ClassId::new(PackageId({package}), {token})"))
            .collect();
        writeln!(out, "/// The class of each method, by number.")?;
        writeln!(out, "pub(crate) static OWNERS: &[ClassId] = &[{}];", owners.join(","))?;
        writeln!(
            out,
            "/// Whether a method has to have a native, by number: it is neither abstract nor a constructor."
        )?;
        writeln!(out, "pub(crate) static HAS_CODE: &[bool] = &{:?};", self.code)?;
        writeln!(
            out,
            "/// Identifiers of native classes.\npub mod classes {{\nuse jcvm::{{ClassId, PackageId}};"
        )?;
        for class in packages.iter().flat_map(|package| &package.classes) {
            let simple = class.name.rsplit('/').next().unwrap_or_default();
            writeln!(out, "/// `{}`.", class.name)?;
            writeln!(
                out,
                "pub const {}: ClassId = {};",
                constant(simple),
                self.class_id(&class.name)?
            )?;
        }
        writeln!(out, "}}")?;
        Ok(out)
    }

    fn package(&mut self, out: &mut String, index: usize, package: &Package) -> Outcome<()> {
        let (major, minor) = package.version;
        write!(
            out,
            "ApiPackage {{ aid: &{:?}, name: {:?}, version: ({major}, {minor}), classes: &[",
            package.aid, package.name
        )?;
        for class in &package.classes {
            self.class(out, index, class)?;
        }
        writeln!(out, "] }},")?;
        Ok(())
    }

    fn class(&mut self, out: &mut String, package: usize, class: &Class) -> Outcome<()> {
        let superclass = match class.superclasses.last() {
            Some(name) => format!("Some({})", self.class_id(name)?),
            None => "None".to_owned(),
        };
        let interfaces: Outcome<Vec<String>> =
            class.interfaces.iter().map(|name| self.class_id(name)).collect();
        write!(
            out,
            "ApiClass {{ token: {}, name: {:?}, is_interface: {}, shareable: {}, is_abstract: {}, since: {:?}, \
             superclass: {superclass}, interfaces: &[{}], references: {}, cells: {}, methods: &[",
            class.token,
            class.name,
            class.is_interface,
            class.shareable,
            class.is_abstract,
            class.since,
            interfaces?.join(","),
            class.references,
            class.cells,
        )?;
        let mut methods: Vec<&Method> = class.methods.iter().collect();
        methods.sort_by_key(|method| (method.kind, method.token));
        for method in methods {
            let number = self.returns.len();
            self.method(out, number, method)?;
            self.keys.push(keys(class, method));
            self.owners.push((package, class.token));
            self.code.push(!method.is_abstract && method.kind != "Constructor");
        }
        writeln!(out, "] }},")?;
        Ok(())
    }

    fn method(&mut self, out: &mut String, number: usize, method: &Method) -> Outcome<()> {
        let (cells, returns) = shape(&method.descriptor)?;
        let this = u64::from(method.kind != "Static");
        write!(
            out,
            "ApiMethod {{ token: {}, name: {:?}, descriptor: {:?}, kind: MethodKind::{}, is_abstract: {}, since: {:?}, \
             nargs: {}, returns: {returns}, native: {number} }},",
            method.token,
            method.name,
            method.descriptor,
            method.kind,
            method.is_abstract,
            method.since,
            cells + this,
        )?;
        self.returns.push(returns);
        Ok(())
    }
}

/// Keys of a method: its class, superclasses nearest first, interfaces.
fn keys(class: &Class, method: &Method) -> String {
    let supers = class.superclasses.iter().rev();
    let classes = std::iter::once(&class.name).chain(supers).chain(&class.interfaces);
    let signature = method.signature();
    let keys: Vec<String> =
        classes.map(|name| format!("{:?}", format!("{name}.{signature}"))).collect();
    format!("&[{}]", keys.join(","))
}

/// Cells of the arguments, and what is returned.
fn shape(descriptor: &str) -> Outcome<(u64, &'static str)> {
    let (arguments, result) =
        descriptor.strip_prefix('(').and_then(|text| text.split_once(')')).ok_or("a descriptor")?;
    let mut cells = 0;
    let mut letters = arguments.chars();
    while let Some(letter) = letters.next() {
        cells += match letter {
            'I' => 2,
            'Z' | 'B' | 'S' => 1,
            'L' => {
                letters.by_ref().find(|letter| *letter == ';');
                1
            }
            '[' => {
                let element = letters.by_ref().find(|letter| *letter != '[');
                if element == Some('L') {
                    letters.by_ref().find(|letter| *letter == ';');
                }
                1
            }
            other => return Err(format!("{other} in {descriptor}").into()),
        };
    }
    let returns = match result {
        "V" => "ReturnKind::Void",
        "Z" | "B" | "S" => "ReturnKind::Short",
        "I" => "ReturnKind::Int",
        _ => "ReturnKind::Reference",
    };
    Ok((cells, returns))
}

/// `ISOException` as `ISO_EXCEPTION`; `Outer$Inner` as `OUTER_INNER`.
fn constant(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|index| letters.get(index));
        let after = letters.get(at + 1);
        let word = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || after.is_some_and(|after| after.is_lowercase())
            });
        if word && !out.ends_with('_') {
            out.push('_');
        }
        out.push(if *letter == '$' { '_' } else { letter.to_ascii_uppercase() });
    }
    out
}
