//! The OpenAPI document, from the routes and the shapes themselves.

use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::routes::{client, conversations, demo, directory, files, messages, operations, people, search, settings};

/// OpenAPI 3.1 of everything but the sockets.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Suhbat",
        description = "Direct messaging between the members of faith communities and the people who administer them. The sockets are described at `/api/ws-schema/`. HEAD answers wherever GET does. Lists in forms repeat their field, and flags are `true` or `false`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(
        conversations::list, conversations::open, conversations::get_or_create, conversations::unread_count, conversations::get,
        conversations::mark_as_read, conversations::mark_as_unread, conversations::archive, conversations::unarchive, conversations::mute,
        conversations::answered, conversations::counts, conversations::changes, people::me, people::contacts, people::contact, search::everywhere, search::within, messages::list, messages::send, messages::get, messages::edit,
        messages::delete, messages::mark_as_read, messages::pin, messages::unpin, files::file, files::thumbnail, client::config, client::ticket, settings::mine, settings::change_mine, settings::of_confession, settings::change_of_confession, directory::put_user,
        directory::put_confession, directory::follow, directory::unfollow, directory::import, demo::people, demo::login, operations::healthz,
        operations::readyz, operations::metrics, operations::schema, operations::ws_schema
    ),
    components(schemas(protocol::error::Code, protocol::names::SearchedKind)),
    tags(
        (name = "conversations", description = "Who talks with whom."),
        (name = "messages", description = "What they say."),
        (name = "client", description = "What clients need besides."),
        (name = "directory", description = "Feeding accounts, confessions and subscriptions, with a token of scope `directory`; 405 in mode `platform`."),
        (name = "demo", description = "Being somebody; only with `--demo`."),
        (name = "operations", description = "For whoever runs the service.")
    ),
    security(("bearer" = [])),
    modifiers(&Bearer)
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("An access token of the platform."))
            .build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The document, without servers: where clients reach the service is known with a request only.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
