use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{id::UserId, testing::fakes::FixedClock};
use jsonwebtoken::{Algorithm as Jwa, EncodingKey, Header};
use serde_json::{Value, json};

use super::*;
use crate::auth::{check_keys, samples, samples::Pair};

async fn verifier(settings: &[(&str, &str)]) -> Arc<Verifier> {
    Arc::new(try_verifier(settings).await.unwrap())
}

async fn try_verifier(settings: &[(&str, &str)]) -> Result<Verifier, KeyError> {
    Verifier::new(&samples::auth(settings), Arc::new(FixedClock::new(samples::NOW))).await
}

fn user(examined: Result<Claims, TokenError>) -> Result<i64, TokenError> {
    examined.map(|claims| claims.user.0)
}

/// A file that holds a key set.
fn set(keys: &[Value]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
    file
}

const ASYMMETRIC: [(&str, Pair); 3] = [("RS256", samples::RSA), ("ES256", samples::EC), ("EdDSA", samples::ED)];

#[tokio::test]
async fn tokens_signed_with_the_shared_secret_are_accepted() {
    let verifier = verifier(&[]).await;
    assert!(verifier.is_cheap());
    let token = samples::sign(&samples::claims());
    assert_eq!(verifier.verify(&token, samples::NOW).unwrap().user, UserId(5));
    assert_eq!(verifier.authenticate(token).await.unwrap().user, UserId(5));
}

#[tokio::test]
async fn tokens_signed_for_a_public_key_are_accepted() {
    for (algorithm, pair) in ASYMMETRIC {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(pair.public.as_bytes()).unwrap();
        let one_line = pair.public.replace('\n', "\\n");
        for key in [pair.public, &one_line, file.path().to_str().unwrap()] {
            let verifier = verifier(&[("auth.algorithm", algorithm), ("auth.public_key", key)]).await;
            assert!(!verifier.is_cheap());
            for kid in [None, Some("whatever")] {
                let token = pair.sign(kid, &samples::claims());
                assert_eq!(verifier.authenticate(token).await.map(|claims| claims.user.0), Ok(5), "{algorithm}");
            }
        }
    }
}

#[tokio::test]
async fn only_the_configured_algorithm_is_accepted() {
    let hs = verifier(&[]).await;
    for algorithm in [Jwa::HS384, Jwa::HS512] {
        let token = jsonwebtoken::encode(
            &Header::new(algorithm),
            &samples::claims(),
            &EncodingKey::from_secret(samples::SECRET.as_bytes()),
        );
        assert_eq!(hs.examine(&token.unwrap(), samples::NOW), Err(TokenError::Algorithm));
    }
    for (algorithm, pair) in ASYMMETRIC {
        assert_eq!(
            hs.examine(&pair.sign(None, &samples::claims()), samples::NOW),
            Err(TokenError::Algorithm)
        );

        // The classic attack: the public key, which everybody may know, is used as the shared secret.
        let verifier = verifier(&[("auth.algorithm", algorithm), ("auth.public_key", pair.public)]).await;
        for secret in [pair.public, pair.public.trim(), samples::SECRET] {
            let token = jsonwebtoken::encode(&Header::default(), &samples::claims(), &EncodingKey::from_secret(secret.as_bytes())).unwrap();
            assert_eq!(verifier.examine(&token, samples::NOW), Err(TokenError::Algorithm));
        }
    }
    let rsa = verifier(&[("auth.algorithm", "RS256"), ("auth.public_key", samples::RSA.public)]).await;
    for algorithm in [Jwa::RS384, Jwa::PS256] {
        let token = jsonwebtoken::encode(&Header::new(algorithm), &samples::claims(), &samples::RSA.key()).unwrap();
        assert_eq!(rsa.examine(&token, samples::NOW), Err(TokenError::Algorithm));
    }
}

