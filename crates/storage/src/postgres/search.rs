//! Parts that several queries have: the condition of a search, and where a page begins.

use std::fmt::Write as _;

use diesel::{Expression, IntoSql as _, dsl::AsExprOf, sql_types::Text};
use domain::{page::PageRequest, search::Query};

use super::schema::Matches;

/// That folded names have all words of a query, each in one of its readings. Words are letters and digits, so that nothing in them means anything else to a
/// regular expression.
pub(super) fn mentions<N>(names: N, query: &Query) -> Matches<N, AsExprOf<String, Text>>
where
    N: Expression<SqlType = Text>,
{
    Matches::new(names, pattern(query).into_sql::<Text>())
}

fn pattern(query: &Query) -> String {
    let mut pattern = "^".to_owned();
    for readings in query.words() {
        // Writing to a string cannot fail.
        let _ = write!(pattern, "(?=.*(?:{}))", readings.join("|"));
    }
    pattern
}

/// How many rows a page leaves out before it.
pub(super) fn offset(page: PageRequest) -> i64 {
    i64::try_from(page.offset()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_asked_for_in_all_its_readings() {
        let query = Query::parse("aziz salom").expect("two words");
        let [one, other] = query.words() else { panic!("two words") };
        assert_eq!(
            pattern(&query),
            format!("^(?=.*(?:{}))(?=.*(?:{}))", one.join("|"), other.join("|"))
        );
    }
}
