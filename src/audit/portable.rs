//! Activity, as it leaves in an export. Audit events stay: their chain belongs to this server.

use crate::audit::ActKind;
use crate::db::portable::Portable;

/// Without its record an act could name somebody's private one, unless it was about the organisation; those are the trail's, with
/// the same right.
pub const ACTIVITY: Portable = Portable::new(
    "activity",
    &["id", "organisation_id", "record_id", "project_id", "actor_kind", "actor_id", "act", "details", "at"],
    "x.at, x.id",
)
.within(
    "(x.record_id in ({visible}) or (x.record_id is null and x.act like '%.%' and {trail}
        and (x.project_id is null or x.project_id in ({projects}))))",
)
// Past when it comes back: no reader takes it for news.
.fixed(&[("transaction_id", "'0'::xid8")])
.words(&[("act", |word| ActKind::parse(word).is_some())]);
