//! The wire of Suhbat: the shapes of REST, the frames of the sockets, the error body, and how domain objects are shown to a viewer.
//!
//! # How to add a …
//! - **field of an answer**: to the struct in [`rest`], with a doc comment (it becomes the schema's description), filled where the struct is made: from a
//!   domain object beside it, or in [`render`] if it depends on the viewer. Mark a field that can be null with `#[schema(required)]`: answers always have it.
//! - **field of a request**: one line of the declaration in [`rest::request`], [`rest::query`], [`rest::directory`] or [`frame::ClientFrame`]; its type says how
//!   [`fields`] reads it, and all bad fields are named at once.
//! - **comment** on a field: the unit, the invariant or the source. Comments of shapes and frames are the descriptions of the OpenAPI and AsyncAPI documents, and
//!   a change of them is a change of the documents. A private field whose name says everything has none.
//! - **frame**: a variant of [`frame::ClientFrame`] or [`frame::ServerFrame`]; [`schema::asyncapi`] finds it by itself, and `./just generate`
//!   writes `docs/asyncapi.json` and the page's types.
//! - **error code**: a line in the table of [`error::Code`]. A new `Denial` or `Kind` of the domain does not compile until it has its place there.

pub mod close;
pub mod error;
pub mod fields;
pub mod frame;
pub mod names;
pub mod render;
pub mod rest;
pub mod schema;
pub mod time;
