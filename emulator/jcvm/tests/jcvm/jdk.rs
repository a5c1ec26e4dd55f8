//! The same arithmetic as Java has it: where a JDK is present, what javac compiled and what we run must agree.

use core::fmt::Write as _;
use std::{
    fs,
    process::{Command, Stdio},
};

use jcvm::Trap;

use crate::world::run;

/// Sequences of operations that are compared.
const SEQUENCES: usize = 400;
/// Operations of one.
const STEPS: usize = 12;

/// Java's operator, and the bytecodes for shorts and for ints.
const OPERATIONS: [(&str, &str, &str); 11] = [
    ("+", "sadd", "iadd"),
    ("-", "ssub", "isub"),
    ("*", "smul", "imul"),
    ("/", "sdiv", "idiv"),
    ("%", "srem", "irem"),
    ("<<", "sshl", "ishl"),
    (">>", "sshr", "ishr"),
    (">>>", "sushr", "iushr"),
    ("&", "sand", "iand"),
    ("|", "sor", "ior"),
    ("^", "sxor", "ixor"),
];

/// Numbers that look random, the same in every run.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    /// A number, often one at which arithmetic turns.
    fn number(&mut self, short: bool) -> i32 {
        let any = self.next().wrapping_mul(2).cast_signed();
        let edges = [0, 1, -1, 31, 32, i32::MAX, i32::MIN];
        let value = if self.next().is_multiple_of(3) {
            edges[self.next() as usize % edges.len()]
        } else {
            any
        };
        if short { i32::from(value as i16) } else { value }
    }
}

/// One sequence: a method in Java, and ours.
fn sequence(numbers: &mut Sequence, name: &str, short: bool) -> (String, String, i32) {
    let start = numbers.number(short);
    let (kind, load, push, end) = if short {
        ("short", "sload_0", "sspush", "sreturn")
    } else {
        ("int", "iload_0", "iipush", "ireturn")
    };
    let mut java = format!("static int {name}({kind} v) {{\n");
    let mut ours = format!("{load}\n");
    for _ in 0..STEPS {
        let (operator, for_short, for_int) = OPERATIONS[numbers.next() as usize % OPERATIONS.len()];
        let operand = numbers.number(short);
        writeln!(java, "v = ({kind}) (v {operator} ({operand}));").unwrap();
        writeln!(ours, "{push} {operand}; {}", if short { for_short } else { for_int }).unwrap();
    }
    java.push_str("return v; }\n");
    ours.push_str(end);
    (java, ours, start)
}

fn has(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg("-version").stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

#[test]
fn javac_agrees() {
    if !has("javac") || !has("java") {
        eprintln!("skipped: there is no JDK on this machine");
        return;
    }
    let mut numbers = Sequence(1);
    let mut methods = String::new();
    let mut calls = String::new();
    let mut expected = Vec::new();
    for index in 0..SEQUENCES {
        let short = index % 2 == 0;
        let (java, ours, start) = sequence(&mut numbers, &format!("f{index}"), short);
        methods.push_str(&java);
        let cast = if short { "(short) " } else { "" };
        writeln!(
            calls,
            "try {{ System.out.println(f{index}({cast}({start}))); }} catch (ArithmeticException e) {{ System.out.println(\"-\"); }}"
        )
        .unwrap();
        let (descriptor, arguments) =
            if short { ("(S)S", vec![start]) } else { ("(I)I", vec![start, 0]) };
        expected.push(match run(descriptor, &ours, &arguments) {
            Ok(value) => value.to_string(),
            Err(Trap::Exception(_)) => "-".to_owned(),
            Err(Trap::Fault(fault)) => panic!("{fault}"),
        });
    }
    let source =
        format!("class T {{\n{methods}public static void main(String[] a) {{\n{calls}}}\n}}\n");
    let folder = std::env::temp_dir().join(format!("cardinal-javac-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("T.java"), source).unwrap();
    let compiled = Command::new("javac").arg("T.java").current_dir(&folder).output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let ran = Command::new("java").args(["-cp", ".", "T"]).current_dir(&folder).output().unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let printed: Vec<String> =
        String::from_utf8(ran.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(printed.len(), SEQUENCES);
    for (index, (java, ours)) in printed.iter().zip(&expected).enumerate() {
        assert_eq!(java, ours, "sequence {index}");
    }
}
