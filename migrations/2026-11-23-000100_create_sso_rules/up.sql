-- What a provider says of somebody puts them into groups and gives them roles, by explicit rules; and what came to whom by which rule.
create table sso_rules (
  id uuid constraint sso_rules_pkey primary key,
  connection_id uuid not null constraint sso_rules_connection_id_fkey references sso_connections,
  -- Another one after each change and never one that was used before: whoever was judged by an older rule was not judged by this one.
  number bigint generated always as identity constraint sso_rules_number_key unique,
  claim text not null constraint sso_rules_claim_check check (char_length(claim) between 1 and 300),
  value text not null constraint sso_rules_value_check check (char_length(value) between 1 and 500),
  -- A claim that is left out means that the value is not in it; else it means nothing.
  takes_absence boolean not null default false,
  group_id uuid constraint sso_rules_group_id_fkey references groups,
  role_id uuid constraint sso_rules_role_id_fkey references roles,
  -- No claim makes an owner.
  organisation_role text constraint sso_rules_organisation_role_check check (organisation_role = 'admin'),
  saved_by_id uuid not null constraint sso_rules_saved_by_id_fkey references people,
  saved_at timestamptz not null,
  -- When the provider last left the claim out.
  unsaid_at timestamptz,
  constraint sso_rules_target_check check (num_nonnulls(group_id, role_id, organisation_role) = 1)
);
create index sso_rules_connection_id_idx on sso_rules (connection_id);
create index sso_rules_group_id_idx on sso_rules (group_id);
create index sso_rules_role_id_idx on sso_rules (role_id);
create index sso_rules_saved_by_id_idx on sso_rules (saved_by_id);

-- What is not here was given by hand. Neither reference cascades: a rule ends only after what it gave was taken back.
create table sso_gifts (
  person_id uuid not null constraint sso_gifts_person_id_fkey references people,
  rule_id uuid not null constraint sso_gifts_rule_id_fkey references sso_rules,
  given_at timestamptz not null,
  constraint sso_gifts_pkey primary key (person_id, rule_id)
);
create index sso_gifts_rule_id_idx on sso_gifts (rule_id);
