//! `If-None-Match`, `If-Modified-Since`, `Range` and `If-Range`: how much of a thing is asked for.

use std::{
    ops::Range,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_web::{
    HttpRequest,
    http::{
        Method,
        header::{EntityTag, Header as _, HttpDate, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IfNoneMatch, RANGE},
    },
};

/// The part of a resource that a conditional or range request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Precondition {
    /// Nothing: the client already has the current version.
    Nothing,
    Whole,
    /// These bytes of it, at least one.
    Range(Range<u64>),
    /// A range that the resource does not have.
    Unsatisfiable,
}

/// Evaluates the conditions of a request for a resource with this tag, time and size. Several ranges are answered with the whole resource.
pub(super) fn of(request: &HttpRequest, tag: &EntityTag, modified: Option<SystemTime>, size: u64) -> Precondition {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_known = if request.headers().contains_key(IF_NONE_MATCH) {
        is_known(request, tag)
    } else {
        header(IF_MODIFIED_SINCE).is_some_and(|since| is_unchanged(since, modified))
    };
    if is_known {
        return Precondition::Nothing;
    }
    // RFC 9110, 14.2: of other methods a range is ignored.
    let Some(range) = header(RANGE).filter(|_| request.method() == Method::GET) else {
        return Precondition::Whole;
    };
    if let Some(condition) = header(IF_RANGE)
        && !is_same(condition.trim(), tag, modified)
    {
        return Precondition::Whole;
    }
    ranges(range, size)
}

fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|other| other.weak_eq(tag)),
        Err(_) => false,
    }
}

fn is_unchanged(since: &str, modified: Option<SystemTime>) -> bool {
    match (since.parse::<HttpDate>(), modified) {
        (Ok(since), Some(modified)) => seconds(modified) <= seconds(since.into()),
        _ => false,
    }
}

/// Dates of HTTP know no less.
fn seconds(time: SystemTime) -> Option<u64> {
    time.duration_since(UNIX_EPOCH).as_ref().map(Duration::as_secs).ok()
}

/// The condition of `If-Range` is a strong tag or an exact date.
fn is_same(condition: &str, tag: &EntityTag, modified: Option<SystemTime>) -> bool {
    if let Ok(other) = condition.parse::<EntityTag>() {
        return other.strong_eq(tag);
    }
    match (condition.parse::<HttpDate>(), modified) {
        (Ok(date), Some(modified)) => seconds(date.into()) == seconds(modified),
        _ => false,
    }
}

/// A header that is not a byte range is ignored, as RFC 9110 wants it.
fn ranges(text: &str, size: u64) -> Precondition {
    let Some((unit, set)) = text.split_once('=') else {
        return Precondition::Whole;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Precondition::Whole;
    }
    match one(set.trim(), size) {
        Some(range) if !range.is_empty() => Precondition::Range(range),
        Some(_) => Precondition::Unsatisfiable,
        None => Precondition::Whole,
    }
}

/// The range, cut to the size of the file and maybe empty; `None` if it is none, or several.
fn one(text: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = text.split_once('-')?;
    match (number(first), number(last)) {
        (Some(first), None) if last.is_empty() => Some(first.min(size)..size),
        (Some(first), Some(last)) if first <= last => Some(first.min(size)..last.saturating_add(1).min(size)),
        (None, Some(length)) if first.is_empty() => Some(size.saturating_sub(length)..size),
        _ => None,
    }
}

/// Digits only. More of them than a number can have are as much as there can be.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const SIZE: u64 = 1000;

    fn asked(headers: &[(&str, &str)]) -> Precondition {
        let request = headers
            .iter()
            .fold(TestRequest::default(), |request, header| request.insert_header(*header));
        let tag = EntityTag::new_strong("abc".to_owned());
        of(
            &request.to_http_request(),
            &tag,
            Some(UNIX_EPOCH + Duration::from_millis(784_111_777_250)),
            SIZE,
        )
    }

    #[test]
    fn one_range_is_served_as_far_as_there_is_something() {
        for (range, expected) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-", 0..1000),
            ("bytes=10-19", 10..20),
            ("bytes=990-5000", 990..1000),
            ("bytes=-1", 999..1000),
            ("bytes=-5000", 0..1000),
            ("bytes=999-99999999999999999999999", 999..1000),
            ("Bytes = 5-6", 5..7),
        ] {
            assert_eq!(asked(&[("Range", range)]), Precondition::Range(expected), "{range}");
        }
    }

    #[test]
    fn a_range_beyond_the_end_is_impossible() {
        for range in ["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(asked(&[("Range", range)]), Precondition::Unsatisfiable, "{range}");
        }
    }

    #[test]
    fn a_malformed_range_is_ignored_and_several_ranges_return_the_whole() {
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-4",
            "bytes=a-b",
            "bytes=+1-2",
            "lines=1-2",
            "bytes=0-1,5-6",
            "bytes=0-1-2",
        ] {
            assert_eq!(asked(&[("Range", range)]), Precondition::Whole, "{range}");
        }
    }

    #[test]
    fn a_range_of_something_else_is_the_whole() {
        let range = ("Range", "bytes=0-1");
        for (condition, same) in [
            ("\"abc\"", true),
            ("Sun, 06 Nov 1994 08:49:37 GMT", true),
            ("\"abd\"", false),
            ("W/\"abc\"", false),
            ("Sun, 06 Nov 1994 08:49:38 GMT", false),
            ("nonsense", false),
        ] {
            let expected = if same { Precondition::Range(0..2) } else { Precondition::Whole };
            assert_eq!(asked(&[range, ("If-Range", condition)]), expected, "{condition}");
        }
    }

    #[test]
    fn the_date_decides_where_no_tag_is_given() {
        let since = |date| ("If-Modified-Since", date);
        for (headers, expected) in [
            (vec![since("Sun, 06 Nov 1994 08:49:37 GMT")], Precondition::Nothing),
            (vec![since("Mon, 07 Nov 1994 08:49:37 GMT")], Precondition::Nothing),
            (vec![since("Sun, 06 Nov 1994 08:49:36 GMT")], Precondition::Whole),
            (vec![since("yesterday")], Precondition::Whole),
            (
                vec![since("Mon, 07 Nov 1994 08:49:37 GMT"), ("If-None-Match", "\"x\"")],
                Precondition::Whole,
            ),
            (
                vec![since("Mon, 07 Nov 1994 08:49:37 GMT"), ("If-None-Match", "\"é\"")],
                Precondition::Whole,
            ),
        ] {
            assert_eq!(asked(&headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn only_get_has_ranges() {
        let request = TestRequest::default().method(Method::HEAD).insert_header(("Range", "bytes=0-1"));
        let tag = EntityTag::new_strong("abc".to_owned());
        assert_eq!(of(&request.to_http_request(), &tag, None, SIZE), Precondition::Whole);
    }

    #[test]
    fn an_up_to_date_client_gets_304_for_any_range() {
        for known in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            assert_eq!(
                asked(&[("If-None-Match", known), ("Range", "bytes=0-1")]),
                Precondition::Nothing,
                "{known}"
            );
        }
        assert_eq!(asked(&[("If-None-Match", "\"x\"")]), Precondition::Whole);
    }
}
