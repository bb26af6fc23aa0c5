//! The shape of the workspace: the dependencies that each crate may have, and the packages that no crate may have.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use realtime::observed;
use serde_json::Value;

/// The only edges between crates of this workspace, tests aside.
const EDGES: [(&str, &[&str]); 12] = [
    ("suhbat-lexicon", &[]),
    ("suhbat-domain", &["suhbat-lexicon"]),
    ("suhbat-protocol", &["suhbat-domain"]),
    ("suhbat-media", &["suhbat-domain"]),
    ("suhbat-storage", &["suhbat-domain"]),
    ("suhbat-uploads", &["suhbat-media", "suhbat-domain"]),
    ("suhbat-realtime", &["suhbat-protocol", "suhbat-domain"]),
    (
        "suhbat-server",
        &[
            "suhbat-storage",
            "suhbat-uploads",
            "suhbat-media",
            "suhbat-realtime",
            "suhbat-protocol",
            "suhbat-domain",
        ],
    ),
    // The load generator speaks to any server of the protocol, so it knows none of this.
    ("suhbat-bench", &[]),
    (
        "suhbat-tests",
        &[
            "suhbat-server",
            "suhbat-storage",
            "suhbat-realtime",
            "suhbat-domain",
            "suhbat-test-servers",
        ],
    ),
    // Runs the program as a process, on the tests' servers.
    ("suhbat-chaos", &["suhbat-tests", "suhbat-test-servers"]),
    // Servers for the tests of all, so it knows none of them.
    ("suhbat-test-servers", &[]),
];

/// All that the domain may use; serde behind its feature only. The lexicon is as pure as the domain, and decides how names are compared.
const DOMAIN_USES: [&str; 10] = [
    "async-trait",
    "bytes",
    "chrono",
    "futures-core",
    "futures-util",
    "linkify",
    "serde",
    "suhbat-lexicon",
    "thiserror",
    "unicode-segmentation",
];

/// All that the lexicon may use: Unicode's normal forms, and Snowball's stemmers for Russian and English, which bring serde with them.
const LEXICON_USES: [&str; 2] = ["rust-stemmers", "unicode-normalization"];

/// Packages that must not be linked; `deny.toml` gives the reasons.
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

/// The metadata that cargo reports about the workspace on this kind of machine.
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

/// The packages that a package needs to be built, without development dependencies.
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
fn the_domain_depends_only_on_the_listed_packages() {
    let metadata = metadata();
    let domain = members(&metadata)["suhbat-domain"];
    let allowed = BTreeSet::from(DOMAIN_USES);
    assert!(needs(domain).is_subset(&allowed), "{:?}", needs(domain));
    for name in ["serde", "futures-util"] {
        let dependency = list(domain, "dependencies")
            .iter()
            .find(|needed| text(needed, "name") == name && text(needed, "kind") != "dev");
        assert!(
            dependency.is_none_or(|dependency| dependency["optional"] == true),
            "{name} stands behind a feature"
        );
    }
    assert!(
        list(&domain["features"], "default").is_empty(),
        "whoever uses the domain alone gets it bare"
    );
}

#[test]
fn the_lexicon_depends_only_on_the_listed_packages() {
    let metadata = metadata();
    let lexicon = members(&metadata)["suhbat-lexicon"];
    let allowed = BTreeSet::from(LEXICON_USES);
    assert!(needs(lexicon).is_subset(&allowed), "{:?}", needs(lexicon));
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
fn the_service_carries_no_fakes_and_no_seeded_faults() {
    let metadata = metadata();
    let members = members(&metadata);
    for name in [
        "suhbat-domain",
        "suhbat-server",
        "suhbat-storage",
        "suhbat-realtime",
        "suhbat-uploads",
        "suhbat-protocol",
    ] {
        for needed in list(members[name], "dependencies")
            .iter()
            .filter(|needed| text(needed, "kind") != "dev")
        {
            let features: Vec<&str> = list(needed, "features").iter().filter_map(Value::as_str).collect();
            for feature in ["testing", "seeded-faults"] {
                assert!(!features.contains(&feature), "{name} needs {} with {feature}", text(needed, "name"));
            }
        }
    }
    for (name, package) in members {
        assert!(
            list(&package["features"], "default").is_empty(),
            "{name} has no features unless asked"
        );
    }
}

/// The names of the use cases, which are the public asynchronous methods of `Messaging`.
fn use_cases() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/domain/src");
    let mut files = vec![folder.join("messaging.rs")];
    let rest = std::fs::read_dir(folder.join("messaging")).expect("the folder of the use cases");
    files.extend(
        rest.map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some()),
    );
    let mut names = Vec::new();
    for file in files {
        let source = std::fs::read_to_string(&file).expect("a source file");
        for block in source.split("\nimpl Messaging {").skip(1) {
            let methods = block.split("\n}\n").next().unwrap_or_default();
            names.extend(
                methods
                    .split("    pub async fn ")
                    .skip(1)
                    .filter_map(|method| method.split('(').next())
                    .map(str::to_owned),
            );
        }
    }
    names
}

