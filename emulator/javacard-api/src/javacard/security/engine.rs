//! What objects have in common that work with a key or take data in pieces: hidden cells, and an engine in the running state.

use core::any::Any;

use cryptography::{CryptoError, CryptoRng};
use jcvm::{Body, ClassId, Lifetime, ObjectFlags, Reference, Standard, Trap, Write};
use zeroize::Zeroizing;

use super::{
    buffer::{CardRandom, OrThrow, throw},
    key::KeyObject,
    offer::{self, Needs},
    reason,
};
use crate::Call;

/// Hidden cells; see `native-classes.txt`.
const KEY: usize = 0;
const VECTOR: usize = 1;
const ALGORITHM: usize = 2;
const PARTS: usize = 3;
const MODE: usize = 4;
const VECTOR_LENGTH: usize = 5;
const OPENED_BY: usize = 6;
const EXTERNAL_ACCESS: usize = 7;

/// What an object was made for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Purpose {
    /// The constant of the algorithm; zero where it has none.
    pub(crate) algorithm: i32,
    /// Its parts (digest, cipher, padding), as they were asked for.
    pub(crate) parts: [u8; 3],
    /// `externalAccess`.
    pub(crate) external_access: bool,
    /// Longest initial vector that has to be kept, in bytes.
    pub(crate) vector_length: usize,
    /// The families of algorithms that it needs.
    pub(crate) needs: Needs,
}

/// An object with an engine. The cells belong to the public class: an instance of a program's own subclass has them too, all zero,
/// and is as one that was never initialised.
#[derive(Clone, Copy)]
pub(crate) struct EngineObject {
    pub(crate) object: Reference,
    class: ClassId,
}

/// `this`, which has to be of a class: unverified code can call a native on anything.
///
/// # Errors
/// `NullPointerException`, `SecurityException`.
pub(crate) fn instance(call: &mut Call<'_, '_>, class: ClassId) -> Result<Reference, Trap> {
    let this = call.this()?;
    call.vm.object(this)?;
    if call.vm.is_instance(this, class) { Ok(this) } else { call.throw(Standard::Security) }
}

/// An engine, and the key it was made with.
struct Running<E> {
    engine: E,
    revision: (u32, u32),
}

/// What an object is initialised with.
pub(crate) struct Initialised {
    /// The key.
    pub(crate) key: KeyObject,
    /// The mode.
    pub(crate) mode: u8,
    /// The initial vector, empty for none.
    pub(crate) vector: Zeroizing<Vec<u8>>,
}

impl EngineObject {
    /// Makes an object of a hidden class whose public class has the cells.
    ///
    /// # Errors
    /// `CryptoException.NO_SUCH_ALGORITHM` where the card does not offer it; `SystemException` when memory is full.
    pub(crate) fn make(
        call: &mut Call<'_, '_>,
        class: ClassId,
        hidden: ClassId,
        purpose: Purpose,
    ) -> Result<Self, Trap> {
        offer::check(call, purpose.needs)?;
        let mut vector = Reference::NULL;
        if purpose.vector_length > 0 {
            let body = Body::Bytes(vec![0; purpose.vector_length].into());
            vector = call.vm.allocate(ClassId::BYTE_ARRAY, Lifetime::Persistent, body)?;
            call.vm.set_flags(vector, ObjectFlags::SENSITIVE);
        }
        let object = call.vm.new_instance(hidden, Lifetime::Persistent)?;
        let made = Self { object, class };
        made.store(call, VECTOR, vector.to_cell())?;
        made.set_purpose(call, purpose)?;
        Ok(made)
    }

    /// Sets what the object is for.
    ///
    /// # Errors
    /// `TransactionException` when the commit buffer is full.
    pub(crate) fn set_purpose(self, call: &mut Call<'_, '_>, purpose: Purpose) -> Result<(), Trap> {
        let [digest, cipher, padding] = purpose.parts;
        let parts = i32::from_be_bytes([0, digest, cipher, padding]);
        self.store(call, ALGORITHM, purpose.algorithm)?;
        self.store(call, PARTS, parts)?;
        self.store(call, EXTERNAL_ACCESS, i32::from(purpose.external_access))
    }

    /// The object that a native was called on.
    ///
    /// # Errors
    /// `CryptoException.ILLEGAL_USE` where it is a one-shot object that was closed; `SecurityException` where another context opened it,
    /// or unverified code called it on something else.
    pub(crate) fn this(call: &mut Call<'_, '_>, class: ClassId) -> Result<Self, Trap> {
        let this = Self { object: instance(call, class)?, class };
        super::one_shot::check(call, this)?;
        Ok(this)
    }

    /// An object of a class, not checked further.
    pub(crate) const fn of(object: Reference, class: ClassId) -> Self {
        Self { object, class }
    }

    fn cell(self, call: &Call<'_, '_>, index: usize) -> i32 {
        call.vm.field(self.object, self.class, index)
    }

    /// Stores a cell for good if it changes: initialisation is no part of a transaction.
    fn store(self, call: &mut Call<'_, '_>, index: usize, value: i32) -> Result<(), Trap> {
        if self.cell(call, index) == value {
            return Ok(());
        }
        call.vm.set_field(self.object, self.class, index, value, Write::Immediate)
    }

    /// The constant of the algorithm.
    pub(crate) fn algorithm(self, call: &Call<'_, '_>) -> i32 {
        self.cell(call, ALGORITHM)
    }

