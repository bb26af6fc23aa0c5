//! The program on disks that fail: full, read-only, with I/O errors, without an end to `fsync`; with its files removed, replaced or damaged; with the volume of
//! its objects gone. In each case no message is acknowledged that is not stored, reading goes on, `readyz` names the fault, and the same process goes
//! on when the fault is over.
//!
//! The faults are made without luck: a file system of a few megabytes ([`disk`]), a library that the program's calls pass through ([`shim`]), or plain file
//! operations. A test that cannot make its fault fails and names what it needs.

mod damage;
mod disk;
mod full;
mod io_errors;
mod scene;
mod shim;
mod volume;
