//! `directory.mode = platform` asks something of other settings.

use storage::StoreUrl;

use super::{Config, DirectoryMode, reader::Reader};

/// The platform's table keeps the sizes of files as 32-bit numbers.
const LARGEST_FILE: u64 = i32::MAX.unsigned_abs() as u64;

pub(super) fn check(config: &Config, reader: &mut Reader) {
    if config.directory.mode == DirectoryMode::Own {
        return;
    }
    if !matches!(config.database.url, StoreUrl::Postgres(_)) {
        reader.problem(
            "directory.mode",
            "is platform, which needs the platform's own database: database.url must be postgres://USER:PASSWORD@HOST/NAME",
        );
    }
    if config.limits.file_bytes > LARGEST_FILE {
        reader.problem(
            "limits.file_bytes",
            &format!("can be at most {LARGEST_FILE} with directory.mode = platform, since the platform's table has no room for more"),
        );
    }
}