#[tokio::test]
async fn tokens_without_a_signature_are_refused() {
    let verifier = verifier(&[]).await;
    let token = samples::sign(&samples::claims());
    let mut parts = token.split('.');
    let (header, claims) = (parts.next().unwrap(), parts.next().unwrap());
    // {"alg":"none","typ":"JWT"}, and with other letters.
    for none in ["eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", "eyJhbGciOiJOb25lIiwidHlwIjoiSldUIn0"] {
        assert_eq!(
            verifier.examine(&format!("{none}.{claims}."), samples::NOW),
            Err(TokenError::Malformed)
        );
    }
    assert_eq!(
        verifier.examine(&format!("{header}.{claims}."), samples::NOW),
        Err(TokenError::Signature)
    );
}

#[tokio::test]
async fn tampering_is_noticed() {
    let verifier = verifier(&[]).await;
    let (token, other) = (samples::sign(&samples::claims()), samples::sign(&json!({ "user_id": 6 })));
    let (parts, others): (Vec<&str>, Vec<&str>) = (token.split('.').collect(), other.split('.').collect());
    let swapped = format!("{}.{}.{}", parts[0], others[1], parts[2]);
    assert_eq!(verifier.examine(&swapped, samples::NOW), Err(TokenError::Signature));
    let foreign = jsonwebtoken::encode(
        &Header::default(),
        &samples::claims(),
        &EncodingKey::from_secret(b"another secret that is long enough"),
    )
    .unwrap();
    assert_eq!(verifier.examine(&foreign, samples::NOW), Err(TokenError::Signature));
}

#[tokio::test]
async fn a_string_that_is_no_token_is_malformed_and_an_overlong_one_is_not_read() {
    let verifier = verifier(&[]).await;
    let key = EncodingKey::from_secret(samples::SECRET.as_bytes());
    let list = jsonwebtoken::encode(&Header::default(), &json!([1]), &key).unwrap();
    let critical = Header {
        crit: Some(vec!["exp".to_owned()]),
        ..Header::default()
    };
    let critical = jsonwebtoken::encode(&critical, &samples::claims(), &key).unwrap();
    for token in ["", ".", "..", "a.b.c", "a.b", "not a token", "é.é.é", &list, &critical] {
        assert_eq!(verifier.examine(token, samples::NOW), Err(TokenError::Malformed), "{token}");
    }
    let mut claims = samples::claims();
    claims["filler"] = "x".repeat(7000).into();
    assert_eq!(verifier.examine(&samples::sign(&claims), samples::NOW), Err(TokenError::TooLong));
    claims["filler"] = "x".repeat(5000).into();
    assert_eq!(user(verifier.examine(&samples::sign(&claims), samples::NOW)), Ok(5));
}

#[tokio::test]
async fn refusals_have_the_codes_of_the_contract() {
    let verifier = verifier(&[("auth.issuer", "platform")]).await;
    let code = |changes: Value| {
        let mut claims = samples::claims();
        claims["iss"] = "platform".into();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        verifier
            .verify(&samples::sign(&claims), samples::NOW)
            .map_or_else(AuthError::code, |_| "accepted")
    };
    let now = samples::NOW.seconds();
    assert_eq!(code(json!({})), "accepted");
    assert_eq!(code(json!({ "exp": now - 4 })), "accepted");
    assert_eq!(code(json!({ "exp": now - 5 })), "token_expired");
    assert_eq!(code(json!({ "token_type": "refresh" })), "token_invalid");
    assert_eq!(code(json!({ "token_type": "refresh", "exp": now - 5 })), "token_expired");
    assert_eq!(code(json!({ "nbf": now + 6 })), "token_invalid");
    assert_eq!(code(json!({ "iss": "else" })), "token_invalid");
    assert_eq!(code(json!({ "user_id": 5.5 })), "token_invalid");
    assert_eq!(AuthError::NotAuthenticated.code(), "not_authenticated");
}

