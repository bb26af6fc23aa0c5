//! Combinations of states, and their rows in the table.

use std::fmt::Write as _;

/// One combination of the states that a family of rules depends on.
pub(super) trait Case: Copy {
    /// The heading of the family.
    const TITLE: &'static str;
    /// A short statement of the contract's rule.
    const INTRO: &'static str;
    /// The heads of the columns.
    const HEADS: &'static [&'static str];

    /// All combinations, impossible ones included.
    fn all() -> Vec<Self>;

    /// Whether this combination can occur.
    fn makes_sense(self) -> bool {
        true
    }

    /// The cells of the columns, in the order of the heads.
    fn cells(self) -> Vec<&'static str>;

    /// The outcome by the rules.
    fn outcome(self) -> String;
}

/// Declares a state that rules depend on, with its values and their names.
macro_rules! axis {
    ($(#[$doc:meta])* $name:ident { $($state:ident = $label:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name { $($state),+ }

        impl $name {
            pub(super) const ALL: &'static [Self] = &[$(Self::$state),+];

            pub(super) const fn label(self) -> &'static str {
                match self { $(Self::$state => $label),+ }
            }
        }
    };
}

/// Declares a combination of axes, and a function that makes all of them.
macro_rules! combination {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $axis:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(super) struct $name { $(pub(super) $field: $axis),+ }

        impl $name {
            fn every() -> Vec<Self> {
                let mut all = Vec::new();
                combination!(@each all $name [] $($field: $axis,)+);
                all
            }
        }
    };
    (@each $all:ident $name:ident [$($field:ident)+]) => { $all.push($name { $($field),+ }) };
    (@each $all:ident $name:ident [$($done:ident)*] $field:ident: $axis:ty, $($rest:tt)*) => {
        for &$field in <$axis>::ALL { combination!(@each $all $name [$($done)* $field] $($rest)*); }
    };
}

pub(super) use {axis, combination};

axis! {
    /// A state with two values.
    Answer { Yes = "yes", No = "no" }
}

impl Answer {
    pub(super) fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

/// A combination in words, with its outcome by the rules.
pub(super) type Decided = (Vec<&'static str>, String);

/// All combinations of a family that can occur.
pub(super) fn decided<C: Case>() -> Vec<Decided> {
    let cases = C::all().into_iter().filter(|case| case.makes_sense());
    cases.map(|case| (case.cells(), case.outcome())).collect()
}

/// Combinations with the same outcome, as one row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The values in each column; empty where the column does not matter.
    pub(super) cells: Vec<Vec<&'static str>>,
    /// The outcome by the rules; more than one only if the columns leave out a state that matters.
    pub(super) outcomes: Vec<String>,
}

/// Gathers combinations into rows that exclude each other: column by column, values with the same outcomes are put together.
pub(super) fn rows(cases: &[&Decided], column: usize) -> Vec<Row> {
    let mut outcomes: Vec<&String> = Vec::new();
    for (_, outcome) in cases {
        if !outcomes.contains(&outcome) {
            outcomes.push(outcome);
        }
    }
    let columns = cases.first().map_or(0, |(cells, _)| cells.len());
    if outcomes.len() < 2 || column == columns {
        let cells = (column..columns).map(|rest| only_state(cases, rest)).collect();
        return vec![Row {
            cells,
            outcomes: outcomes.into_iter().cloned().collect(),
        }];
    }
    let mut branches: Vec<(Vec<&'static str>, Vec<Row>)> = Vec::new();
    for state in states(cases, column) {
        let within: Vec<&Decided> = cases.iter().filter(|(cells, _)| cells[column] == state).copied().collect();
        let below = rows(&within, column + 1);
        match branches.iter_mut().find(|(_, same)| *same == below) {
            Some((together, _)) => together.push(state),
            None => branches.push((vec![state], below)),
        }
    }
    let matters = branches.len() > 1;
    let only = only_state(cases, column);
    let in_front = |(states, below): (Vec<&'static str>, Vec<Row>)| {
        let cell = if matters { states } else { only.clone() };
        below.into_iter().map(move |row| Row {
            cells: [vec![cell.clone()], row.cells].concat(),
            outcomes: row.outcomes,
        })
    };
    branches.into_iter().flat_map(in_front).collect()
}

fn states(cases: &[&Decided], column: usize) -> Vec<&'static str> {
    let mut states = Vec::new();
    for (cells, _) in cases {
        if !states.contains(&cells[column]) {
            states.push(cells[column]);
        }
    }
    states
}

/// A column with one value shows it, although it makes no difference.
fn only_state(cases: &[&Decided], column: usize) -> Vec<&'static str> {
    let states = states(cases, column);
    if states.len() == 1 { states } else { Vec::new() }
}

/// The section of a family in the document.
pub(super) fn section<C: Case>() -> String {
    let cases = decided::<C>();
    let rows = rows(&cases.iter().collect::<Vec<_>>(), 0);
    let mut text = format!("## {}\n\n{}\n\n{} combinations.\n\n", C::TITLE, C::INTRO, cases.len());
    line(
        &mut text,
        C::HEADS.iter().map(|head| (*head).to_owned()).chain(["decision".to_owned()]),
    );
    line(&mut text, C::HEADS.iter().map(|_| "---".to_owned()).chain(["---".to_owned()]));
    for row in rows {
        let cells = row
            .cells
            .iter()
            .map(|states| if states.is_empty() { "any".to_owned() } else { states.join(", ") });
        line(&mut text, cells.chain([row.outcomes.join(" or ")]));
    }
    text
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for cell in cells {
        // Writing to a string cannot fail.
        let _ = write!(text, "| {cell} ");
    }
    text.push_str("|\n");
}
