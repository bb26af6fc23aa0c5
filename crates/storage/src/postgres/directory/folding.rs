//! Folded names are kept in the rows, so that a search need not fold what it reads.

use diesel::{ExpressionMethods as _, QueryDsl as _};
use diesel_async::{AsyncConnection as _, RunQueryDsl as _};
use domain::search;

use super::super::{
    Connection,
    schema::{accounts_user, confessions_confession, directory_folding},
};
use crate::error::{AdapterError, Result};

/// How many rows are read before they are written.
const ROWS: i64 = 1_000;

/// Folds all names anew if another version of the folding has written them, as after an update of the program.
pub(in super::super) async fn refold(connection: &mut Connection) -> Result<()> {
    connection
        .transaction::<_, AdapterError, _>(async |connection| refold_once(connection).await)
        .await
}

async fn refold_once(connection: &mut Connection) -> Result<()> {
    // Another program that is at it is waited for.
    let version: i64 = directory_folding::table
        .select(directory_folding::version)
        .for_update()
        .first(connection)
        .await?;
    if version == i64::from(search::VERSION) {
        return Ok(());
    }
    let mut after = i64::MIN;
    loop {
        let rows: Vec<(i64, String, String, String)> = accounts_user::table
            .filter(accounts_user::id.gt(after))
            .order(accounts_user::id)
            .limit(ROWS)
            .select((
                accounts_user::id,
                accounts_user::username,
                accounts_user::first_name,
                accounts_user::last_name,
            ))
            .load(connection)
            .await?;
        let Some((last, ..)) = rows.last() else { break };
        after = *last;
        for (id, username, first_name, last_name) in rows {
            diesel::update(accounts_user::table.find(id))
                .set(accounts_user::searchable.eq(search::names(&username, &first_name, &last_name)))
                .execute(connection)
                .await?;
        }
    }
    let confessions: Vec<(i64, String)> = confessions_confession::table
        .select((confessions_confession::id, confessions_confession::name))
        .load(connection)
        .await?;
    for (id, name) in confessions {
        diesel::update(confessions_confession::table.find(id))
            .set(confessions_confession::searchable.eq(search::name(&name)))
            .execute(connection)
            .await?;
    }
    diesel::update(directory_folding::table)
        .set(directory_folding::version.eq(i64::from(search::VERSION)))
        .execute(connection)
        .await?;
    Ok(())
}
