-- A call under way shows a sign of life, so that a stopped server does not hold its place; it knows whose budgets it counts against
-- while it lasts; and tokens that nobody counted are told apart from those the provider did.
alter table ai_calls
  add column alive_at timestamptz,
  add column holders uuid[] not null default '{}',
  add column is_estimate boolean not null default false;