#[test]
fn every_use_case_is_measured_or_listed_as_unmeasured() {
    let found = use_cases();
    let known: Vec<&str> = observed::MEASURED.iter().copied().chain(observed::UNMEASURED).collect();
    let forgotten: Vec<&String> = found.iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(forgotten.is_empty(), "add {forgotten:?} to realtime::observed");
    let gone: Vec<&&str> = known.iter().filter(|name| !found.iter().any(|found| found == *name)).collect();
    assert!(gone.is_empty(), "{gone:?} are no use cases any more");
}

#[test]
fn nothing_banned_is_linked() {
    // Not by `cargo metadata`, which also lists the packages of features that are off.
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
fn the_handbook_names_exactly_the_existing_metrics() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut code = String::new();
    for name in ["domain", "media", "protocol", "realtime", "server", "storage", "uploads"] {
        sources(&root.join("crates").join(name).join("src"), &mut code);
    }
    let handbook = std::fs::read_to_string(root.join("docs/operations.md")).expect("the handbook");
    assert_eq!(metrics_in(&handbook), metrics_in(&code));
}

#[test]
fn the_alarms_and_the_dashboard_name_metrics_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let handbook = std::fs::read_to_string(root.join("docs/operations.md")).expect("the handbook");
    let known = metrics_in(&handbook);
    for path in ["deploy/prometheus/suhbat.rules.yaml", "deploy/grafana/suhbat.json"] {
        let text = std::fs::read_to_string(root.join(path)).expect("a file of ours");
        let named = metrics_in(&text);
        assert!(named.len() > 10, "{named:?}");
        for metric in named {
            // A histogram is exported as three series.
            let of_histogram = ["_bucket", "_count", "_sum"]
                .iter()
                .find_map(|part| metric.strip_suffix(part).filter(|histogram| known.contains(histogram)));
            assert!(known.contains(metric) || of_histogram.is_some(), "{path} names {metric}");
        }
    }
}

/// The constant messages that the code logs from `info` upwards.
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
    for name in ["realtime", "server", "storage", "uploads"] {
        sources(&root.join("crates").join(name).join("src"), &mut code);
    }
    let handbook = std::fs::read_to_string(root.join("docs/operations.md")).expect("the handbook");
    let logged = logged_in(&code);
    assert!(logged.len() > 20, "{logged:?}");
    for message in logged {
        // The text behind a semicolon reassures the operator, and is not part of the documented message.
        let message = message.split(';').next().unwrap_or(message);
        assert!(handbook.contains(message), "{message:?} is not in docs/operations.md");
    }
}

/// Another service takes the domain, and with it nothing of Suhbat but the lexicon.
#[test]
fn the_domain_can_be_packaged_for_other_services() {
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let packaged = Command::new(env!("CARGO"))
        .args(["package", "--package", "suhbat-lexicon", "--package", "suhbat-domain"])
        // Compiling it is for the other tests, and what is not committed yet is tested too.
        .args(["--no-verify", "--allow-dirty", "--offline", "--target-dir"])
        .arg(folder.path())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be run");
    assert!(packaged.status.success(), "{}", String::from_utf8_lossy(&packaged.stderr));
    for name in ["suhbat-lexicon", "suhbat-domain"] {
        let package = folder.path().join(format!("package/{name}-{VERSION}.crate"));
        let listed = Command::new("tar").arg("tzf").arg(&package).output().expect("tar can be run");
        let listed = String::from_utf8(listed.stdout).expect("text");
        for file in ["Cargo.toml", "README.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs"] {
            assert!(listed.contains(&format!("{name}-{VERSION}/{file}")), "{file} is not in {listed}");
        }
    }
}
