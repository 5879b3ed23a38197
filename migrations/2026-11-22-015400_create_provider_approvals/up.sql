-- Which providers of models and of web search an admin has approved, and on which terms. Once one stands here, no other is called.
create table provider_approvals (
  id uuid constraint provider_approvals_pkey primary key,
  organisation_id uuid not null constraint provider_approvals_organisation_id_fkey references organisations,
  -- With its port, unless it is the usual one.
  host text not null constraint provider_approvals_host_check check (char_length(host) between 1 and 255),
  purpose text not null constraint provider_approvals_purpose_check check (char_length(purpose) between 1 and 1000),
  -- What it keeps of what it is sent, and how long.
  terms text not null constraint provider_approvals_terms_check check (char_length(terms) between 1 and 1000),
  approved_by_id uuid constraint provider_approvals_approved_by_id_fkey references people,
  approved_at timestamptz not null,
  constraint provider_approvals_organisation_id_host_key unique (organisation_id, host)
);
create index provider_approvals_approved_by_id_idx on provider_approvals (approved_by_id);
