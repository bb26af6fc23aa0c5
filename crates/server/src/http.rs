//! REST: every handler extracts, calls one use case and renders what comes out.
//!
//! # How to add an endpoint
//! Write the handler with its `#[utoipa::path]`, name it in [`openapi`] and give it a route in [`configure`]. A test compares the two.

mod body;
mod caller;
mod client;
mod conditions;
mod conversations;
mod demo;
mod directory;
pub(crate) mod error;
pub(crate) mod files;
mod form;
pub(crate) mod incoming;
pub(crate) mod links;
mod listing;
mod messages;
pub(crate) mod openapi;
mod operations;
pub(crate) mod page;
mod people;
pub(crate) mod places;
mod problems;
mod query;
pub(crate) mod request_id;
pub(crate) mod resource;
pub(crate) mod signature;
pub(crate) mod state;

use actix_web::web::{self, ServiceConfig, delete, get, head, patch, post, put};
use utoipa_swagger_ui::{Config, SwaggerUi};

use resource::{not_found, resource};

/// What paths begin with that are for programs: what is wrong below them is never shown as a page.
const FOR_PROGRAMS: &[&str] = &["api", "ws", "assets", "emoji", "healthz", "readyz", "metrics"];

/// All routes but those of the sockets.
pub(crate) fn configure(app: &mut ServiceConfig) {
    app.service(
        resource("/api/messaging/conversations/")
            .route(get().to(conversations::list))
            .route(post().to(conversations::open)),
    )
    .service(resource("/api/messaging/conversations/get_or_create/").route(post().to(conversations::get_or_create)))
    .service(resource("/api/messaging/conversations/unread_count/").route(get().to(conversations::unread_count)))
    .service(resource("/api/messaging/conversations/{id}/").route(get().to(conversations::get)))
    .service(resource("/api/messaging/conversations/{id}/mark_as_read/").route(post().to(conversations::mark_as_read)))
    .service(resource("/api/messaging/conversations/{id}/changes/").route(get().to(conversations::changes)))
    .service(resource("/api/messaging/contacts/").route(get().to(people::contacts)))
    .service(
        resource("/api/messaging/messages/")
            .route(get().to(messages::list))
            .route(post().to(messages::send)),
    )
    .service(
        resource("/api/messaging/messages/{id}/")
            .route(get().to(messages::get))
            .route(patch().to(messages::edit))
            .route(delete().to(messages::delete)),
    )
    .service(resource("/api/messaging/messages/{id}/mark_as_read/").route(post().to(messages::mark_as_read)))
    .service(resource("/api/messaging/messages/{id}/pin/").route(post().to(messages::pin)))
    .service(resource("/api/messaging/messages/{id}/unpin/").route(post().to(messages::unpin)))
    .service(
        resource("/api/messaging/attachments/{id}/")
            .route(get().to(files::file))
            .route(head().to(files::file)),
    )
    .service(
        resource("/api/messaging/attachments/{id}/thumbnail/")
            .route(get().to(files::thumbnail))
            .route(head().to(files::thumbnail)),
    )
    .service(resource("/api/messaging/config/").route(get().to(client::config)))
    .service(resource("/api/messaging/ws_ticket/").route(post().to(client::ticket)))
    .service(resource("/api/directory/users/{id}/").route(put().to(directory::put_user)))
    .service(resource("/api/directory/confessions/{id}/").route(put().to(directory::put_confession)))
    .service(
        resource("/api/directory/subscriptions/{user_id}/{confession_id}/")
            .route(put().to(directory::follow))
            .route(delete().to(directory::unfollow)),
    )
    .service(resource("/api/directory/import/").route(post().to(directory::import)))
    .service(resource("/api/demo/people/").route(get().to(demo::people)))
    .service(resource("/api/demo/login/").route(post().to(demo::login)))
    // Many that watch a service ask with HEAD.
    .service(
        resource("/healthz/")
            .route(get().to(operations::healthz))
            .route(head().to(operations::healthz)),
    )
    .service(
        resource("/readyz/")
            .route(get().to(operations::readyz))
            .route(head().to(operations::readyz)),
    )
    .service(resource("/metrics/").route(get().to(operations::metrics)))
    .service(resource("/api/schema/").route(get().to(operations::schema)))
    .service(resource("/api/ws-schema/").route(get().to(operations::ws_schema)))
    .service(web::redirect("/api/docs", "docs/"))
    .service(SwaggerUi::new("/api/docs/{_:.*}").config(Config::from("../schema/").validator_url("none")))
    .service(
        web::resource(["/", "/new", "/c/{id:\\d+}"])
            .route(get().to(page::index))
            .route(head().to(page::index)),
    )
    .service(
        web::resource(["/assets/{file}", "/emoji/{locale}/{file}", "/{file}.svg"])
            .route(get().to(page::file))
            .route(head().to(page::file)),
    )
    .default_service(web::to(not_found));
}
