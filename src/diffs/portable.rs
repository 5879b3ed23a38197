//! Diffs, as they leave in an export. A change leaves only for who may read everything it is about and comes from; what was deleted
//! for good nobody reads.

use crate::db::portable::Portable;

const CHANGES: &str = "x.diff_id in (select d.id from memory_diffs d where d.place_id in ({places}))
    and (x.target_id is null or x.target_id in ({visible})) and (x.other_id is null or x.other_id in ({visible}))
    and (x.result_id is null or x.result_id in ({visible}))
    and not exists (select 1 from memory_evidence e where e.change_id = x.id
      and (e.record_id is null and e.widened_at is null or e.record_id not in ({visible})))";

pub const TABLES: [Portable; 3] = [
    Portable::new(
        "memory_diffs",
        &[
            "id",
            "organisation_id",
            "scope",
            "project_id",
            "group_id",
            "owner_id",
            "origin",
            "status",
            "reason",
            "author_id",
            "created_at",
            "decided_by_id",
            "decided_at",
        ],
        "x.id",
    )
    .within("x.place_id in ({places})"),
    Portable::new(
        "memory_changes",
        &[
            "id",
            "diff_id",
            "position",
            "act",
            "target_id",
            "other_id",
            "title",
            "item_type",
            "body",
            "confidence",
            "importance",
            "valid_from",
            "valid_until",
            "base_title",
            "base_body",
            "seen",
            "decision",
            "decided_by_id",
            "decided_at",
            "result_id",
            "finding",
        ],
        "x.id",
    )
    .within(CHANGES),
    Portable::new(
        "memory_evidence",
        &["id", "change_id", "record_id", "passage", "widened_by_id", "widened_at"],
        "x.id",
    )
    .within(
        "x.record_id in ({visible}) and x.change_id in (select c.id from memory_changes c join memory_diffs d on d.id = c.diff_id
           where d.place_id in ({places}) and (c.target_id is null or c.target_id in ({visible}))
             and (c.other_id is null or c.other_id in ({visible})) and (c.result_id is null or c.result_id in ({visible})))
         and not exists (select 1 from memory_evidence e where e.change_id = x.change_id
           and (e.record_id is null and e.widened_at is null or e.record_id not in ({visible})))",
    ),
];
