//! Where the progress of an operation goes.

/// Takes what the server says about progress.
pub trait Progress {
    /// The operation is at `percent`; `task` is the server's name of what comes next, e.g. `PROGRESS_APPLET_BLOCK`.
    fn update(&mut self, percent: u32, task: &str);

    /// A prompt follows: whatever is drawn must make room.
    fn suspend(&mut self) {}
}

/// Shows nothing.
#[derive(Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn update(&mut self, _percent: u32, _task: &str) {}
}

/// One row a task: the server's name, the words for the user.
const TASKS: &[(&str, &str)] = &[
    ("PROGRESS_APPLET_BLOCK", "loading the applet"),
    ("PROGRESS_DONE", "done"),
    ("PROGRESS_DONE_ENROLLMENT", "done"),
    ("PROGRESS_ENROLL_CERT", "getting a certificate"),
    ("PROGRESS_ISSUER_INFO", "writing the issuer's address"),
    ("PROGRESS_KEY_GENERATION", "making a key"),
    ("PROGRESS_PIN_RESET_COMPLETE", "done"),
    ("PROGRESS_PIN_RESET_RESOLVE_PROFILE", "choosing a profile"),
    ("PROGRESS_PROCESS_PROFILE", "choosing a profile"),
    ("PROGRESS_SET_LIFECYCLE", "finishing the token"),
    ("PROGRESS_START_PIN_RESET", "resetting the PIN"),
    ("PROGRESS_WRITE_OBJECTS", "writing certificates"),
];

/// Words for the server's name of a task; a name that is not known stands for itself.
#[must_use]
pub fn task_text(task: &str) -> &str {
    TASKS.iter().find(|(name, _)| *name == task).map_or(task, |(_, text)| text)
}
