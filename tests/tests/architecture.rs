//! The shape of the workspace: which crate may depend on which, and what may not come in at all.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

/// The only edges between crates of this workspace, tests aside.
const EDGES: [(&str, &[&str]); 7] = [
    ("suhbat-domain", &[]),
    ("suhbat-protocol", &["suhbat-domain"]),
    ("suhbat-storage", &["suhbat-domain"]),
    ("suhbat-realtime", &["suhbat-protocol", "suhbat-domain"]),
    (
        "suhbat-server",
        &["suhbat-storage", "suhbat-realtime", "suhbat-protocol", "suhbat-domain"],
    ),
    // The load generator speaks to any server of the protocol, so it knows none of this.
    ("suhbat-bench", &[]),
    ("suhbat-tests", &["suhbat-server", "suhbat-realtime", "suhbat-domain"]),
];

/// All that the domain may use; serde behind its feature only.
const DOMAIN_USES: [&str; 6] = ["async-trait", "bytes", "chrono", "futures-core", "serde", "thiserror"];

/// What is not to be linked: see `deny.toml`, which says why.
const BANNED: [&str; 6] = ["actix-governor", "libpq-sys", "native-tls", "openssl-sys", "ring", "rsa"];

/// Licences that a dependency may be under, as in `deny.toml`.
const LICENCES: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What cargo knows about the workspace on this kind of machine.
fn metadata() -> Value {
    let host = Command::new(env!("CARGO")).args(["-vV"]).output().expect("cargo can be run");
    let host = String::from_utf8(host.stdout).expect("text");
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("cargo names its host");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// The packages of this workspace by name.
fn members(metadata: &Value) -> BTreeMap<&str, &Value> {
    let ids: BTreeSet<&str> = list(metadata, "workspace_members").iter().filter_map(Value::as_str).collect();
    list(metadata, "packages")
        .iter()
        .filter(|package| ids.contains(text(package, "id")))
        .map(|package| (text(package, "name"), package))
        .collect()
}

/// What a package needs to be built, development aside.
fn needs(package: &Value) -> BTreeSet<&str> {
    list(package, "dependencies")
        .iter()
        .filter(|needed| text(needed, "kind") != "dev")
        .map(|needed| text(needed, "name"))
        .collect()
}

#[test]
fn crates_depend_in_one_direction_only() {
    let metadata = metadata();
    let members = members(&metadata);
    let known: BTreeSet<&str> = EDGES.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        members.keys().copied().collect::<BTreeSet<_>>(),
        known,
        "a new crate belongs into this test's list"
    );
    for (name, allowed) in EDGES {
        let edges: BTreeSet<&str> = needs(members[name]).intersection(&known).copied().collect();
        assert!(
            edges.iter().all(|edge| allowed.contains(edge)),
            "{name} depends on {edges:?}, and may on {allowed:?}"
        );
    }
}

#[test]
fn the_domain_uses_only_what_the_design_lists() {
    let metadata = metadata();
    let domain = members(&metadata)["suhbat-domain"];
    let allowed = BTreeSet::from(DOMAIN_USES);
    assert!(needs(domain).is_subset(&allowed), "{:?}", needs(domain));
    let serde = list(domain, "dependencies")
        .iter()
        .find(|needed| text(needed, "name") == "serde" && text(needed, "kind") != "dev");
    assert!(serde.is_none_or(|serde| serde["optional"] == true), "serde stands behind a feature");
    assert!(
        list(&domain["features"], "default").is_empty(),
        "whoever uses the domain alone gets it bare"
    );
}

#[test]
fn adapters_test_with_the_domain_s_suites_and_not_with_each_other() {
    let metadata = metadata();
    for (name, package) in members(&metadata) {
        let dev: BTreeSet<&str> = list(package, "dependencies")
            .iter()
            .filter(|needed| text(needed, "kind") == "dev")
            .map(|needed| text(needed, "name"))
            .collect();
        for (adapter, other) in [("suhbat-storage", "suhbat-realtime"), ("suhbat-realtime", "suhbat-storage")] {
            assert!(name != adapter || !dev.contains(other), "{adapter} sees {other}");
        }
    }
}

#[test]
fn nothing_banned_is_linked() {
    // Not by `cargo metadata`, which lists what features that are off would bring.
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--workspace",
            "--locked",
            "--edges=normal,build",
            "--prefix=none",
            "--format={p}",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).expect("text");
    let linked: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(linked.contains("suhbat-server"), "{linked:?}");
    let found: Vec<&&str> = BANNED.iter().filter(|name| linked.contains(**name)).collect();
    assert!(found.is_empty(), "{found:?}: see deny.toml");
}

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let metadata = metadata();
    for package in list(&metadata, "packages") {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        // Each "or" is a choice, each "and" a duty; an exception only takes duties away.
        let bare = licence
            .replace(" WITH LLVM-exception", "")
            .replace('/', " OR ")
            .replace(['(', ')'], "");
        let fine = bare
            .split(" AND ")
            .all(|duty| duty.split(" OR ").any(|choice| LICENCES.contains(&choice.trim())));
        assert!(fine, "{name} is under {licence:?}");
    }
}

#[test]
fn versions_stand_in_one_place() {
    let metadata = metadata();
    for (name, package) in members(&metadata) {
        let manifest = std::fs::read_to_string(text(package, "manifest_path")).expect("a manifest");
        let own: Vec<&str> = manifest
            .lines()
            .filter(|line| !line.starts_with("version") && line.contains("= \"") && line.contains("version = \""))
            .collect();
        assert!(own.is_empty(), "{name}: versions belong into the workspace's Cargo.toml: {own:?}");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name} has the workspace's lints");
    }
}

/// The names of metrics in a text.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    text.split(|sign: char| !(sign.is_ascii_lowercase() || sign == '_'))
        .filter(|word| word.starts_with("suhbat_") && !word.starts_with("suhbat_tests"))
        .collect()
}

/// The code of a folder without its tests.
fn sources(folder: &std::path::Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder of ours") {
        let path = entry.expect("a folder of ours").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a file of ours");
            into.push_str(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(&text));
        }
    }
}

#[test]
fn the_handbook_names_exactly_the_metrics_that_there_are() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut code = String::new();
    for name in ["domain", "protocol", "realtime", "server", "storage"] {
        sources(&root.join("crates").join(name).join("src"), &mut code);
    }
    let handbook = std::fs::read_to_string(root.join("docs/operations.md")).expect("the handbook");
    assert_eq!(metrics_in(&handbook), metrics_in(&code));
}

/// What the code logs from `info` upwards, as far as it is the same every time.
fn logged_in(code: &str) -> BTreeSet<&str> {
    ["tracing::error!(", "tracing::warn!(", "tracing::info!("]
        .into_iter()
        .flat_map(|call| code.split(call).skip(1))
        .filter_map(|rest| rest.split(");").next()?.split('"').rev().nth(1)?.split('{').next())
        .collect()
}

#[test]
fn the_handbook_explains_every_line_of_the_log() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut code = String::new();
    for name in ["realtime", "server", "storage"] {
        sources(&root.join("crates").join(name).join("src"), &mut code);
    }
    let handbook = std::fs::read_to_string(root.join("docs/operations.md")).expect("the handbook");
    let logged = logged_in(&code);
    assert!(logged.len() > 20, "{logged:?}");
    for message in logged {
        // What follows a semicolon comforts whoever reads the log, and is left out there.
        let message = message.split(';').next().unwrap_or(message);
        assert!(handbook.contains(message), "{message:?} is not in docs/operations.md");
    }
}
