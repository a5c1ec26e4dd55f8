//! `javacardx.framework` and the packages that this card has for their exceptions only.

mod absent;
mod arrays;
mod buffers;
mod durations;
mod numbers;
mod programs;
mod structures;
mod tags;
mod texts;

use jcvm::Reference;

use crate::security::caller::{Caller, Thrown};

const OUT_OF_BOUNDS: Thrown = ("ArrayIndexOutOfBoundsException", 0);
const INDEX: Thrown = ("IndexOutOfBoundsException", 0);
const ARITHMETIC: Thrown = ("ArithmeticException", 0);
const NULL: Thrown = ("NullPointerException", 0);

/// A static method with a byte array and offset 0 before its other arguments.
fn over(
    caller: &mut Caller<'_, '_, '_>,
    name: &str,
    bytes: &[u8],
    more: &[i32],
) -> Result<i32, Thrown> {
    let array = caller.array(bytes);
    caller.fixed(name, &[&[array.to_cell(), 0], more].concat())
}

/// The cells of all of a new byte array: array, offset, length.
fn all(caller: &mut Caller<'_, '_, '_>, bytes: &[u8]) -> [i32; 3] {
    [caller.array(bytes).to_cell(), 0, i32::try_from(bytes.len()).unwrap()]
}

/// What a method `(…, byte[], short)` writes.
fn written(
    caller: &mut Caller<'_, '_, '_>,
    write: impl FnOnce(&mut Caller<'_, '_, '_>, [i32; 2]) -> Result<i32, Thrown>,
) -> Result<Vec<u8>, Thrown> {
    let array: Reference = caller.array(&[0xEE; 200]);
    let count = usize::try_from(write(caller, [array.to_cell(), 1])?).unwrap();
    let bytes = caller.bytes(array);
    assert!(bytes[0] == 0xEE && bytes[count + 1..].iter().all(|byte| *byte == 0xEE));
    Ok(bytes[1..=count].to_vec())
}