    /// The parts of the algorithm: digest, cipher, padding.
    pub(crate) fn parts(self, call: &Call<'_, '_>) -> [u8; 3] {
        let [_, digest, cipher, padding] = self.cell(call, PARTS).to_be_bytes();
        [digest, cipher, padding]
    }

    /// The mode; zero before initialisation.
    pub(crate) fn mode(self, call: &Call<'_, '_>) -> u8 {
        u8::try_from(self.cell(call, MODE)).unwrap_or(0)
    }

    /// Who opened a one-shot object: its context and one; zero if nobody did.
    pub(crate) fn opened_by(self, call: &Call<'_, '_>) -> i32 {
        self.cell(call, OPENED_BY)
    }

    /// Sets who opened a one-shot object.
    ///
    /// # Errors
    /// Those of a store.
    pub(crate) fn set_opened_by(self, call: &mut Call<'_, '_>, who: i32) -> Result<(), Trap> {
        self.store(call, OPENED_BY, who)
    }

    /// Keeps what the object is initialised with.
    ///
    /// # Errors
    /// Those of a store.
    pub(crate) fn initialise(
        self,
        call: &mut Call<'_, '_>,
        with: &Initialised,
    ) -> Result<(), Trap> {
        self.store(call, KEY, with.key.object.to_cell())?;
        self.store(call, MODE, i32::from(with.mode))?;
        let vector = Reference::from_cell(self.cell(call, VECTOR));
        if vector.is_null() {
            return Ok(());
        }
        let length = i32::try_from(with.vector.len()).unwrap_or(0);
        self.store(call, VECTOR_LENGTH, length)?;
        let known = call.vm.heap().get(vector).and_then(|object| object.body.bytes());
        if known.and_then(|known| known.get(..with.vector.len())) == Some(&with.vector) {
            return Ok(());
        }
        call.vm.write_bytes(vector, 0, &with.vector, Write::Immediate)
    }

    /// The specification of a derivation, which has the place of the key; null before initialisation.
    pub(crate) fn specification(self, call: &Call<'_, '_>) -> Reference {
        Reference::from_cell(self.cell(call, KEY))
    }

    /// Keeps the specification of a derivation.
    ///
    /// # Errors
    /// Those of a store.
    pub(crate) fn set_specification(
        self,
        call: &mut Call<'_, '_>,
        specification: Reference,
    ) -> Result<(), Trap> {
        self.store(call, KEY, specification.to_cell())
    }

    /// Forgets what the object is initialised with.
    ///
    /// # Errors
    /// Those of a store.
    pub(crate) fn forget(self, call: &mut Call<'_, '_>) -> Result<(), Trap> {
        call.state.volatile().remove(self.object);
        self.store(call, KEY, 0)?;
        self.store(call, MODE, 0)
    }

    /// What the object was initialised with.
    ///
    /// # Errors
    /// `CryptoException`: `INVALID_INIT` where it was not, `UNINITIALIZED_KEY` where its key was cleared since.
    pub(crate) fn initialised(self, call: &mut Call<'_, '_>) -> Result<Initialised, Trap> {
        let key = Reference::from_cell(self.cell(call, KEY));
        let mode = self.mode(call);
        if key.is_null() || mode == 0 {
            return throw(call, reason::INVALID_INIT);
        }
        let Some(key) = KeyObject::find(call, key)? else {
            return throw(call, reason::INVALID_INIT);
        };
        if !key.is_initialized(call)? {
            return throw(call, reason::UNINITIALIZED_KEY);
        }
        let array = Reference::from_cell(self.cell(call, VECTOR));
        let length = usize::try_from(self.cell(call, VECTOR_LENGTH)).unwrap_or(0);
        let bytes = call.vm.heap().get(array).and_then(|object| object.body.bytes());
        let vector = bytes.and_then(|bytes| bytes.get(..length)).unwrap_or_default();
        Ok(Initialised { key, mode, vector: Zeroizing::new(vector.to_vec()) })
    }

    /// Sets the engine; `key` is what it was made with.
    pub(crate) fn start<E: Any + Send>(
        self,
        call: &mut Call<'_, '_>,
        key: Option<&KeyObject>,
        engine: E,
    ) {
        let revision = key.map_or((0, 0), |key| key.revision(call));
        call.state.volatile().set(self.object, Running { engine, revision });
    }

    /// Whether there is an engine, and its key has not changed since.
    pub(crate) fn runs<E: Any + Send>(
        self,
        call: &mut Call<'_, '_>,
        key: Option<&KeyObject>,
    ) -> bool {
        let revision = key.map_or((0, 0), |key| key.revision(call));
        let running = call.state.volatile().get::<Running<E>>(self.object);
        running.is_some_and(|running| running.revision == revision)
    }

    /// Runs the engine.
    ///
    /// # Errors
    /// `CryptoException`: `INVALID_INIT` where there is none, or the engine's error.
    pub(crate) fn run<E: Any + Send, T>(
        self,
        call: &mut Call<'_, '_>,
        step: impl FnOnce(&mut E, &mut dyn CryptoRng) -> Result<T, CryptoError>,
    ) -> Result<T, Trap> {
        let mut random = CardRandom(&mut *call.platform);
        let outcome = match call.state.volatile().get::<Running<E>>(self.object) {
            Some(running) => step(&mut running.engine, &mut random),
            None => Err(CryptoError::InvalidInit),
        };
        outcome.or_throw(call)
    }
}
