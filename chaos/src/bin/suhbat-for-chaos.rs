//! The program `suhbat` as the chaos suite runs it: the same entry, built with the suite, so that it is never older.

use std::process::ExitCode;

fn main() -> ExitCode {
    suhbat_tests::program()
}
