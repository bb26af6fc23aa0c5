//! The checks of a token's claims. The signature has been checked before.

use domain::{id::UserId, time::Timestamp};
use serde_json::{Map, Number, Value};

use super::{Claims, LEEWAY_SECONDS, TokenError};

/// The payload of a token.
pub(super) type Payload = Map<String, Value>;

/// The settings that demand more of a claim than its presence.
#[derive(Clone, Debug, Default)]
pub(super) struct ClaimRequirements {
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
}

/// Contract section 2, all but the signature.
pub(super) fn check(payload: &Payload, demands: &ClaimRequirements, now: Timestamp) -> Result<Claims, TokenError> {
    let expires_at = date(payload.get("exp")).ok_or(TokenError::NoExpiry)?;
    if now >= expires_at.plus_seconds(LEEWAY_SECONDS) {
        return Err(TokenError::Expired);
    }
    if let Some(not_before) = payload.get("nbf") {
        let not_before = date(Some(not_before)).ok_or(TokenError::NotYetValid)?;
        if now < not_before.plus_seconds(-LEEWAY_SECONDS) {
            return Err(TokenError::NotYetValid);
        }
    }
    if payload.get("token_type").and_then(Value::as_str) != Some("access") {
        return Err(TokenError::TokenType);
    }
    if demands.issuer.is_some() && payload.get("iss").and_then(Value::as_str) != demands.issuer.as_deref() {
        return Err(TokenError::Issuer);
    }
    if let Some(audience) = &demands.audience
        && !holds(payload.get("aud"), audience)
    {
        return Err(TokenError::Audience);
    }
    Ok(Claims {
        user: user(payload).ok_or(TokenError::User)?,
        expires_at,
        scopes: scopes(payload.get("scope")),
    })
}

