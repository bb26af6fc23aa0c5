//! A small file system of its own, which can be filled.

use std::{
    fs::File,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use suhbat_tests::PATIENCE;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// A file system in memory, in a mount namespace of its own: it ends with the process that keeps the namespace, however the test ends.
pub(crate) struct SmallDisk {
    keeper: Child,
    /// The command that enters the namespace.
    enter: Vec<String>,
    /// The folder of the disk inside the namespace.
    folder: PathBuf,
}

/// Makes the disk, prints that it is ready, and stays until its input ends.
const KEEPER: &str = r#"mount -t tmpfs -o "size=$2,mode=700" tmpfs "$1" && echo ready && exec cat"#;

impl SmallDisk {
    /// Of so many bytes, visible in this folder inside the namespace.
    pub(crate) async fn mounted_at(folder: &Path, bytes: u64) -> Self {
        // As root; else as the root of a user namespace, where the machine lets everybody make one.
        let ways: [(&[&str], &[&str]); 2] = [(&["-m"], &["-m"]), (&["-U", "-r", "-m"], &["-U", "--preserve-credentials", "-m"])];
        for (unshare, nsenter) in ways {
            let mut keeper = Command::new("unshare")
                .args(unshare)
                .args(["sh", "-c", KEEPER, "sh"])
                .args([&folder.display().to_string(), &bytes.to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .expect("the program unshare (of util-linux) is needed to make a small disk");
            let mut line = String::new();
            let mut output = BufReader::new(keeper.stdout.take().expect("piped"));
            timeout(PATIENCE, output.read_line(&mut line))
                .await
                .expect("mounting takes no time")
                .expect("it can be read from");
            if line == "ready\n" {
                let id = keeper.id().expect("it runs").to_string();
                let mut enter = vec!["nsenter".to_owned(), "-t".to_owned(), id];
                enter.extend(nsenter.iter().map(|word| (*word).to_owned()));
                enter.push("--".to_owned());
                return Self {
                    keeper,
                    enter,
                    folder: folder.to_owned(),
                };
            }
        }
        panic!(
            "a small disk cannot be made: run as root, or where everybody may make user namespaces (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"
        );
    }

    /// Runs a program where the disk is seen.
    pub(crate) fn enter(&self) -> &[String] {
        &self.enter
    }

    /// As it is seen from outside.
    fn outside(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper.id().expect("it runs")));
        root.join(self.folder.strip_prefix("/").expect("an absolute path")).join("filler")
    }

    /// Leaves no room on it.
    pub(crate) fn fill(&self) {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.outside())
            .expect("the disk is seen from outside");
        for piece in [vec![1; 65_536], vec![1; 4_096], vec![1; 1]] {
            loop {
                match file.write(&piece) {
                    Ok(1..) => {}
                    Err(error) if error.kind() != ErrorKind::StorageFull => panic!("it cannot be filled: {error}"),
                    _ => break,
                }
            }
        }
    }

    /// Deletes the filler, so that the disk has room again.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.outside()).expect("it was filled");
    }
}
