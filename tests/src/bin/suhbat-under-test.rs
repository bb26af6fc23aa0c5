//! The program `suhbat` as tests run it: the same entry, built with the tests, so that it is never older than they are.

use std::process::ExitCode;

fn main() -> ExitCode {
    suhbat_tests::program()
}
