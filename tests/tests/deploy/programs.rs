//! Files that the programs which read them can check by themselves.

use std::{path::Path, process::Command};

use super::{file, replaced, text};

/// Runs a program that must succeed without complaints.
fn accepts(program: &mut Command) {
    let outcome = program
        .output()
        .unwrap_or_else(|error| panic!("{program:?}: {error}; scripts/deploy-programs installs it"));
    let all = format!(
        "{}{}",
        String::from_utf8_lossy(&outcome.stdout),
        String::from_utf8_lossy(&outcome.stderr)
    );
    assert!(outcome.status.success(), "{program:?}: {all}");
}

#[test]
fn prometheus_accepts_the_alarms() {
    accepts(
        Command::new("promtool")
            .args(["check", "rules"])
            .arg(file("deploy/prometheus/suhbat.rules.yaml")),
    );
}

#[test]
fn systemd_accepts_the_unit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // The program is not installed where the unit looks for it.
    let unit = replaced(
        &text("deploy/systemd/suhbat.service"),
        "/usr/local/bin/suhbat",
        env!("CARGO_BIN_EXE_suhbat-under-test"),
    );
    let path = folder.path().join("suhbat.service");
    std::fs::write(&path, unit).expect("our folder");
    accepts(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path));
    // The score of what the service could still do: 0 is nothing, 10 is everything.
    accepts(
        Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager", "--threshold=20"])
            .arg(&path),
    );
}

#[test]
fn nginx_accepts_the_example_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    certificate(folder.path());
    let example = replaced(
        &text("deploy/nginx/suhbat.conf"),
        "/etc/ssl/chat.example.org",
        &folder.path().display().to_string(),
    );
    std::fs::write(folder.path().join("suhbat.conf"), example).expect("our folder");
    let main = folder.path().join("nginx.conf");
    std::fs::write(&main, super::nginx::main_file(folder.path())).expect("our folder");
    accepts(
        Command::new("nginx")
            .args(["-t", "-q", "-e", "stderr", "-p"])
            .arg(folder.path())
            .arg("-c")
            .arg(&main),
    );
}

#[test]
fn the_dashboard_and_the_manifests_can_be_read() {
    let dashboard: serde_json::Value = serde_json::from_str(&text("deploy/grafana/suhbat.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: std::collections::BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert!(ids.len() == panels.len() && ids.len() > 10, "{ids:?}");
}

fn certificate(folder: &Path) {
    accepts(
        Command::new("openssl")
            .args("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=chat.example.org -keyout privkey.pem -out fullchain.pem".split(' '))
            .current_dir(folder),
    );
}
