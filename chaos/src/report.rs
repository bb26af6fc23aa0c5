//! The outcome of a run.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
};

use serde_json::{Value, json};

use crate::violation::{Kind, Violation};

/// How many violations of a kind are shown; all are counted.
const SHOWN: usize = 5;

/// What happened in a run, and which promises were broken.
#[derive(Clone, Debug)]
pub struct Report {
    /// What ran, such as "3 nodes on PostgreSQL and Redis".
    pub shape: String,
    /// The seed of the faults and the clients' choices.
    pub seed: u64,
    /// How long the clients acted.
    pub seconds: u64,
    /// What the clients did, and how often.
    pub counts: BTreeMap<&'static str, usize>,
    /// The faults, and how often each happened.
    pub faults: BTreeMap<String, usize>,
    /// The broken promises.
    pub violations: Vec<Violation>,
}

impl Report {
    /// The number of faults.
    pub fn total_faults(&self) -> usize {
        self.faults.values().sum()
    }

    /// Whether a promise of this kind was broken.
    pub fn has(&self, kind: Kind) -> bool {
        self.violations.iter().any(|violation| violation.kind == kind)
    }

    fn by_kind(&self) -> BTreeMap<Kind, Vec<&Violation>> {
        let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for violation in &self.violations {
            kinds.entry(violation.kind).or_default().push(violation);
        }
        kinds
    }

    /// The report for programs.
    pub fn to_json(&self) -> Value {
        let violations = self.by_kind().into_iter().map(|(kind, found)| {
            let examples: Vec<&String> = found.iter().take(SHOWN).map(|violation| &violation.what).collect();
            (kind.name().to_owned(), json!({ "count": found.len(), "examples": examples }))
        });
        json!({
            "shape": self.shape,
            "seed": self.seed,
            "seconds": self.seconds,
            "counts": self.counts,
            "faults": self.faults,
            "total_faults": self.total_faults(),
            "violations": violations.collect::<serde_json::Map<_, _>>(),
            "total_violations": self.violations.len(),
        })
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, seed {}, {} s", self.shape, self.seed, self.seconds)?;
        for (what, count) in &self.counts {
            writeln!(f, "{count:>10} {what}")?;
        }
        writeln!(f, "{:>10} faults", self.total_faults())?;
        for (fault, count) in &self.faults {
            writeln!(f, "{count:>14} {fault}")?;
        }
        writeln!(f, "{:>10} violations", self.violations.len())?;
        for (kind, found) in self.by_kind() {
            writeln!(f, "{:>14} {}", found.len(), kind.name())?;
            for violation in found.iter().take(SHOWN) {
                writeln!(f, "               {}", violation.what)?;
            }
        }
        Ok(())
    }
}
