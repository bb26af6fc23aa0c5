use proptest::prelude::*;

use super::{MAX_PAGE, PageRequest};

#[test]
fn page_begins_at_1_and_has_1_to_100_rows() {
    assert_eq!(PageRequest::new(0, 0), PageRequest { number: 1, size: 1 });
    assert_eq!(PageRequest::new(3, 20), PageRequest { number: 3, size: 20 });
    assert_eq!(PageRequest::new(3, 101), PageRequest { number: 3, size: 100 });
}

#[test]
fn pages_follow_each_other_without_gap() {
    assert_eq!(PageRequest::new(1, 20).offset(), 0);
    assert_eq!(PageRequest::new(2, 20).offset(), 20);
    assert_eq!(PageRequest::new(5, 7).offset(), 28);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_page_is_too_large_or_out_of_reach_whatever_is_asked_for(number: u32, size: u32) {
        let page = PageRequest::new(number, size);
        prop_assert!((1..=MAX_PAGE).contains(&page.size));
        let next = PageRequest { number: page.number.saturating_add(1), ..page };
        prop_assert_eq!(next.offset() - page.offset(), u64::from(next.number - page.number) * u64::from(page.size));
    }
}
