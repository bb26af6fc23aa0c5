use super::{
    deleting, editing, pinning, reading, sends,
    table::{Case, Decided, decided, rows},
};
use crate::rules::table::opening;

fn covers<C: Case>() {
    let cases = decided::<C>();
    let rows = rows(&cases.iter().collect::<Vec<_>>(), 0);
    for (cells, outcome) in &cases {
        let in_row = |row: &&super::table::Row| {
            row.cells
                .iter()
                .zip(cells)
                .all(|(states, state)| states.is_empty() || states.contains(state))
        };
        let found: Vec<_> = rows.iter().filter(in_row).collect();
        assert_eq!(found.len(), 1, "{cells:?} stands in {} rows of {}", found.len(), C::TITLE);
        assert_eq!(found[0].outcomes, std::slice::from_ref(outcome), "{cells:?} of {}", C::TITLE);
    }
}

#[test]
fn every_combination_stands_in_exactly_one_row_with_its_own_decision() {
    covers::<opening::Opening>();
    covers::<opening::Contacts>();
    covers::<sends::MaySend>();
    covers::<sends::Sending>();
    covers::<editing::Editing>();
    covers::<deleting::Deleting>();
    covers::<pinning::Pinning>();
    covers::<reading::Reading>();
}

#[test]
fn combinations_share_a_row_only_where_they_are_decided_alike() {
    let case = |cells: [&'static str; 2], outcome: &str| -> Decided { (cells.to_vec(), outcome.to_owned()) };
    let cases = [
        case(["a", "x"], "yes"),
        case(["a", "y"], "no"),
        case(["b", "x"], "yes"),
        case(["b", "y"], "no"),
        case(["c", "x"], "no"),
        case(["c", "y"], "no"),
    ];
    let rows = rows(&cases.iter().collect::<Vec<_>>(), 0);
    let found: Vec<_> = rows.iter().map(|row| (row.cells.clone(), row.outcomes.join("+"))).collect();
    let expected = [
        (vec![vec!["a", "b"], vec!["x"]], "yes".to_owned()),
        (vec![vec!["a", "b"], vec!["y"]], "no".to_owned()),
        (vec![vec!["c"], vec![]], "no".to_owned()),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_row_that_hides_a_difference_shows_all_decisions() {
    let cases: [Decided; 2] = [(vec!["a"], "yes".to_owned()), (vec!["a"], "no".to_owned())];
    let rows = rows(&cases.iter().collect::<Vec<_>>(), 0);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].outcomes, ["yes", "no"]);
}
