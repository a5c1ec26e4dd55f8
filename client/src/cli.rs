//! The command line of `cardinal-client`.

mod arguments;
mod list;
mod operate;
mod output;
mod prompt;
mod readers;
mod watch;

pub use arguments::{Arguments, Task};

use crate::ClientError;

/// Does what the command line says.
///
/// # Errors
/// [`ClientError`], which has an exit code.
pub fn execute(arguments: Arguments) -> Result<(), ClientError> {
    match arguments.task {
        Task::Format(arguments) => operate::format(arguments),
        Task::Enroll(arguments) => operate::enroll(arguments),
        Task::ResetPin(arguments) => operate::reset_pin(arguments),
        Task::List(arguments) => list::list(&arguments),
        Task::Watch(arguments) => watch::watch(&arguments),
        Task::Completions { shell } => {
            arguments::completions(shell);
            Ok(())
        }
    }
}
