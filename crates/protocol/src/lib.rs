//! The wire of Suhbat: the shapes of REST, the frames of the sockets, the error body, and how domain objects are shown to a viewer.
//!
//! # How to add a …
//! - **field of an answer**: to the struct in [`rest`], with a doc comment (it becomes the schema's description), filled where the struct is made: from a
//!   domain object beside it, or in [`render`] if it depends on the viewer. Mark a field that can be null with `#[schema(required)]`: answers always have it.
//! - **field of a request**: to the struct in [`rest::request`] or [`rest::query`], read by its `read` through [`fields::Fields`], which names all bad fields at once.
//! - **frame**: a variant of [`frame::ClientFrame`] or [`frame::ServerFrame`]; [`schema::asyncapi`] finds it by itself.
//! - **error code**: a line in the table of [`error::Code`]. A new `Denial` or `Kind` of the domain does not compile until it has its place there.

pub mod error;
pub mod fields;
pub mod frame;
pub mod render;
pub mod rest;
pub mod schema;
pub mod time;
