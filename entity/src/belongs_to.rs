/// Ends a table: to which others its rows belong, by which column, for queries that read both.
///
/// Written out, where SeaORM's `model` attribute would do it from fields: that makes two more types
/// of every table, which nothing here uses and the compiler pays for (decision 25).
macro_rules! belongs_to {
    ($($column:ident => $($table:ident)::+),* $(,)?) => {
        #[derive(Clone, Copy, Debug, sea_orm::EnumIter)]
        pub enum Relation {
            $($column),*
        }

        impl sea_orm::RelationTrait for Relation {
            fn def(&self) -> sea_orm::RelationDef {
                match *self {
                    $(Self::$column => Entity::belongs_to($($table)::+::Entity)
                        .from(Column::$column)
                        .to($($table)::+::Column::Id)
                        .into(),)*
                }
            }
        }

        $(impl sea_orm::Related<$($table)::+::Entity> for Entity {
            fn to() -> sea_orm::RelationDef {
                sea_orm::RelationTrait::def(&Relation::$column)
            }
        })*

        impl sea_orm::ActiveModelBehavior for ActiveModel {}
    };
}