#[tokio::test]
async fn a_key_set_is_asked_for_the_key_that_the_token_names() {
    let set = set(&[samples::EC.jwk(Some("one")), samples::OTHER_EC.jwk(Some("two"))]);
    let verifier = verifier(&[("auth.algorithm", "ES256"), ("auth.jwks", set.path().to_str().unwrap())]).await;
    let examine = |pair: &Pair, kid| user(verifier.examine(&pair.sign(kid, &samples::claims()), samples::NOW));
    assert_eq!(examine(&samples::EC, Some("one")), Ok(5));
    assert_eq!(examine(&samples::OTHER_EC, Some("two")), Ok(5));
    assert_eq!(examine(&samples::EC, Some("two")), Err(TokenError::Signature));
    assert_eq!(examine(&samples::EC, Some("three")), Err(TokenError::UnknownKey));
    assert_eq!(
        examine(&samples::OTHER_EC, None),
        Ok(5),
        "a token that names no key is tried with each"
    );
}

#[tokio::test]
async fn key_sets_of_every_kind_are_understood() {
    for (algorithm, pair) in ASYMMETRIC {
        let set = set(&[samples::RSA.jwk(Some("r")), samples::EC.jwk(Some("e")), samples::ED.jwk(Some("d"))]);
        let verifier = verifier(&[("auth.algorithm", algorithm), ("auth.jwks", set.path().to_str().unwrap())]).await;
        for kid in [None, Some("r"), Some("e"), Some("d")] {
            let expected = match (kid, algorithm) {
                (None, _) | (Some("r"), "RS256") | (Some("e"), "ES256") | (Some("d"), "EdDSA") => Ok(5),
                _ => Err(TokenError::UnknownKey),
            };
            assert_eq!(
                user(verifier.examine(&pair.sign(kid, &samples::claims()), samples::NOW)),
                expected,
                "{algorithm} {kid:?}"
            );
        }
    }
}

#[tokio::test]
async fn keys_for_other_uses_are_left_out() {
    let mut encrypts = samples::EC.jwk(Some("one"));
    encrypts["use"] = "enc".into();
    let mut other = samples::EC.jwk(Some("one"));
    other["alg"] = "ES384".into();
    let strange = json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": "one", "pub": "x" });
    let symmetric = json!({ "kty": "oct", "kid": "one", "k": "c2VjcmV0" });
    let useless = [encrypts, other, strange, json!(7), symmetric];
    let empty = set(&useless);
    let settings = |path: &tempfile::NamedTempFile| path.path().to_str().unwrap().to_owned();
    let error = try_verifier(&[("auth.algorithm", "ES256"), ("auth.jwks", &settings(&empty))])
        .await
        .err()
        .unwrap();
    assert_eq!(error.to_string(), "auth.jwks holds no key for ES256");

    let mut keys = useless.to_vec();
    keys.push(samples::EC.jwk(None));
    let mixed = set(&keys);
    let verifier = verifier(&[("auth.algorithm", "ES256"), ("auth.jwks", &settings(&mixed))]).await;
    assert_eq!(
        user(verifier.examine(&samples::EC.sign(Some("one"), &samples::claims()), samples::NOW)),
        Ok(5),
        "the key without a name"
    );
}

