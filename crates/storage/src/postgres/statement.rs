//! Statements in SQL that are prepared once on each connection. Diesel prepares `sql_query` anew each time, and its query builder knows neither `unnest` nor
//! statements that change several tables.

/// Makes a type a query: `statement! { Type -> (Types, of, columns): "SQL", field: Type, "SQL", … }`. Each field is bound where it is named. Without
/// `-> …` the statement returns no rows. The SQL must be the same for all values of the type.
macro_rules! statement {
    ($name:ident $(<$life:lifetime>)? $(-> $columns:ty)?: $($sql:literal $(, $field:ident: $sql_type:ty,)?)+) => {
        impl $(<$life>)? diesel::query_builder::QueryFragment<diesel::pg::Pg> for $name $(<$life>)? {
            fn walk_ast<'bound>(
                &'bound self,
                mut out: diesel::query_builder::AstPass<'_, 'bound, diesel::pg::Pg>,
            ) -> diesel::QueryResult<()> {
                $(
                    out.push_sql($sql);
                    $(out.push_bind_param::<$sql_type, _>(&self.$field)?;)?
                )+
                Ok(())
            }
        }

        impl $(<$life>)? diesel::query_builder::QueryId for $name $(<$life>)? {
            type QueryId = $crate::postgres::statement::statement!(@static $name $(<$life>)?);
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        $crate::postgres::statement::statement!(@kind $name $(<$life>)? $(-> $columns)?);
    };
    (@static $name:ident) => { Self };
    (@static $name:ident <$life:lifetime>) => { $name<'static> };
    (@kind $name:ident $(<$life:lifetime>)? -> $columns:ty) => {
        impl $(<$life>)? diesel::query_builder::Query for $name $(<$life>)? {
            type SqlType = $columns;
        }
    };
    (@kind $name:ident $(<$life:lifetime>)?) => {};
}
pub(super) use statement;
