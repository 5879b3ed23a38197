-- The company's own domains, proven by a record in the domain name system: an address of theirs vouches for its person.
create table sso_domains (
  id uuid constraint sso_domains_pkey primary key,
  organisation_id uuid not null constraint sso_domains_organisation_id_fkey references organisations,
  -- Lower case, ASCII.
  domain text not null constraint sso_domains_domain_check check (char_length(domain) between 3 and 237 and domain = lower(domain)),
  -- What the record must say. No secret: everybody can read the record.
  challenge text not null,
  -- `carried`: was allowed before domains had to be proven, and counts until somebody proves or removes it.
  proof text not null constraint sso_domains_proof_check check (proof in ('none', 'record', 'carried')),
  created_at timestamptz not null,
  verified_at timestamptz,
  lost_at timestamptz,
  checked_at timestamptz,
  -- Days in a row on which the record was not there.
  misses integer not null default 0,
  window_began_at timestamptz not null,
  window_count integer not null default 0,
  constraint sso_domains_organisation_id_domain_key unique (organisation_id, domain),
  constraint sso_domains_verified_at_check check ((verified_at is null) = (proof = 'none'))
);

insert into sso_domains (id, organisation_id, domain, challenge, proof, created_at, verified_at, window_began_at)
  select gen_random_uuid(), o.id, d.domain, replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'carried', now(), now(), now()
  from organisations o, (
    select distinct lower(unnest(allowed_domains)) as domain from sso_connections where source = 'page'
  ) d where char_length(d.domain) between 3 and 237
  on conflict do nothing;