#[tokio::test]
async fn keys_that_cannot_be_used_stop_the_start_with_a_sentence() {
    let private = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(private.path(), samples::EC.private).unwrap();
    let no_set = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(no_set.path(), "{\"keys\": 5}").unwrap();
    let (private, no_set) = (private.path().to_str().unwrap(), no_set.path().to_str().unwrap());
    let rsa_wanted = "auth.public_key must hold an RSA public key of at least 2048 bits in PEM (BEGIN PUBLIC KEY)";
    let ec_wanted = "auth.public_key must hold an EC public key on the curve P-256 in PEM (BEGIN PUBLIC KEY)";
    let edwards_wanted = "auth.public_key must hold an Ed25519 public key in PEM (BEGIN PUBLIC KEY)";
    let cases = [
        ("RS256", "auth.public_key", samples::EC.public, rsa_wanted),
        ("RS256", "auth.public_key", samples::RSA_1024_PUBLIC, rsa_wanted),
        ("ES256", "auth.public_key", samples::RSA.public, ec_wanted),
        ("ES256", "auth.public_key", samples::P384_PUBLIC, ec_wanted),
        ("ES256", "auth.public_key", samples::CERTIFICATE, ec_wanted),
        ("EdDSA", "auth.public_key", samples::EC.public, edwards_wanted),
        (
            "EdDSA",
            "auth.public_key",
            "-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----",
            edwards_wanted,
        ),
        (
            "ES256",
            "auth.public_key",
            private,
            "auth.public_key holds a private key; the service needs, and should have, the public one only",
        ),
        (
            "ES256",
            "auth.public_key",
            "/nowhere/key.pem",
            "auth.public_key: /nowhere/key.pem cannot be read: ",
        ),
        (
            "ES256",
            "auth.jwks",
            "/nowhere/jwks.json",
            "auth.jwks: /nowhere/jwks.json cannot be read: ",
        ),
        ("ES256", "auth.jwks", no_set, "auth.jwks is not a JSON Web Key Set: "),
    ];
    for (algorithm, setting, value, sentence) in cases {
        let settings = [("auth.algorithm", algorithm), (setting, value)];
        let error = try_verifier(&settings).await.err().map(|error| error.to_string()).unwrap();
        assert!(error.starts_with(sentence), "{algorithm} {setting}: {error}");
        let checked = check_keys(&samples::auth(&settings)).await.unwrap_err().to_string();
        assert_eq!(checked, error);
    }
}

/// A platform that gives out a key set over HTTP.
struct Platform {
    address: SocketAddr,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Platform {
    fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, asked) = (Arc::new(Mutex::new(answer)), Arc::new(AtomicUsize::new(0)));
        let (answers, count) = (answer.clone(), asked.clone());
        // Ends with the process; it waits in `accept` and holds nothing.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = [0; 4096];
                assert!(stream.read(&mut request).unwrap() > 0);
                count.fetch_add(1, Ordering::SeqCst);
                stream.write_all(answers.lock().unwrap().as_bytes()).unwrap();
            }
        });
        Self { address, answer, asked }
    }

    fn with(keys: &[Value]) -> Self {
        Self::start(ok(keys))
    }

    fn url(&self) -> String {
        format!("http://{}/jwks.json?key=s3cret", self.address)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn set(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }

    async fn verifier(&self, pace: RefreshInterval) -> Arc<Verifier> {
        let auth = samples::auth(&[("auth.algorithm", "ES256"), ("auth.jwks", &self.url())]);
        Arc::new(
            Verifier::with_pace(&auth, Arc::new(FixedClock::new(samples::NOW)), pace)
                .await
                .unwrap(),
        )
    }
}

