use proptest::prelude::*;

use super::{MAX_PAGE, PAGE_BYTES, PageRequest, grow};

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

#[test]
fn a_page_grows_from_where_its_window_begins_until_its_bytes_are_used_up() {
    let third = [PAGE_BYTES / 3; 10];
    assert_eq!(grow(&third, 0..0), 0..3);
    assert_eq!(grow(&third, 10..10), 7..10);
    assert_eq!(grow(&third, 5..5), 4..7);
    assert_eq!(grow(&[], 0..0), 0..0);
    assert_eq!(grow(&[1; 10], 4..4), 0..10);
    let huge = [2 * PAGE_BYTES; 3];
    assert_eq!((grow(&huge, 0..0), grow(&huge, 3..3), grow(&huge, 1..1)), (0..1, 2..3, 1..2));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn page_numbers_and_sizes_are_kept_within_bounds(number: u32, size: u32) {
        let page = PageRequest::new(number, size);
        prop_assert!((1..=MAX_PAGE).contains(&page.size));
        let next = PageRequest { number: page.number.saturating_add(1), ..page };
        prop_assert_eq!(next.offset() - page.offset(), u64::from(next.number - page.number) * u64::from(page.size));
    }
}