/// A `NumericDate` may have a fraction.
fn date(value: Option<&Value>) -> Option<Timestamp> {
    let Some(Value::Number(seconds)) = value else { return None };
    Some(match (seconds.as_i64(), seconds.as_u64()) {
        (Some(seconds), _) => Timestamp(0).plus_seconds(seconds),
        (None, Some(_)) => Timestamp(i64::MAX),
        (None, None) => Timestamp(micros(seconds)?),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "the conversion saturates, as dates should")]
fn micros(seconds: &Number) -> Option<i64> {
    Some((seconds.as_f64()? * 1_000_000.0) as i64)
}

/// `user_id`, a number or a numeric string; `sub` only where `user_id` is absent. Ids of accounts are positive.
fn user(payload: &Payload) -> Option<UserId> {
    let id = match payload.get("user_id").or_else(|| payload.get("sub"))? {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
        _ => return None,
    };
    (id > 0).then_some(UserId(id))
}

fn holds(value: Option<&Value>, wanted: &str) -> bool {
    match value {
        Some(Value::String(one)) => one == wanted,
        Some(Value::Array(several)) => several.iter().any(|one| one == wanted),
        _ => false,
    }
}

/// Words in a string (RFC 8693), or a list.
fn scopes(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(words)) => words.split_ascii_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp(1_750_000_000_000_000);
    const SECONDS: i64 = 1_750_000_000;

    /// A good payload with some claims replaced; null takes a claim out.
    fn payload(changes: &Value) -> Payload {
        let mut claims = json!({ "token_type": "access", "exp": SECONDS + 300, "user_id": 5, "jti": "x" });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let Value::Object(mut claims) = claims else {
            unreachable!("an object above")
        };
        claims.retain(|_, value| !value.is_null());
        claims
    }

    fn checked(changes: &Value) -> Result<Claims, TokenError> {
        check(&payload(changes), &ClaimRequirements::default(), NOW)
    }

    fn at(now: Timestamp, changes: &Value) -> Result<Claims, TokenError> {
        check(&payload(changes), &ClaimRequirements::default(), now)
    }

    #[test]
    fn a_token_of_the_platform_is_accepted() {
        let claims = Claims {
            user: UserId(5),
            expires_at: NOW.plus_seconds(300),
            scopes: Vec::new(),
        };
        assert_eq!(checked(&json!({})), Ok(claims));
    }

    #[test]
    fn the_expiry_holds_to_the_microsecond_after_the_leeway() {
        let expiring = json!({ "exp": SECONDS });
        assert!(at(NOW.plus_micros(4_999_999), &expiring).is_ok());
        assert_eq!(at(NOW.plus_seconds(5), &expiring), Err(TokenError::Expired));
    }

    #[test]
    fn an_expiry_is_required_and_must_be_a_number() {
        for exp in [json!(null), json!("1760000000"), json!([]), json!(true)] {
            assert_eq!(checked(&json!({ "exp": exp })), Err(TokenError::NoExpiry), "{exp}");
        }
        let mut nothing = payload(&json!({}));
        nothing.insert("exp".to_owned(), Value::Null);
        assert_eq!(check(&nothing, &ClaimRequirements::default(), NOW), Err(TokenError::NoExpiry));
    }

    #[test]
    fn dates_may_be_fractions_and_of_any_size() {
        assert_eq!(
            checked(&json!({ "exp": 1_750_000_000.5 })).unwrap().expires_at,
            NOW.plus_micros(500_000)
        );
        assert_eq!(checked(&json!({ "exp": u64::MAX })).unwrap().expires_at, Timestamp(i64::MAX));
        assert_eq!(checked(&json!({ "exp": i64::MAX })).unwrap().expires_at, Timestamp(i64::MAX));
        assert_eq!(checked(&json!({ "exp": 1e300 })).unwrap().expires_at, Timestamp(i64::MAX));
        for exp in [json!(-1), json!(0), json!(i64::MIN), json!(-1e300)] {
            assert_eq!(checked(&json!({ "exp": exp })), Err(TokenError::Expired), "{exp}");
        }
    }

    #[test]
    fn a_token_is_not_taken_before_its_time() {
        let later = json!({ "nbf": SECONDS });
        assert!(at(NOW.plus_seconds(-5), &later).is_ok());
        assert_eq!(at(NOW.plus_micros(-5_000_001), &later), Err(TokenError::NotYetValid));
        assert_eq!(checked(&json!({ "nbf": "now" })), Err(TokenError::NotYetValid));
    }

    #[test]
    fn only_access_tokens_are_taken() {
        for kind in [json!("refresh"), json!(null), json!("Access"), json!("ws_ticket"), json!(1)] {
            assert_eq!(checked(&json!({ "token_type": kind })), Err(TokenError::TokenType), "{kind}");
        }
    }

    #[test]
    fn the_user_is_a_number_or_a_numeric_string() {
        for user in [json!(7), json!("7"), json!("007")] {
            assert_eq!(checked(&json!({ "user_id": user })).unwrap().user, UserId(7), "{user}");
        }
        let max = i64::MAX;
        assert_eq!(checked(&json!({ "user_id": max })).unwrap().user, UserId(max));
        let wrong = [
            json!(0),
            json!(-7),
            json!("-7"),
            json!("+7"),
            json!(7.0),
            json!("7.0"),
            json!(u64::MAX),
            json!("9223372036854775808"),
            json!(""),
            json!(" 7"),
            json!("٧"),
            json!("aziz"),
            json!(true),
            json!([7]),
        ];
        for user in wrong {
            assert_eq!(checked(&json!({ "user_id": user })), Err(TokenError::User), "{user}");
        }
    }

    #[test]
    fn the_subject_counts_only_where_there_is_no_user_id() {
        assert_eq!(checked(&json!({ "user_id": null, "sub": "9" })).unwrap().user, UserId(9));
        assert_eq!(checked(&json!({ "user_id": null, "sub": 9 })).unwrap().user, UserId(9));
        assert_eq!(checked(&json!({ "sub": "9" })).unwrap().user, UserId(5));
        assert_eq!(checked(&json!({ "user_id": "x", "sub": "9" })), Err(TokenError::User));
        assert_eq!(checked(&json!({ "user_id": null })), Err(TokenError::User));
        let mut null = payload(&json!({ "sub": "9" }));
        null.insert("user_id".to_owned(), Value::Null);
        assert_eq!(
            check(&null, &ClaimRequirements::default(), NOW),
            Err(TokenError::User),
            "null is not absent"
        );
    }

    #[test]
    fn issuer_and_audience_are_demanded_only_where_they_are_set() {
        assert!(checked(&json!({ "iss": "anyone", "aud": "anything" })).is_ok());
        let demands = ClaimRequirements {
            issuer: Some("platform".to_owned()),
            audience: Some("suhbat".to_owned()),
        };
        let with = |iss: Value, aud: Value| check(&payload(&json!({ "iss": iss, "aud": aud })), &demands, NOW).map(|claims| claims.user);
        assert_eq!(with(json!("platform"), json!("suhbat")), Ok(UserId(5)));
        assert_eq!(with(json!("platform"), json!(["else", "suhbat"])), Ok(UserId(5)));
        for iss in [json!("else"), json!(null), json!(["platform"])] {
            assert_eq!(with(iss, json!("suhbat")), Err(TokenError::Issuer));
        }
        for aud in [json!("else"), json!(null), json!([]), json!("suhbat else"), json!({ "suhbat": 1 })] {
            assert_eq!(with(json!("platform"), aud), Err(TokenError::Audience));
        }
    }

    #[test]
    fn scopes_are_a_string_or_a_list() {
        let scopes = |scope: Value| checked(&json!({ "scope": scope })).unwrap().scopes;
        assert_eq!(scopes(json!("directory  mail")), ["directory", "mail"]);
        assert_eq!(scopes(json!(["directory", "mail", 3])), ["directory", "mail"]);
        assert!(scopes(json!(null)).is_empty());
        assert!(scopes(json!(3)).is_empty());
    }
}
