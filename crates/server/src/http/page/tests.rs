use actix_web::{
    App,
    body::to_bytes,
    http::{StatusCode, header},
    test::{TestRequest, call_service, init_service},
    web::Bytes,
};

use super::*;
use crate::config::{AwsVariables, MissingSecret, ObjectsConfig, ObjectsUrl, Sources};

const INDEX: &str = r#"<meta name="suhbat:origins" content="" /><script src="./assets/index-1.js"></script>"#;

fn built() -> Files {
    let files = [
        ("index.html", INDEX),
        ("favicon.svg", "<svg/>"),
        ("icon-192.png", "png"),
        ("manifest.uz.webmanifest", "{}"),
        ("worker.js", "self"),
        ("suhbat.js", "element"),
        ("assets/index-1.js", "plain"),
        ("assets/index-1.js.gz", "gzipped"),
        ("assets/index-1.js.br", "brotli"),
    ];
    Files::gather(&files.map(|(name, _)| name), |name| {
        let (_, text) = files.iter().find(|(known, _)| *known == name)?;
        Some((name.replace('/', "-"), Bytes::from_static(text.as_bytes())))
    })
}

fn page(files: Files, settings: &[(&str, &str)]) -> Page {
    let secret = Sources::none().with_setting("auth.secret", "0123456789abcdef0123456789abcdef");
    let sources = settings
        .iter()
        .fold(secret, |sources, (name, value)| sources.with_setting(name, *value));
    Page::new(files, &Config::load(&sources, MissingSecret::Refused).unwrap())
}

