//! A library between the program and the system, which makes calls fail.

use std::{path::PathBuf, process::Command, sync::OnceLock};

use suhbat_tests::Binary;
use tempfile::TempDir;

/// The calls that fail from now on, for files in the program's data folder.
pub(crate) enum Fault {
    /// Writing and making files: the disk is read-only.
    ReadOnly,
    /// Writing: an I/O error.
    Write,
    /// `fsync`: an I/O error.
    Sync,
    /// `fsync` does not come back.
    SyncHangs,
    /// No call fails.
    None,
}

/// Sets the fault that the library causes.
pub(crate) struct Faults(PathBuf);

impl Faults {
    /// Puts the library below the program. Nothing fails yet.
    pub(crate) fn below(binary: Binary) -> (Binary, Self) {
        let (data, faults) = (binary.folder().join("data"), Self(binary.folder().join("faults")));
        faults.set(&Fault::None);
        let binary = binary
            .with_variable("LD_PRELOAD", &library().display().to_string())
            .with_variable("FAULTS", &faults.0.display().to_string())
            .with_variable("FAULTS_BELOW", &data.display().to_string());
        (binary, faults)
    }

    /// From now on this fails and nothing else.
    pub(crate) fn set(&self, fault: &Fault) {
        let (eio, erofs) = (5, 30);
        let line = match fault {
            Fault::ReadOnly => format!("write {erofs}"),
            Fault::Write => format!("write {eio}"),
            Fault::Sync => format!("sync {eio}"),
            Fault::SyncHangs => "sync 0".to_owned(),
            Fault::None => String::new(),
        };
        // Replaced in one step: it may be read at any moment.
        let next = self.0.with_extension("next");
        std::fs::write(&next, line)
            .and_then(|()| std::fs::rename(next, &self.0))
            .expect("a folder that can be written to");
    }
}

/// Compiled once for all tests.
fn library() -> PathBuf {
    static BUILT: OnceLock<TempDir> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-U_FORTIFY_SOURCE", "-Wall", "-Werror", "-o"])
            .arg(folder.path().join("shim.so"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/shim.c"))
            .arg("-ldl")
            .output()
            .expect("a C compiler (cc) is needed to make calls fail");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        folder
    });
    folder.path().join("shim.so")
}
