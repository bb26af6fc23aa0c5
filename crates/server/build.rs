//! The macro that embeds the page cannot report to cargo which folder it read.

fn main() {
    // The folder is always there, since a file in it is committed; of a missing one cargo would think that it changes all the time.
    println!("cargo::rerun-if-changed=../../web/dist");
}
