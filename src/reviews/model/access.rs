//! Everything that gives access, as lines of one form: whose it is, what it gives, since when, and when it was last used.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

text_enum!(
    /// In the order of a review. What only an export tells (left people, definitions, connections) is no line of a review.
    AccessKind {
        Member = "member", CustomRole = "custom_role", GroupMember = "group_member", Grant = "grant", Invitation = "invitation",
        Token = "token", Key = "key", DirectoryToken = "directory_token", Link = "link", BreakGlass = "break_glass", Left = "left", Role = "role", Group = "group", Connection = "connection",
    }
);

impl AccessKind {
    /// Whether a review asks about it.
    pub fn is_asked(self) -> bool {
        !matches!(self, AccessKind::Left | AccessKind::Role | AccessKind::Group | AccessKind::Connection)
    }
}

/// One line.
#[derive(Debug, Clone, QueryableByName)]
pub struct Access {
    #[diesel(sql_type = Text)]
    pub kind: AccessKind,
    #[diesel(sql_type = Text)]
    pub subject: String,
    #[diesel(sql_type = Text)]
    pub what: String,
    #[diesel(sql_type = Text)]
    pub detail: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub person_id: Option<Uuid>,
    #[diesel(sql_type = Jsonb)]
    pub reference: Value,
}

/// Each names the same columns; `{now}` is the time.
const PARTS: &[&str] = &[
    "select 'member' as kind, p.name as subject, m.role as what,
       p.email || case when p.server_admin then ', server admin' else '' end || case when exists (
         select 1 from factors f where f.person_id = p.id and f.confirmed_at is not null) then ', second factor' else ', no second factor' end
         || case when exists (select 1 from sso_gifts f join sso_rules u on u.id = f.rule_id where f.person_id = p.id and u.organisation_role = m.role) then ', by a rule of sign-on' else '' end as detail,
       m.created_at as since, (select max(s.last_seen_at) from sessions s where s.person_id = p.id) as last_used_at, p.id as person_id,
       jsonb_build_object('handle', p.handle, 'role', m.role) as reference
     from memberships m join people p on p.id = m.person_id where p.deactivated_at is null",
    "select 'custom_role', p.name, r.name,
       coalesce((select string_agg(rp.permission, ', ' order by rp.permission) from role_permissions rp where rp.role_id = r.id), '')
         || case when exists (select 1 from sso_gifts f join sso_rules u on u.id = f.rule_id where f.person_id = p.id and u.role_id = r.id) then ', by a rule of sign-on' else '' end,
       pr.created_at, null, p.id, jsonb_build_object('handle', p.handle, 'role', r.id)
     from person_roles pr join people p on p.id = pr.person_id join roles r on r.id = pr.role_id where p.deactivated_at is null",
    "select 'group_member', p.name, g.name, coalesce((select string_agg(j.key || ': ' || pg.role, ', ' order by j.key)
       from project_grants pg join projects j on j.id = pg.project_id where pg.group_id = g.id), '')
         || case when exists (select 1 from sso_gifts f join sso_rules u on u.id = f.rule_id where f.person_id = p.id and u.group_id = g.id) then ', by a rule of sign-on' else '' end,
       gm.created_at, null, p.id, jsonb_build_object('group', g.id, 'person', p.id)
     from group_members gm join people p on p.id = gm.person_id join groups g on g.id = gm.group_id where p.deactivated_at is null",
    "select 'grant', coalesce(p.name, g.name), pg.role, j.key || ' ' || j.name || ', ' || j.visibility || case when g.id is null then '' else ', group' end,
       pg.created_at, null, p.id, jsonb_build_object('project', j.key, 'grant', pg.id)
     from project_grants pg join projects j on j.id = pg.project_id left join people p on p.id = pg.person_id
       left join groups g on g.id = pg.group_id where p.deactivated_at is null",
    "select 'invitation', coalesce(i.email, 'whoever has the link'), i.role,
       'by ' || p.name || ', until ' || to_char(i.expires_at at time zone 'UTC', 'YYYY-MM-DD'), i.created_at, null, null, jsonb_build_object('invitation', i.id)
     from invitations i join people p on p.id = i.inviter_id where i.accepted_at is null and i.revoked_at is null and i.expires_at > {now}",
    "select case t.kind when 'personal' then 'token' else 'key' end, coalesce(p.name, t.name), t.name,
       array_to_string(t.scopes, ', ') || case when t.is_narrowed then ', in ' || coalesce((select string_agg(j.key, ' ' order by j.key)
         from token_projects tp join projects j on j.id = tp.project_id where tp.token_id = t.id), '') else '' end
         || ', until ' || to_char(t.expires_at at time zone 'UTC', 'YYYY-MM-DD'),
       t.created_at, u.last_used_at, t.person_id, jsonb_build_object('token', t.id, 'handle', p.handle)
     from tokens t left join people p on p.id = t.person_id left join token_uses u on u.token_id = t.id
     where t.revoked_at is null and t.expires_at > {now}",
    "select 'directory_token', t.name, 'directory', '…' || t.hint || ', by ' || p.name || ', until ' || to_char(t.expires_at at time zone 'UTC', 'YYYY-MM-DD')
         || case when exists (select 1 from scim_tokens n where n.replaces_id = t.id and n.revoked_at is null) then ', another has taken over' else '' end,
       t.created_at, u.last_used_at, null, jsonb_build_object('directory_token', t.id)
     from scim_tokens t join people p on p.id = t.creator_id left join scim_token_uses u on u.token_id = t.id
     where t.revoked_at is null and t.expires_at > {now}",
    "select 'link', p.name, c.name, coalesce(nullif(l.email, ''), l.subject) || case when c.enabled_at is null then ', closed' else '' end,
       l.created_at, l.last_used_at, p.id, jsonb_build_object('link', l.id, 'handle', p.handle)
     from sso_links l join people p on p.id = l.person_id join sso_connections c on c.id = l.connection_id where p.deactivated_at is null",
    "select 'break_glass', p.name, 'owner', p.email || case when exists (
         select 1 from factors f where f.person_id = p.id and f.confirmed_at is not null) then ', second factor' else ', no second factor' end,
       b.named_at, (select max(u.used_at) from break_glass_uses u where u.person_id = p.id), p.id, jsonb_build_object('person', p.id)
     from break_glass_owners b join people p on p.id = b.person_id where p.deactivated_at is null",
    "select 'connection', c.name, case when e.id is not null then 'required for everybody' when c.enabled_at is not null then 'open' else 'closed' end,
       c.issuer || case when c.protocol = 'saml' then ', SAML' else ', client ' || c.client_id end || case when c.source = 'file' then ', from tow.yaml' else '' end
         || case when c.allowed_domains = '{}' then '' else ', domains ' || array_to_string(c.allowed_domains, ' ') end
         || coalesce((select ', rules ' || nullif(count(*), 0) from sso_rules u where u.connection_id = c.id), ''),
       c.created_at, (select max(l.last_used_at) from sso_links l where l.connection_id = c.id), null,
       jsonb_build_object('connection', c.id, 'revision', c.revision, 'links', (select count(*) from sso_links l where l.connection_id = c.id))
     from sso_connections c left join sso_enforcements e on e.connection_id = c.id",
    "select 'left', p.name, m.role, p.email, p.deactivated_at, (select max(s.last_seen_at) from sessions s where s.person_id = p.id), p.id, '{}'::jsonb
     from memberships m join people p on p.id = m.person_id where p.deactivated_at is not null",
    "select 'role', r.name, coalesce((select string_agg(rp.permission, ', ' order by rp.permission) from role_permissions rp where rp.role_id = r.id), ''),
       r.about, r.created_at, null, null, jsonb_build_object('role', r.id) from roles r",
    "select 'group', g.name, (select count(*) from group_members gm where gm.group_id = g.id)::text || ' people', g.about, g.created_at, null, null,
       jsonb_build_object('group', g.id) from groups g",
];

