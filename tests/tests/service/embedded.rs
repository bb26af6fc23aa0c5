//! What the service promises of the embedded database alone: its file, its lock and log beside it, and the commands that copy it (`backup`, `restore`). On a
//! PostgreSQL server these have no counterpart in the service; its own tools are used instead. So these tests name the embedded database themselves, and
//! `./just test postgres` leaves this module out.

mod cli;
mod copies;
mod files_sweeping;
