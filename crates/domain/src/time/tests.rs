use proptest::prelude::*;

use super::Timestamp;

#[test]
fn time_is_written_in_utc_with_microseconds_and_z() {
    assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000000Z");
    assert_eq!(Timestamp(1_774_083_600_000_001).to_string(), "2026-03-21T09:00:00.000001Z");
    assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999999Z");
    assert_eq!(
        Timestamp(i64::MAX).to_string(),
        "9223372036854775807 µs",
        "no calendar reaches so far"
    );
}

#[test]
fn seconds_are_rounded_down_before_1970_too() {
    assert_eq!(
        [1_999_999, 1_000_000, 999_999, 0, -1, -1_000_000].map(|micros| Timestamp(micros).seconds()),
        [1, 1, 0, 0, -1, -1]
    );
}

#[test]
fn time_saturates_at_its_bounds() {
    assert_eq!(Timestamp(1).plus_seconds(i64::MAX), Timestamp(i64::MAX));
    assert_eq!(Timestamp(-1).plus_seconds(i64::MIN), Timestamp(i64::MIN));
    assert_eq!(Timestamp(i64::MAX).plus_micros(1), Timestamp(i64::MAX));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_text_is_that_of_chrono(micros in -70_000_000_000_000_000_i64..=260_000_000_000_000_000) {
        let at = Timestamp(micros);
        let expected = at.to_utc().unwrap().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        prop_assert_eq!(at.to_string(), expected);
    }

    #[test]
    fn conversion_to_chrono_and_back_keeps_the_microsecond(micros in -60_000_000_000_000_000_i64..=250_000_000_000_000_000) {
        let at = Timestamp(micros);
        prop_assert_eq!(at.to_utc().map(Timestamp::from_utc), Some(at));
    }

    #[test]
    fn seconds_and_microseconds_add_up(start in -1_000_000_000_000_000_i64..=1_000_000_000_000_000, seconds: i32) {
        let seconds = i64::from(seconds);
        prop_assert_eq!(Timestamp(start).plus_seconds(seconds), Timestamp(start).plus_micros(seconds * 1_000_000));
        prop_assert_eq!(Timestamp(start).plus_micros(seconds), Timestamp(start + seconds));
    }

    #[test]
    fn written_times_sort_like_times(one in 0..=250_000_000_000_000_000_i64, other in 0..=250_000_000_000_000_000_i64) {
        let (one, other) = (Timestamp(one), Timestamp(other));
        prop_assert_eq!(one.to_string().cmp(&other.to_string()), one.cmp(&other));
    }
}
