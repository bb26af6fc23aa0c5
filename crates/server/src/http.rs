//! REST: every handler extracts, calls one use case and renders its result.
//!
//! # How to add an endpoint
//! Write the handler with its `#[utoipa::path]`, name it in [`openapi`] and give it a route in [`configure`]. A test compares the two.

pub(crate) mod answers;
pub(crate) mod body;
mod caller;
mod conditional;
pub(crate) mod error;
pub(crate) mod links;
pub(crate) mod old_clients;
pub(crate) mod openapi;
pub(crate) mod origin;
pub(crate) mod page;
mod pagination;
pub(crate) mod privacy;
mod query;
pub(crate) mod request_id;
pub(crate) mod resource;
mod responses;
pub(crate) mod routes;
pub(crate) mod signature;
pub(crate) mod state;
pub(crate) mod turns;
pub(crate) mod upload_slots;

use actix_web::web::{self, ServiceConfig};

use resource::{at, not_found, resource};
use routes::{client, conversations, demo, descriptions, directory, files, messages, operations, people, search, settings};

/// The first segments of the paths that programs request: errors below them are never shown as a page.
const FOR_PROGRAMS: &[&str] = &["api", "ws", "assets", "emoji", "healthz", "readyz", "metrics"];

/// All routes but those of the sockets.
pub(crate) fn configure(app: &mut ServiceConfig) {
    messaging(app);
    app.service(resource("/api/directory/users/{id}/").put(directory::put_user))
        .service(resource("/api/directory/confessions/{id}/").put(directory::put_confession))
        .service(
            resource("/api/directory/subscriptions/{user_id}/{confession_id}/")
                .put(directory::follow)
                .delete(directory::unfollow),
        )
        .service(resource("/api/directory/import/").post(directory::import))
        .service(resource("/api/demo/people/").get(demo::people))
        .service(resource("/api/demo/login/").post(demo::login))
        .service(resource("/healthz/").get(operations::healthz))
        .service(resource("/readyz/").get(operations::readyz))
        .service(resource("/metrics/").get(operations::metrics))
        .service(resource("/api/schema/").get(operations::schema))
        .service(resource("/api/ws-schema/").get(operations::ws_schema))
        .service(at(["/api/docs"]).get(async || web::Redirect::to("docs/")))
        .service(at(["/api/docs/{file:.*}"]).get(descriptions::docs))
        .service(at(["/", "/new", "/search", "/c/{id:\\d+}", "/c/{id:\\d+}/search", "/to/{user:\\d+}"]).get(page::index))
        .service(
            at([
                "/assets/{file}",
                "/emoji/{locale}/{file}",
                "/{file}.svg",
                "/{file}.png",
                "/{file}.webmanifest",
                "/worker.js",
                "/suhbat.js",
            ])
            .get(page::file),
        )
        .default_service(web::to(not_found));
}

/// The routes below `/api/messaging/`.
fn messaging(app: &mut ServiceConfig) {
    app.service(
        resource("/api/messaging/conversations/")
            .get(conversations::list)
            .post(conversations::open),
    )
    .service(resource("/api/messaging/conversations/get_or_create/").post(conversations::get_or_create))
    .service(resource("/api/messaging/conversations/unread_count/").get(conversations::unread_count))
    .service(resource("/api/messaging/conversations/counts/").get(conversations::counts))
    .service(resource("/api/messaging/conversations/{id}/").get(conversations::get))
    .service(resource("/api/messaging/conversations/{id}/mark_as_read/").post(conversations::mark_as_read))
    .service(resource("/api/messaging/conversations/{id}/mark_as_unread/").post(conversations::mark_as_unread))
    .service(resource("/api/messaging/conversations/{id}/archive/").post(conversations::archive))
    .service(resource("/api/messaging/conversations/{id}/unarchive/").post(conversations::unarchive))
    .service(resource("/api/messaging/conversations/{id}/mute/").put(conversations::mute))
    .service(resource("/api/messaging/conversations/{id}/answered/").post(conversations::answered))
    .service(resource("/api/messaging/conversations/{id}/changes/").get(conversations::changes))
    .service(resource("/api/messaging/conversations/{id}/search/").get(search::within))
    .service(resource("/api/messaging/search/").get(search::everywhere))
    .service(resource("/api/messaging/me/").get(people::me))
    .service(
        resource("/api/messaging/me/settings/")
            .get(settings::mine)
            .patch(settings::change_mine),
    )
    .service(
        resource("/api/messaging/confessions/{id}/settings/")
            .get(settings::of_confession)
            .patch(settings::change_of_confession),
    )
    .service(resource("/api/messaging/contacts/").get(people::contacts))
    .service(resource("/api/messaging/contacts/{id}/").get(people::contact))
    .service(resource("/api/messaging/messages/").get(messages::list).post(messages::send))
    .service(
        resource("/api/messaging/messages/{id}/")
            .get(messages::get)
            .patch(messages::edit)
            .delete(messages::delete),
    )
    .service(resource("/api/messaging/messages/{id}/mark_as_read/").post(messages::mark_as_read))
    .service(resource("/api/messaging/messages/{id}/pin/").post(messages::pin))
    .service(resource("/api/messaging/messages/{id}/unpin/").post(messages::unpin))
    .service(resource("/api/messaging/attachments/{id}/").get(files::file))
    .service(resource("/api/messaging/attachments/{id}/thumbnail/").get(files::thumbnail))
    .service(resource("/api/messaging/config/").get(client::config))
    .service(resource("/api/messaging/ws_ticket/").post(client::ticket));
}
