//! Everything that can happen, as one closed list: its word in the tables, its icon, and whether it is privileged.

use crate::access::ProjectId;
use crate::text_enum;
use serde_json::{Map, Value, json};
use uuid::Uuid;

text_enum!(
    /// The sentence of each is `activity-WORD` in the catalogue (dots become dashes).
    ActKind {
        Created = "created", Changed = "changed", Archived = "archived", Restored = "restored", Moved = "moved",
        Commented = "commented", CommentEdited = "comment_edited", CommentRemoved = "comment_removed",
        CommentResolved = "comment_resolved", CommentReopened = "comment_reopened",
        CommentRestored = "comment_restored",
        Linked = "linked", Unlinked = "unlinked", SourceAdded = "source_added", SourceRemoved = "source_removed",
        DiffProposed = "diff_proposed", DiffDecided = "diff_decided", DiffApplied = "diff_applied", Attached = "attached", Detached = "detached",
        Superseded = "superseded", Closed = "closed", Reopened = "reopened", RevisionRestored = "revision_restored", Deleted = "deleted", Imported = "imported",
        SetUp = "organisation.set_up", OrganisationChanged = "organisation.changed",
        SignedIn = "sign_in.succeeded", SignInFailed = "sign_in.failed", Confirmed = "sign_in.confirmed", FactorAdded = "factor.added", SecretRotated = "secret.rotated",
        FactorRemoved = "factor.removed", FactorSuspect = "factor.suspect", RecoveryCodesMade = "factor.recovery_codes_made",
        SessionEnded = "session.ended",
        PasswordChanged = "password.changed", MemberChanged = "member.role_changed", MemberAdded = "member.added",
        MemberDeactivated = "member.deactivated", MemberReactivated = "member.reactivated", ProfileChanged = "profile_changed",
        WorkHandedOver = "member.work_handed_over",
        GroupCreated = "group.created", GroupDeleted = "group.deleted",
        RoleCreated = "role.created", RoleUpdated = "role.updated", RoleDeleted = "role.deleted",
        OwnerTransferred = "owner.transferred", ServerAdminChanged = "server_admin.changed", GroupChanged = "group.changed",
        InvitationCreated = "invitation.created", InvitationRefreshed = "invitation.refreshed",
        InvitationCancelled = "invitation.cancelled", InvitationAccepted = "invitation.accepted", EmailChanged = "email.changed",
        PasswordResetSent = "password.reset_sent",
        ProjectCreated = "project.created", ProjectChanged = "project.changed", ProjectArchived = "project.archived",
        ProjectRestored = "project.restored", ProjectVisibilityChanged = "project.visibility_changed",
        ProjectGrantChanged = "project.grant_changed", ExportCreated = "export.created", ExportDownloaded = "export.downloaded", ImportRun = "import.run",
        ConfigurationChanged = "configuration.changed",
        BackupMade = "backup.made", BackupRestored = "backup.restored",
        AuditExported = "audit.exported", AuditCut = "audit.cut",
        TokenCreated = "token.created", TokenRevoked = "token.revoked", ApiKeyCreated = "api_key.created",
        ApiKeyDeleted = "api_key.deleted",
        AuditStreamCreated = "audit_stream.created", AuditStreamChanged = "audit_stream.changed",
        MailTested = "mail.tested", JobTriedAgain = "job.tried_again", JobDropped = "job.dropped",
        AuditStreamTested = "audit_stream.tested", AuditStreamDeleted = "audit_stream.deleted",
        ReviewStarted = "review.started", ReviewAnswered = "review.answered", ReviewSigned = "review.signed",
        ReviewRhythmChanged = "review.rhythm_changed", AccessReviewExported = "access_review.exported",
        PracticesChanged = "practices.changed",
        SsoRegistered = "sso.registered", SsoChanged = "sso.changed", SsoEnabled = "sso.enabled", SsoDisabled = "sso.disabled",
        SsoEnforced = "sso.enforced", SsoDeleted = "sso.deleted", SsoTested = "sso.tested", SsoLinked = "sso.linked",
        SsoUnlinked = "sso.unlinked", SsoDomainAdded = "sso.domain_added", SsoDomainVerified = "sso.domain_verified",
        SsoDomainLost = "sso.domain_lost", SsoDomainRemoved = "sso.domain_removed", SsoKeyMade = "sso.key_made", SsoKeyUsed = "sso.key_used", SsoKeyRemoved = "sso.key_removed",
        SsoRuleAdded = "sso.rule_added", SsoRuleChanged = "sso.rule_changed", SsoRuleRemoved = "sso.rule_removed",
        SsoRuleGave = "sso.rule_gave", SsoRuleTook = "sso.rule_took", BreakGlassNamed = "break_glass.named", BreakGlassUsed = "break_glass.used",
        BreakGlassReviewed = "break_glass.reviewed",
        AiPolicyChanged = "ai.policy_changed", AiConnectionTested = "ai.connection_tested", AiLedgerExported = "ai.ledger_exported",
        AiProviderApproved = "ai.provider_approved", AiProviderWithdrawn = "ai.provider_withdrawn",
        AiProviderListEnded = "ai.provider_list_ended",
        AgentChanged = "ai.agent_changed", AgentPublished = "ai.agent_published", AgentRunStarted = "agent_run_started",
        AgentRunCancelled = "agent_run_cancelled", AgentRunPublished = "agent_run_published",
        MemoryWidened = "memory.widened",
        ScimTokenCreated = "scim_token.created", ScimTokenRotated = "scim_token.rotated", ScimTokenRevoked = "scim_token.revoked",
        ScimRegistered = "scim.registered", ScimDeleted = "scim.deleted",
        Refused = "refused",
    }
);