/// All of them in one statement, with `order by` ready to be numbered: aliased a.
pub(in crate::reviews) fn from_all(tx: &Tx) -> Sql {
    let mut sql = Sql::new("(");
    for (index, part) in PARTS.iter().enumerate() {
        if index > 0 {
            sql.push(" union all ");
        }
        let mut pieces = part.split("{now}");
        sql.push(pieces.next().unwrap_or_default());
        for piece in pieces {
            sql.bind(tx.now).push(piece);
        }
    }
    sql.push(") a");
    sql
}

/// The order of a review: by kind, then by name.
pub(in crate::reviews) fn order() -> String {
    let kinds: Vec<String> = AccessKind::ALL.iter().map(|kind| format!("'{kind}'")).collect();
    format!(
        "array_position(array[{}]::text[], a.kind), lower(a.subject), a.what, a.detail, a.reference::text",
        kinds.join(", ")
    )
}

impl Access {
    /// Everything there is now. Who may see it is asked by who calls.
    pub(in crate::reviews) fn list(tx: &mut Tx) -> Result<Vec<Access>> {
        let mut sql = Sql::named("reviews::access", "select a.* from ");
        sql.append(&from_all(tx)).push(" order by ").push(&order());
        Ok(sql.load(tx.conn())?)
    }
}
