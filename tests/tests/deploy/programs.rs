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

/// Somebody who is woken finds the alarm in the handbook.
#[test]
fn the_handbook_explains_every_alarm() {
    let (rules, handbook) = (text("deploy/prometheus/suhbat.rules.yaml"), text("docs/operations.md"));
    let section = handbook
        .split("\n## ")
        .find(|section| section.starts_with("Alarms\n"))
        .expect("a section");
    let named = |text: &str, before: &str| -> std::collections::BTreeSet<String> {
        let parts = text.split(before).skip(1);
        parts
            .map(|part| part.chars().take_while(char::is_ascii_alphabetic).collect())
            .collect()
    };
    let alarms = named(&rules, "- alert: ");
    assert!(alarms.len() > 10, "{alarms:?}");
    let explained: std::collections::BTreeSet<String> = named(section, "`Suhbat").into_iter().map(|rest| format!("Suhbat{rest}")).collect();
    assert_eq!(explained, alarms);
}

#[test]
fn prometheus_accepts_its_configuration_with_the_alarms() {
    accepts(
        Command::new("promtool")
            .args(["check", "config", "--lint=none"])
            .arg(file("deploy/prometheus/prometheus.yaml")),
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
    nginx_accepts(folder.path(), &example);
}

/// nginx accepts this example as a part of a configuration in the folder.
fn nginx_accepts(folder: &Path, example: &str) {
    std::fs::write(folder.join("suhbat.conf"), example).expect("our folder");
    let main = folder.join("nginx.conf");
    std::fs::write(&main, super::nginx::main_file(folder)).expect("our folder");
    accepts(
        Command::new("nginx")
            .args(["-t", "-q", "-e", "stderr", "-p"])
            .arg(folder)
            .arg("-c")
            .arg(&main),
    );
}

#[test]
fn nginx_accepts_the_example_for_containers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // The names of the nodes are known among the containers only.
    let mut example = text("deploy/nginx/compose.conf");
    for node in ["suhbat-1:8000", "suhbat-2:8000"] {
        example = replaced(&example, node, "127.0.0.1:8000");
    }
    nginx_accepts(folder.path(), &example);
}

/// Every file of this repository that compose.production.yaml mounts is there.
#[test]
fn the_containers_mount_files_that_exist() {
    let compose = text("compose.production.yaml");
    let mounted: Vec<&str> = compose
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- ./")?.split(':').next())
        .collect();
    assert!(mounted.len() >= 6, "{mounted:?}");
    for path in mounted {
        assert!(file(path).exists(), "{path}");
    }
    for line in text("deploy/compose.env.example").lines().filter(|line| !line.starts_with('#')) {
        let name = line.split('=').next().unwrap_or_default();
        assert!(compose.contains(&format!("${{{name}")), "{name}");
    }
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
