//! The platform's own database (`directory.mode = platform`). Its messaging tables get the columns that Suhbat needs; its accounts, confessions and
//! subscriptions are only read. Everything else is in the schema `suhbat`, which has views with the columns of Suhbat's queries over the platform's tables.
//! Connections look for names in this schema first, so that the same queries run on both kinds of database. The statements are in `migrations/platform`.

mod names;
mod takeover;

use diesel::{QueryableByName, sql_query, sql_types::Bool};
use diesel_async::RunQueryDsl as _;
pub(super) use names::refresh;
pub use takeover::{Progress, Step, TakeoverError, take_over};

use super::{Connection, OpenError, PostgresConfig};

/// Where connections look for names, as a parameter of a URL: `options=-c search_path=suhbat,public`.
const SEARCH_PATH: &str = "-c%20search_path%3Dsuhbat%2Cpublic";

/// The platform that owns the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Goes before the stored paths of pictures; ends with a slash.
    pub media_url: String,
}

/// The configuration for a database that was taken over. The first service ends the takeover.
pub(super) async fn enter(config: PostgresConfig, platform: &Platform) -> Result<PostgresConfig, OpenError> {
    let is_service = !config.migrate_older;
    takeover::enter(&config.url, &platform.media_url, is_service).await?;
    Ok(PostgresConfig {
        url: with_search_path(&config.url),
        ..config
    })
}

/// The URL of connections that look for names in Suhbat's schema first. Other options of the URL stay.
fn with_search_path(url: &str) -> String {
    let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
    let mut found = false;
    let mut all: Vec<String> = Vec::new();
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.strip_prefix("options=") {
            Some(options) => {
                found = true;
                all.push(format!("options={SEARCH_PATH}%20{options}"));
            }
            None => all.push(parameter.to_owned()),
        }
    }
    if !found {
        all.push(format!("options={SEARCH_PATH}"));
    }
    format!("{place}?{}", all.join("&"))
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    is_found: bool,
}

/// Fails unless this connection looks for names in Suhbat's schema first: something between the service and the server may have dropped the option.
pub(super) async fn check(connection: &mut Connection) -> Result<(), OpenError> {
    let found: Found =
        sql_query("SELECT to_regclass('accounts_user') IS NOT DISTINCT FROM to_regclass('suhbat.accounts_user') AS is_found")
            .get_result(connection)
            .await
            .map_err(TakeoverError::Failed)?;
    if found.is_found {
        Ok(())
    } else {
        Err(TakeoverError::SearchPath.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_its_other_parameters_and_options() {
        let path = "-c%20search_path%3Dsuhbat%2Cpublic";
        for (url, expected) in [
            ("postgres://a@b/c", format!("postgres://a@b/c?options={path}")),
            (
                "postgres://a@b/c?sslmode=require",
                format!("postgres://a@b/c?sslmode=require&options={path}"),
            ),
            (
                "postgres://a@b/c?options=-c%20geqo%3Doff&sslmode=disable",
                format!("postgres://a@b/c?options={path}%20-c%20geqo%3Doff&sslmode=disable"),
            ),
        ] {
            assert_eq!(with_search_path(url), expected);
        }
    }
}
