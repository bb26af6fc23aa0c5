//! The tables that are transferred. Their columns are those of the embedded database, so a migration that adds one has nothing to do here.

/// A table of both databases.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// The conversation of a row `t` of this table, as an expression of both databases; `None` for tables that belong to no conversation.
    conversation: Option<&'static str>,
    /// Whether the migrations put rows into it, which are replaced.
    pub(super) is_seeded: bool,
}

impl Table {
    const fn of_database(name: &'static str) -> Self {
        Self {
            name,
            conversation: None,
            is_seeded: false,
        }
    }

    const fn seeded(name: &'static str) -> Self {
        Self {
            is_seeded: true,
            ..Self::of_database(name)
        }
    }

    const fn of_conversations(name: &'static str, conversation: &'static str) -> Self {
        Self {
            conversation: Some(conversation),
            ..Self::of_database(name)
        }
    }

    /// A query for all rows, which both databases understand: the conversation, which may be NULL, and then the columns.
    pub(super) fn select(&self, columns: &str) -> String {
        let conversation = self.conversation.unwrap_or("CAST(NULL AS bigint)");
        let name = self.name;
        let join = match self.conversation {
            Some(OF_MESSAGE) => "LEFT JOIN messaging_message m ON m.id = t.message_id",
            _ => "",
        };
        format!("SELECT {conversation} AS conversation, {columns} FROM {name} t {join}")
    }
}

const OF_MESSAGE: &str = "m.conversation_id";

/// All tables with rows of the service.
pub(super) const TABLES: [Table; 19] = [
    Table::of_database("accounts_user"),
    Table::of_database("accounts_user_language"),
    Table::seeded("accounts_user_totals"),
    Table::of_database("confessions_confession"),
    Table::of_database("confessions_subscription"),
    Table::of_conversations("messaging_conversation", "t.id"),
    Table::of_conversations("messaging_conversation_participants", "t.conversation_id"),
    Table::of_database("messaging_conversation_totals"),
    Table::of_conversations("messaging_message", "t.conversation_id"),
    Table::of_conversations("messaging_messageread", OF_MESSAGE),
    Table::of_conversations("messaging_messageattachment", OF_MESSAGE),
    Table::seeded("messaging_store"),
    Table::seeded("directory_folding"),
    Table::of_database("directory_changes"),
    Table::of_conversations("messaging_outbox", "t.conversation_id"),
    Table::of_database("messaging_consumer"),
    Table::of_database("messaging_job"),
    Table::of_database("messaging_user_settings"),
    Table::of_database("messaging_confession_settings"),
];

/// The type of a column, by which its values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Boolean,
    Text,
    /// Microseconds since 1970 in SQLite, `timestamptz` in PostgreSQL.
    Time,
}

impl Kind {
    /// The kind of a type of PostgreSQL; `None` for one that no table of the service has.
    pub(super) fn of_type(name: &str) -> Option<Self> {
        match name {
            "bigint" | "integer" => Some(Self::Integer),
            "boolean" => Some(Self::Boolean),
            "text" => Some(Self::Text),
            "timestamp with time zone" => Some(Self::Time),
            _ => None,
        }
    }

    /// A column of PostgreSQL as the text that SQLite's value has in a checksum.
    pub(super) fn as_text(self, column: &str) -> String {
        match self {
            Self::Integer => format!("{column}::text"),
            Self::Boolean => format!("{column}::integer::text"),
            Self::Text => column.to_owned(),
            Self::Time => format!("(extract(epoch FROM {column}) * 1000000)::bigint::text"),
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// A table with the columns that are transferred.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) table: &'static Table,
    pub(super) columns: Vec<Column>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rusqlite::Connection;

    use super::*;
    use crate::sqlite::migrated_in_memory;

    /// The server sums unread messages in an index.
    const ONLY_EMBEDDED: [&str; 1] = ["messaging_unread_totals"];

    #[test]
    fn every_table_of_the_embedded_database_is_transferred() {
        let connection: Connection = migrated_in_memory();
        let mut statement = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            .unwrap();
        let found: BTreeSet<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let known = TABLES.iter().map(|table| table.name).chain(ONLY_EMBEDDED);
        assert_eq!(found, known.map(ToOwned::to_owned).collect());
    }
}
