//! Prints `docs/rules.md`, the decision table of the rules.

fn main() {
    print!("{}", domain::rules::table::document());
}
