//! Plans of the outbox.

use super::{super::outbox, assert_follows, database, plan};

#[test]
fn entries_are_read_counted_and_removed_in_the_order_of_their_ids() {
    let step = "USING INTEGER PRIMARY KEY (rowid";
    assert_follows(outbox::SELECT_ENTRIES.sql, &format!("SEARCH o {step}>?)"));
    let plan = plan(&database(), outbox::COUNT_ENTRIES.sql);
    assert!(
        plan.contains(&format!("SEARCH b {step}>?)")) && !plan.contains("TEMP B-TREE"),
        "{plan}"
    );
    assert_follows(outbox::TRIM, &format!("SEARCH o {step}<?)"));
}
