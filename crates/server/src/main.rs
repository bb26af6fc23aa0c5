//! The program `suhbat`. Everything it does is in the library, where it can be tested.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main()
}
