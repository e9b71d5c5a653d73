//! Migrations can be taken back: each `down.sql` leaves the schema that its `up.sql` found.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

use crate::support::{connect, empty_database};

/// What a schema consists of, one line for each part, wherever a column stands in its table.
const PARTS: &str = "
with ours as (
    select c.oid, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'v', 'S') and c.relname not like '\\_\\_diesel%'
)
select 'column ' || o.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || case when a.attnotnull then ' not null' else '' end
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
       || coalesce(' -- ' || col_description(o.oid, a.attnum), '') as line
from ours o join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum
union all select 'table ' || relname || coalesce(' -- ' || obj_description(oid, 'pg_class'), '') from ours
union all select 'constraint ' || o.relname || ' ' || c.conname || ' ' || pg_get_constraintdef(c.oid)
from ours o join pg_constraint c on c.conrelid = o.oid
union all select 'index ' || pg_get_indexdef(i.indexrelid) from ours o join pg_index i on i.indrelid = o.oid
union all select 'trigger ' || pg_get_triggerdef(t.oid) from ours o join pg_trigger t on t.tgrelid = o.oid
where not t.tgisinternal
union all select 'function ' || pg_get_functiondef(p.oid) from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where n.nspname = 'public' and p.prokind = 'f' and not exists
    (select from pg_depend e where e.objid = p.oid and e.deptype = 'e')
union all select 'type ' || t.typname || ' ' || string_agg(e.enumlabel, ',' order by e.enumsortorder)
from pg_type t join pg_enum e on e.enumtypid = t.oid group by t.typname
order by 1";

#[derive(QueryableByName)]
struct Part {
    #[diesel(sql_type = Text)]
    line: String,
}

fn parts(conn: &mut diesel::PgConnection) -> Vec<String> {
    let parts: Vec<Part> = sql_query(PARTS).load(conn).expect("the catalogue answers");
    parts.into_iter().map(|part| part.line).collect()
}

#[test]
fn every_migration_can_be_taken_back() {
    let mut conn = connect(&empty_database());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let migrations = FileBasedMigrations::from_path(folder).expect("there are migrations");
    let pending = conn.pending_migrations(migrations).expect("they are known");
    assert!(!pending.is_empty());
    let mut wrong = Vec::new();
    for migration in pending {
        let before = parts(&mut conn);
        // Twice: what goes down must be able to come up again.
        for _ in 0..2 {
            conn.run_migration(&migration).expect("it goes up");
            conn.revert_migration(&migration).expect("it goes down");
        }
        let after = parts(&mut conn);
        let gone = before.iter().filter(|part| !after.contains(part));
        let left = after.iter().filter(|part| !before.contains(part));
        let parts = gone
            .map(|part| ("gone", part))
            .chain(left.map(|part| ("left", part)));
        wrong.extend(parts.map(|(how, part)| format!("{}: {how}: {part}", migration.name())));
        conn.run_migration(&migration).expect("it goes up");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
