//! How well the search finds what people mean, over the messages and queries of `corpus/`. The figures are printed with `--nocapture`; `docs/search.md` keeps
//! them.

use std::collections::{BTreeMap, BTreeSet};

use lexicon::{
    index,
    search::{Query, Term},
};

/// The goal for the mean recall and the mean precision.
const GOAL: f64 = 0.92;

/// The parts of the lines of a file.
fn rows(file: &str) -> impl Iterator<Item = Vec<&str>> {
    file.lines().map(|line| line.split('|').collect())
}

/// The messages by their ids, with what an index holds of them.
fn messages() -> Vec<(&'static str, &'static str, String)> {
    let rows = rows(include_str!("corpus/messages.txt"));
    rows.map(|row| (row[0], row[1], index(row[1]))).collect()
}

/// Whether an index would give the text with these words as a candidate.
fn is_candidate(terms: &[Vec<Term>], index: &str) -> bool {
    let has = |term: &Term| {
        index
            .split(' ')
            .any(|word| word == term.text || term.is_prefix && word.starts_with(&term.text))
    };
    terms.iter().all(|terms| terms.iter().any(has))
}

/// The sums over some queries.
#[derive(Default)]
struct Tally {
    queries: u32,
    exact: u32,
    nothing_found: u32,
    recall: f64,
    /// The queries for which something must be found.
    with_recall: u32,
    precision: f64,
    /// The queries that find something.
    with_precision: u32,
}

impl Tally {
    fn add(&mut self, wanted: &BTreeSet<&str>, found: &BTreeSet<&str>) {
        let number = |count: usize| f64::from(u32::try_from(count).expect("a small number"));
        let share = |of: usize| number(wanted.intersection(found).count()) / number(of);
        self.queries += 1;
        self.exact += u32::from(wanted == found);
        if !wanted.is_empty() {
            self.nothing_found += u32::from(found.is_empty());
            self.with_recall += 1;
            self.recall += share(wanted.len());
        }
        if !found.is_empty() {
            self.with_precision += 1;
            self.precision += share(found.len());
        }
    }

    fn recall(&self) -> f64 {
        self.recall / f64::from(self.with_recall)
    }

    fn precision(&self) -> f64 {
        self.precision / f64::from(self.with_precision)
    }

    fn print(&self, name: &str) {
        println!(
            "| {name} | {} | {:.3} | {:.3} | {} | {} |",
            self.queries,
            self.precision(),
            self.recall(),
            self.exact,
            self.nothing_found
        );
    }
}

#[test]
fn recall_and_precision_reach_the_goal() {
    let messages = messages();
    let mut all = Tally::default();
    let mut by_language: BTreeMap<&str, Tally> = BTreeMap::new();
    for row in rows(include_str!("corpus/queries.txt")) {
        let wanted: BTreeSet<&str> = row[2].split_whitespace().collect();
        let query = Query::parse(row[1]).unwrap_or_else(|error| panic!("{:?}: {error}", row[1]));
        let terms = query.terms();
        let mut found = BTreeSet::new();
        for (id, text, index) in &messages {
            if query.matches(text).is_some() {
                found.insert(*id);
                assert!(
                    is_candidate(&terms, index),
                    "an index does not give {id} for {:?}: {terms:?}",
                    row[1]
                );
            }
        }
        if wanted != found {
            let missed: Vec<_> = wanted.difference(&found).collect();
            let false_hits: Vec<_> = found.difference(&wanted).collect();
            println!("{:?}: missed {missed:?}, false hits {false_hits:?}", row[1]);
        }
        all.add(&wanted, &found);
        by_language.entry(row[0]).or_default().add(&wanted, &found);
    }
    println!("\n| | queries | precision | recall | exactly | nothing found |\n|---|---|---|---|---|---|");
    for (language, tally) in &by_language {
        tally.print(language);
    }
    all.print("all");
    assert!(all.queries > 400, "{} queries", all.queries);
    assert!(
        all.recall() >= GOAL && all.precision() >= GOAL,
        "{:.3} and {:.3}",
        all.recall(),
        all.precision()
    );
}
