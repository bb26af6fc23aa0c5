//! The documents that describe the service, and the page that shows them. Anybody may ask for them as often as they like, so each is made and compressed
//! once.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS},
    web,
};
use protocol::error::Code;
use utoipa::openapi::Server;
use utoipa_swagger_ui::Config;

use crate::http::{
    error::ApiError,
    openapi,
    page::{self, files::File},
    state::State,
};

/// Asked for anew each time, since they change with the program.
const CACHING: &str = "no-cache";

/// The page's own scripts may run and may ask the service; nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Those that were asked for.
pub(crate) struct Descriptions {
    public_url: Option<String>,
    schema: OnceLock<io::Result<File>>,
    ws_schema: OnceLock<io::Result<File>>,
    docs: Mutex<HashMap<String, Arc<File>>>,
}

impl Descriptions {
    /// Of the service at this address; where it is not known, at the one that a document was fetched from.
    pub(crate) fn new(public_url: Option<String>) -> Self {
        Self {
            public_url,
            schema: OnceLock::new(),
            ws_schema: OnceLock::new(),
            docs: Mutex::default(),
        }
    }

    pub(crate) fn schema(&self) -> Result<&File, ApiError> {
        let made = self.schema.get_or_init(|| {
            let mut document = openapi::document();
            document.servers = Some(vec![Server::new(self.public_url.as_deref().unwrap_or("/"))]);
            json(document.to_json()?)
        });
        made.as_ref().map_err(failed)
    }

    pub(crate) fn ws_schema(&self) -> Result<&File, ApiError> {
        let made = self.ws_schema.get_or_init(|| {
            let document = protocol::schema::asyncapi(env!("CARGO_PKG_VERSION"), &protocol::schema::components());
            json(serde_json::to_string(&document)?)
        });
        made.as_ref().map_err(failed)
    }

    /// A file of the page. What it does not have is not remembered.
    fn docs(&self, name: &str) -> Result<Arc<File>, ApiError> {
        let mut docs = self.docs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = docs.get(name) {
            return Ok(file.clone());
        }
        let config = Arc::new(Config::from("../schema/").validator_url("none"));
        let found = utoipa_swagger_ui::serve(name, config).map_err(|error| {
            tracing::error!(%error, "a description could not be made");
            ApiError::new(Code::Internal)
        })?;
        let file = found.ok_or_else(|| ApiError::new(Code::NotFound))?;
        let file = Arc::new(File::compressed(file.bytes.into_owned().into(), file.content_type).map_err(|error| failed(&error))?);
        docs.insert(name.to_owned(), file.clone());
        Ok(file)
    }
}

fn json(text: String) -> io::Result<File> {
    File::compressed(text.into(), "application/json".to_owned())
}

fn failed(error: &io::Error) -> ApiError {
    tracing::error!(%error, "a description could not be made");
    ApiError::new(Code::Internal)
}

/// Answers with one of the documents.
pub(crate) fn show(request: &HttpRequest, file: &File) -> HttpResponse {
    page::show(request, file, CACHING, |answer| {
        answer.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    })
}

/// The page that shows the OpenAPI document, and its files.
pub(crate) async fn docs(request: HttpRequest, path: web::Path<String>, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let name = if path.is_empty() { "index.html" } else { path.as_str() };
    let file = state.descriptions.docs(name)?;
    Ok(page::show(&request, &file, CACHING, |answer| {
        answer
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    }))
}