fn ok(keys: &[Value]) -> String {
    let body = json!({ "keys": keys }).to_string();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

const NEVER: Duration = Duration::from_hours(1);
const EAGER: RefreshInterval = RefreshInterval {
    every: NEVER,
    at_least: Duration::ZERO,
};
const LAZY: RefreshInterval = RefreshInterval {
    every: NEVER,
    at_least: NEVER,
};

#[tokio::test]
async fn an_unknown_key_is_fetched_before_the_token_that_names_it_is_judged() {
    let platform = Platform::with(&[samples::EC.jwk(Some("one"))]);
    let verifier = platform.verifier(EAGER).await;
    let (old, new) = (
        samples::EC.sign(Some("one"), &samples::claims()),
        samples::OTHER_EC.sign(Some("two"), &samples::claims()),
    );
    assert!(verifier.authenticate(old.clone()).await.is_ok());
    assert_eq!(platform.asked(), 1, "known keys cost no request");

    platform.set(ok(&[samples::OTHER_EC.jwk(Some("two"))]));
    assert_eq!(verifier.authenticate(new).await.map(|claims| claims.user.0), Ok(5));
    assert_eq!(
        verifier.authenticate(old).await,
        Err(AuthError::TokenInvalid),
        "a key that was taken back is trusted no more"
    );
}

#[tokio::test]
async fn unknown_key_ids_do_not_trigger_repeated_fetches() {
    let platform = Platform::with(&[samples::EC.jwk(Some("one"))]);
    let verifier = platform.verifier(LAZY).await;
    for kid in 0..20 {
        let token = samples::OTHER_EC.sign(Some(&kid.to_string()), &samples::claims());
        assert_eq!(verifier.authenticate(token.clone()).await, Err(AuthError::TokenInvalid));
        assert_eq!(verifier.verify(&token, samples::NOW), Err(AuthError::TokenInvalid));
    }
    assert_eq!(platform.asked(), 1);
}

#[tokio::test]
async fn a_platform_that_fails_leaves_the_old_keys_in_force() {
    let platform = Platform::with(&[samples::EC.jwk(Some("one"))]);
    let verifier = platform.verifier(EAGER).await;
    for failure in [
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nnot json",
        "nonsense",
    ] {
        platform.set(failure.to_owned());
        let before = platform.asked();
        let unknown = samples::OTHER_EC.sign(Some("two"), &samples::claims());
        assert_eq!(verifier.authenticate(unknown).await, Err(AuthError::TokenInvalid));
        assert!(platform.asked() > before);
        assert!(
            verifier
                .authenticate(samples::EC.sign(Some("one"), &samples::claims()))
                .await
                .is_ok(),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn keys_are_fetched_again_at_the_refresh_interval() {
    let platform = Platform::with(&[samples::EC.jwk(Some("one"))]);
    let verifier = platform
        .verifier(RefreshInterval {
            every: Duration::from_millis(5),
            at_least: NEVER,
        })
        .await;
    platform.set(ok(&[samples::OTHER_EC.jwk(Some("two"))]));
    let new = samples::OTHER_EC.sign(Some("two"), &samples::claims());
    let fetched = async {
        while verifier.verify(&new, samples::NOW).is_err() {
            tokio::task::yield_now().await;
        }
    };
    let bound = Duration::from_mins(1);
    assert!(
        tokio::time::timeout(bound, fetched).await.is_ok(),
        "the new key is not known after {bound:?}"
    );
}

#[tokio::test]
async fn a_key_set_that_cannot_be_fetched_stops_the_start_and_shows_no_secret() {
    let cases = [
        (
            "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n".to_owned(),
            "the answer is 404 Not Found",
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: /else\r\nConnection: close\r\n\r\n".to_owned(),
            "the answer is 302 Found",
        ),
        (
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "x".repeat(300_000)),
            "the answer is longer than 262144 bytes",
        ),
    ];
    for (answer, reason) in cases {
        let platform = Platform::start(answer);
        let error = try_verifier(&[("auth.algorithm", "ES256"), ("auth.jwks", &platform.url())])
            .await
            .err()
            .unwrap()
            .to_string();
        assert_eq!(
            error,
            format!("auth.jwks: http://{}/jwks.json cannot be fetched: {reason}", platform.address)
        );
    }
    let nobody = { TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    let url = format!("http://{nobody}/jwks.json?key=s3cret");
    let error = try_verifier(&[("auth.algorithm", "ES256"), ("auth.jwks", &url)])
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.starts_with(&format!("auth.jwks: http://{nobody}/jwks.json cannot be fetched: ")) && !error.contains("s3cret"),
        "{error}"
    );
    assert!(
        check_keys(&samples::auth(&[("auth.algorithm", "ES256"), ("auth.jwks", &url)]))
            .await
            .is_ok(),
        "left for the start"
    );
}