impl ActKind {
    /// Whether an audit event is owed: acts on access, identity and the whole of the data.
    pub fn is_privileged(self) -> bool {
        self.as_str().contains('.') || self == ActKind::Refused
    }

    /// The symbol shown beside its sentence.
    pub fn icon(self) -> &'static str {
        match self {
            ActKind::Created => "plus",
            ActKind::Archived | ActKind::ProjectArchived | ActKind::Deleted => "archive",
            ActKind::Linked | ActKind::Unlinked | ActKind::SourceAdded | ActKind::SourceRemoved => "link",
            ActKind::Attached | ActKind::Detached => "clip",
            ActKind::Moved => "out",
            ActKind::Closed => "check",
            ActKind::Reopened => "refresh",
            _ => "edit",
        }
    }
}

/// One thing that happened, in the making.
#[derive(Debug, Clone)]
pub struct Act {
    pub kind: ActKind,
    pub record: Option<Uuid>,
    pub project: Option<ProjectId>,
    pub target: Option<(&'static str, Uuid)>,
    /// Changed fields as `[field, old, new]`; bodies and secrets never stand here, `null` stands for their words.
    changes: Vec<Value>,
    notes: Map<String, Value>,
}

impl Act {
    pub fn new(kind: ActKind) -> Self {
        Act { kind, record: None, project: None, target: None, changes: Vec::new(), notes: Map::new() }
    }

    pub fn on(mut self, record: impl Into<Uuid>) -> Self {
        self.record = Some(record.into());
        self
    }

    pub fn in_project(mut self, project: ProjectId) -> Self {
        self.project = Some(project);
        self.target.get_or_insert(("project", project.0));
        self
    }

    pub fn target(mut self, kind: &'static str, id: impl Into<Uuid>) -> Self {
        self.target = Some((kind, id.into()));
        self
    }

    /// A short value before and after; both kept.
    pub fn change(mut self, field: &str, old: impl serde::Serialize, new: impl serde::Serialize) -> Self {
        self.changes.push(json!([field, old, new]));
        self
    }

    /// As `change`, with the ids behind the names, because names change.
    pub fn change_of_people<I: serde::Serialize>(
        mut self,
        field: &str,
        (old, old_id): (Option<String>, Option<I>),
        (new, new_id): (Option<String>, Option<I>),
    ) -> Self {
        self.changes.push(json!([field, old, new, old_id, new_id]));
        self
    }

    /// A long text changed; its words are not kept here.
    pub fn text_change(mut self, field: &str) -> Self {
        self.changes.push(json!([field, null, null]));
        self
    }

    /// An id or count the sentence needs.
    pub fn note(mut self, name: &str, value: impl serde::Serialize) -> Self {
        self.notes.insert(name.to_owned(), json!(value));
        self
    }

    pub(in crate::audit) fn details(&self) -> Value {
        let mut details = self.notes.clone();
        if !self.changes.is_empty() {
            details.insert("changes".to_owned(), Value::Array(self.changes.clone()));
        }
        Value::Object(details)
    }

    /// `before` (index 1) or `after` (index 2) of the changed fields, by field.
    pub(in crate::audit) fn side(&self, index: usize) -> Value {
        let pairs = self.changes.iter().filter_map(|change| {
            let field = change.get(0)?.as_str()?.to_owned();
            Some((field, change.get(index)?.clone()))
        });
        let mut side: Map<String, Value> = pairs.collect();
        if index == 2 {
            side.extend(self.notes.clone());
        }
        Value::Object(side)
    }
}
