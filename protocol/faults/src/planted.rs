//! Which fault is planted, in a test build.

use core::{cell::Cell, marker::PhantomData};

use crate::Fault;

/// What a thread has planted, and whether the card came to its place since.
type State = (Option<Fault>, bool);

thread_local! {
    static STATE: Cell<State> = const { Cell::new((None, false)) };
}

/// Whether a fault is planted on this thread.
#[must_use]
pub fn active(fault: Fault) -> bool {
    let (planted, _) = STATE.get();
    let active = planted == Some(fault);
    if active {
        STATE.set((planted, true));
    }
    active
}

/// Keeps a fault planted on this thread; what was planted before comes back when it is dropped.
#[must_use = "the fault is planted as long as this lives"]
#[derive(Debug)]
pub struct Planted {
    before: State,
    // The state is this thread's.
    thread: PhantomData<*const ()>,
}

impl Planted {
    /// Whether the card has come to the place of the fault: one that was never reached no case can find.
    #[must_use]
    pub fn was_reached(&self) -> bool {
        STATE.get().1
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        STATE.set(self.before);
    }
}

/// Plants a fault on this thread.
pub fn plant(fault: Fault) -> Planted {
    replace(Some(fault))
}

/// Calls with a fault planted on this thread, or with none.
pub fn with<R>(fault: Option<Fault>, call: impl FnOnce() -> R) -> R {
    let _planted = replace(fault);
    call()
}

fn replace(fault: Option<Fault>) -> Planted {
    Planted { before: STATE.replace((fault, false)), thread: PhantomData }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Fault = Fault::PartialNameNotFound;
    const SECOND: Fault = Fault::CommandMacNotChecked;

    #[test]
    fn a_fault_is_planted_as_long_as_its_guard_lives() {
        assert!(!active(FIRST));
        let outer = plant(FIRST);
        assert!(active(FIRST) && !active(SECOND));
        {
            let _inner = plant(SECOND);
            assert!(active(SECOND) && !active(FIRST));
        }
        assert!(active(FIRST) && !active(SECOND));
        drop(outer);
        assert!(!active(FIRST));
    }

    #[test]
    fn a_call_has_its_own_fault_or_none() {
        let _outer = plant(FIRST);
        assert!(with(Some(SECOND), || active(SECOND) && !active(FIRST)));
        assert!(with(None, || Fault::ALL.iter().all(|fault| !active(*fault))));
        assert!(active(FIRST));
    }

    #[test]
    fn it_is_known_whether_the_place_was_reached() {
        let planted = plant(FIRST);
        assert!(!active(SECOND) && !planted.was_reached());
        assert!(active(FIRST) && planted.was_reached());
        with(Some(SECOND), || active(SECOND));
        assert!(planted.was_reached());
    }

    #[test]
    fn another_thread_has_none() {
        let _planted = plant(FIRST);
        let there = std::thread::spawn(|| active(FIRST)).join();
        assert!(matches!(there, Ok(false)));
    }
}