struct Answer {
    status: StatusCode,
    headers: header::HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(page: Page, request: TestRequest) -> Answer {
    let app = init_service(App::new().app_data(web::Data::new(page)).configure(crate::http::configure)).await;
    let (request, response) = call_service(&app, request.to_request()).await.into_parts();
    drop(request);
    let (head, body) = response.into_parts();
    Answer {
        status: head.status(),
        headers: head.headers().clone(),
        body: String::from_utf8(to_bytes(body).await.unwrap().to_vec()).unwrap(),
    }
}

#[actix_web::test]
async fn the_page_is_at_each_of_its_own_paths_and_nowhere_else() {
    for path in [
        "/",
        "/new",
        "/search",
        "/search?q=ki",
        "/c/7",
        "/c/7?m=3",
        "/c/7/search",
        "/to/2",
        "/to/2?community=1",
    ] {
        let answer = ask(page(built(), &[]), TestRequest::with_uri(path)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert!(answer.body.contains("src=\"/assets/index-1.js\""), "{}", answer.body);
    }
    for path in [
        "/c/",
        "/c/x",
        "/to/",
        "/to/x",
        "/news",
        "/index.html",
        "/assets/",
        "/assets/index-1.js.br",
        "/assets/../index.html",
        "/other.svg",
    ] {
        let answer = ask(page(built(), &[]), TestRequest::with_uri(path)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.body.contains("\"not_found\""), "{}", answer.body);
    }
}

#[actix_web::test]
async fn a_wrong_link_followed_in_a_browser_shows_the_page_and_is_404_all_the_same() {
    let followed = |path| TestRequest::with_uri(path).insert_header(("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"));
    for path in ["/c/x", "/news", "/c/7/"] {
        let answer = ask(page(built(), &[]), followed(path)).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (StatusCode::NOT_FOUND, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
    for path in [
        "/api",
        "/api/messaging/nothing/",
        "/ws/nothing/",
        "/assets/nothing.js",
        "/metrics/x",
        "/healthz/x",
    ] {
        let answer = ask(page(built(), &[]), followed(path)).await;
        assert_eq!(
            (answer.status, answer.header("content-type"), answer.header("vary")),
            (StatusCode::NOT_FOUND, "application/json", ""),
            "{path}"
        );
    }
    for request in [followed("/news"), TestRequest::with_uri("/news")] {
        let answer = ask(page(built(), &[]), request).await;
        assert_eq!(answer.header("vary"), "accept", "what is shown depends on it");
    }
    let posted = ask(page(built(), &[]), followed("/news").method(actix_web::http::Method::POST)).await;
    assert_eq!(
        (posted.status, posted.header("content-type")),
        (StatusCode::NOT_FOUND, "application/json")
    );
}

#[test]
fn documented_paths_are_for_programs() {
    for path in crate::http::openapi::document().paths.paths.keys() {
        let first = path.split('/').nth(1).unwrap();
        assert!(crate::http::FOR_PROGRAMS.contains(&first), "{path}");
    }
}

#[actix_web::test]
async fn behind_a_path_the_page_names_its_files_below_it() {
    for (public_url, root) in [
        ("https://example.org/chat/", "/chat/"),
        ("https://example.org/a/b&c", "/a/b&amp;c/"),
        ("https://example.org", "/"),
    ] {
        let answer = ask(page(built(), &[("server.public_url", public_url)]), TestRequest::with_uri("/c/7")).await;
        assert!(answer.body.contains(&format!("src=\"{root}assets/index-1.js\"")), "{}", answer.body);
    }
}

#[actix_web::test]
async fn only_allowed_origins_may_embed_the_page_and_give_it_a_token() {
    let alone = ask(page(built(), &[]), TestRequest::with_uri("/")).await;
    assert!(alone.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert!(alone.body.contains("name=\"suhbat:origins\" content=\"\""));

    let origins = [("cors.allowed_origins", "https://a.example.org,https://b.example.org")];
    let embedded = ask(page(built(), &origins), TestRequest::with_uri("/")).await;
    let policy = embedded.header("content-security-policy");
    assert!(
        policy.contains("frame-ancestors https://a.example.org https://b.example.org;"),
        "{policy}"
    );
    assert!(
        embedded
            .body
            .contains("name=\"suhbat:origins\" content=\"https://a.example.org https://b.example.org\"")
    );
}

#[actix_web::test]
async fn the_csp_allows_only_the_page_s_own_sources() {
    let answer = ask(page(built(), &[]), TestRequest::with_uri("/")).await;
    assert_eq!(
        answer.header("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("referrer-policy"), "same-origin");
}

#[test]
fn the_csp_allows_images_of_the_store_where_downloads_redirect_to_it() {
    let objects = |redirect, endpoint: Option<&str>| ObjectsConfig {
        legacy_url: None,
        url: ObjectsUrl::S3 {
            bucket: "files".to_owned(),
            prefix: String::new(),
        },
        endpoint: endpoint.map(|url| url.parse().unwrap()),
        region: Some("eu-central-1".to_owned()),
        addressing: None,
        ca_file: None,
        access_key: None,
        secret_key: None,
        strip_metadata: true,
        min_free_bytes: 0,
        redirect,
    };
    let store = |redirect, endpoint| policy::store(&objects(redirect, endpoint), &AwsVariables::default());
    assert_eq!(store(false, None), None);
    assert_eq!(store(true, None).as_deref(), Some("https://files.s3.eu-central-1.amazonaws.com"));
    let store = store(true, Some("http://minio.internal:9000/x"));
    assert_eq!(store.as_deref(), Some("http://minio.internal:9000"));
    let policy = policy::policy(&[], store.as_deref());
    assert!(
        policy.contains("img-src 'self' blob: http://minio.internal:9000; media-src 'self' blob: http://minio.internal:9000;"),
        "{policy}"
    );
}

#[test]
fn avatars_may_come_from_the_platform() {
    let policy = policy::policy(&["https://a.example".to_owned(), "https://b.example".to_owned()], None);
    assert!(
        policy.contains("img-src 'self' blob: https://a.example https://b.example; media-src 'self' blob:;"),
        "{policy}"
    );
}

#[actix_web::test]
async fn a_file_goes_out_in_the_smallest_form_that_the_browser_takes() {
    for (accepted, encoding, body) in [
        ("gzip, deflate, br, zstd", "br", "brotli"),
        ("gzip", "gzip", "gzipped"),
        ("br;q=0, gzip", "gzip", "gzipped"),
        ("identity", "", "plain"),
        ("", "", "plain"),
    ] {
        let request = TestRequest::with_uri("/assets/index-1.js").insert_header((header::ACCEPT_ENCODING, accepted));
        let answer = ask(page(built(), &[]), request).await;
        assert_eq!(
            (answer.header("content-encoding"), answer.body.as_str()),
            (encoding, body),
            "{accepted:?}"
        );
        assert_eq!(answer.header("content-type"), "text/javascript");
        assert_eq!(answer.header("vary"), "Accept-Encoding");
    }
}

#[actix_web::test]
async fn files_named_by_content_are_cached_for_ever_and_others_are_revalidated() {
    let asset = ask(page(built(), &[]), TestRequest::with_uri("/assets/index-1.js")).await;
    assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
    let icon = ask(page(built(), &[]), TestRequest::with_uri("/favicon.svg")).await;
    assert_eq!(icon.header("cache-control"), "public, max-age=3600");
    assert_eq!(icon.header("content-type"), "image/svg+xml");
    let again = TestRequest::with_uri("/favicon.svg").insert_header((header::IF_NONE_MATCH, icon.header("etag")));
    let again = ask(page(built(), &[]), again).await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
}

#[actix_web::test]
async fn the_worker_and_the_manifests_are_asked_for_each_time() {
    for (path, content_type, caching) in [
        ("/worker.js", "text/javascript", "no-cache"),
        ("/manifest.uz.webmanifest", "application/manifest+json", "no-cache"),
        ("/icon-192.png", "image/png", "public, max-age=3600"),
        ("/suhbat.js", "text/javascript", "public, max-age=3600"),
    ] {
        let answer = ask(page(built(), &[]), TestRequest::with_uri(path)).await;
        assert_eq!(
            (answer.status, answer.header("content-type"), answer.header("cache-control")),
            (StatusCode::OK, content_type, caching),
            "{path}"
        );
        assert!(answer.header("content-security-policy").contains("script-src 'self'"), "{path}");
    }
}

#[actix_web::test]
async fn without_a_build_the_page_explains_how_to_build_it() {
    let answer = ask(
        page(Files::default(), &[("server.public_url", "https://example.org/chat")]),
        TestRequest::with_uri("/c/7"),
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("npm run build"));
    assert!(answer.body.contains("href=\"/chat/api/docs/\""), "{}", answer.body);
}
