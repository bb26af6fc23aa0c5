//! Plans of jobs.

use super::{super::jobs, assert_follows};

#[test]
fn jobs_are_taken_in_the_order_in_which_they_became_due() {
    assert_follows(
        jobs::SELECT_DUE.sql,
        "SEARCH j USING INDEX messaging_job_due (queue=? AND due_at<?)",
    );
}

#[test]
fn jobs_that_were_given_up_are_purged_from_the_oldest_on() {
    assert_follows(jobs::PURGE, "SEARCH j USING COVERING INDEX messaging_job_failed (failed_at<?)");
}
