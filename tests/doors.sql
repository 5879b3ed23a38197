-- Rows with fixed ids for the paths in doors.txt: …0301 a saved view, …0302 a link, both Cleo's.
insert into saved_views (id, organisation_id, owner_id, kind, name, query, created_at)
  select '00000000-0000-0000-0000-000000000301', o.id, p.id, 'ticket', 'Mine', 'status=todo', o.created_at
  from organisations o, people p where p.handle = 'cleo';
insert into record_links (id, from_id, to_id, kind, created_at)
  select '00000000-0000-0000-0000-000000000302', a.id, b.id, 'relates_to', a.created_at
  from records a, records b where a.display_id = 'ATL-1' and b.display_id = 'ATL-2';
-- …0303 a comment with a quote, …0304 a removed one, both Cleo's on ATL-1. …0305 a file and …0306 a removed one on ATL-1.
insert into comments (id, record_id, author_id, body, quote, created_at, removed_at)
  select x.id::uuid, r.id, p.id, 'Ten beams, not twelve.', 'steel', r.created_at, case when x.gone then r.created_at end
  from records r, people p, (values ('00000000-0000-0000-0000-000000000303', false), ('00000000-0000-0000-0000-000000000304', true)) x(id, gone)
  where r.display_id = 'ATL-1' and p.handle = 'cleo';
insert into blobs (hash, bytes, created_at) select repeat('a', 64), 3, created_at from organisations;
insert into files (id, record_id, name, content_type, bytes, hash, author_id, created_at, removed_at)
  select x.id::uuid, r.id, 'list.txt', 'text/plain', 3, repeat('a', 64), p.id, r.created_at, case when x.gone then r.created_at end
  from records r, people p, (values ('00000000-0000-0000-0000-000000000305', false), ('00000000-0000-0000-0000-000000000306', true)) x(id, gone)
  where r.display_id = 'ATL-1' and p.handle = 'cleo';
-- DOC-101 in Atlas (with a second revision) and DOC-102, private, both Cleo's; DOC-103 in Atlas and in the bin.
insert into records (id, organisation_id, kind, number, display_id, scope, project_id, owner_id, title, author_id, created_at, updated_at, archived_at)
  select x.id::uuid, o.id, 'doc', x.number, 'DOC-' || x.number, x.scope, j.id, case when x.scope = 'user' then p.id end, x.title, p.id,
    o.created_at, o.created_at, case when x.number = 103 then o.created_at end
  from organisations o, people p, (values ('00000000-0000-0000-0000-000000000311', 101, 'project', 'Tides'),
    ('00000000-0000-0000-0000-000000000312', 102, 'user', 'Secret plan'), ('00000000-0000-0000-0000-000000000313', 103, 'project', 'Old rota')) x(id, number, scope, title)
  left join projects j on j.key = 'ATL' and x.scope = 'project' where p.handle = 'cleo';
insert into docs (id, place_id, rank, body, revision, removed_at)
  select r.id, r.place_id, 'i', 'deep', case when r.number = 101 then 2 else 1 end, r.archived_at from records r where r.kind = 'doc' and r.number between 101 and 103;
insert into doc_revisions (id, doc_id, number, title, body, author_id, created_at)
  select gen_random_uuid(), d.id, n, r.title, case when n = 1 and d.revision = 2 then 'shallow' else d.body end, r.author_id, r.created_at
  from docs d join records r on r.id = d.id, generate_series(1, d.revision) n;
-- RISK-9 and EXP-9, Edda's in Atlas.
insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, author_id, created_at, updated_at)
  select x.id::uuid, o.id, x.kind, 9, x.display_id, 'project', j.id, x.title, p.id, o.created_at, o.created_at
  from organisations o, people p, projects j,
    (values ('00000000-0000-0000-0000-000000000307', 'risk', 'RISK-9', 'The crane is late'),
            ('00000000-0000-0000-0000-000000000308', 'experiment', 'EXP-9', 'Piles by night')) x(id, kind, display_id, title)
  where p.handle = 'edda' and j.key = 'ATL';
insert into risks (id, status, likelihood, impact) values ('00000000-0000-0000-0000-000000000307', 'open', 3, 4);
insert into experiments (id, status) values ('00000000-0000-0000-0000-000000000308', 'planned');
-- MEM-9, Edda's in Atlas, with …0332 as its source: ATL-1.
insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, author_id, created_at, updated_at)
  select '00000000-0000-0000-0000-000000000331', o.id, 'memory', 9, 'MEM-9', 'project', j.id, 'Steel comes by water', p.id, o.created_at, o.created_at
  from organisations o, people p, projects j where p.handle = 'edda' and j.key = 'ATL';
insert into memory_items (id, item_type, status, confidence, importance) values ('00000000-0000-0000-0000-000000000331', 'fact', 'active', 80, 3);
insert into memory_sources (id, memory_id, record_id, passage, created_at)
  select '00000000-0000-0000-0000-000000000332', '00000000-0000-0000-0000-000000000331', r.id, 'by barge', r.created_at
  from records r where r.display_id = 'ATL-1';
-- …0333 a diff in Atlas, Edda's, with …0334 open and …0335 accepted.
insert into memory_diffs (id, organisation_id, scope, project_id, origin, status, author_id, created_at)
  select '00000000-0000-0000-0000-000000000333', o.id, 'project', j.id, 'person', 'pending', p.id, o.created_at
  from organisations o, people p, projects j where p.handle = 'edda' and j.key = 'ATL';
insert into memory_changes (id, diff_id, position, act, decision, title, item_type, body, confidence, importance)
  select x.id::uuid, '00000000-0000-0000-0000-000000000333', x.position, 'add', x.decision, x.title, 'fact', '', 80, 3
  from (values ('00000000-0000-0000-0000-000000000334', 1, 'open', 'Steel is late'),
               ('00000000-0000-0000-0000-000000000335', 2, 'accepted', 'Steel is dear')) x(id, position, decision, title);
-- SNAP-9 in Atlas, Edda's, to be reviewed.
insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, author_id, created_at, updated_at)
  select '00000000-0000-0000-0000-000000000336', o.id, 'snapshot', 9, 'SNAP-9', 'project', j.id, 'Weekly review', p.id, o.created_at, o.created_at
  from organisations o, people p, projects j where p.handle = 'edda' and j.key = 'ATL';
insert into snapshots (id, place_id, snapshot_type, status, body, since)
  select id, place_id, 'weekly_review', 'pending_review', 'Calm.', created_at from records where display_id = 'SNAP-9';
-- …0307 Vera's grant in Atlas.
update project_grants set id = '00000000-0000-0000-0000-000000000307' where person_id = (select id from people where handle = 'vera');
-- …0361 a stream of the trail, to a port where nobody listens.
insert into audit_streams (id, organisation_id, name, transport, address, created_at)
  select '00000000-0000-0000-0000-000000000361', id, 'SIEM', 'udp', '127.0.0.1:9', created_at from organisations;
-- …0320 an invitation of Ada's, open.
insert into invitations (id, organisation_id, email, role, inviter_id, created_at, expires_at)
  select '00000000-0000-0000-0000-000000000320', o.id, 'ines@elsewhere.example', 'member', p.id, o.created_at, o.created_at + interval '10 years'
  from organisations o, people p where p.handle = 'ada';
-- …0362 a review with one line, …0363.
insert into reviews (id, organisation_id, started_at, due_on) select '00000000-0000-0000-0000-000000000362', id, created_at, '2026-12-31' from organisations;
insert into review_lines (id, review_id, position, kind, subject, what, detail, reference)
  values ('00000000-0000-0000-0000-000000000363', '00000000-0000-0000-0000-000000000362', 1, 'member', 'Dov Peretz', 'member', '', '{"handle": "dov", "role": "member"}');
-- …0381 a sign-on connection that leads nowhere, …0382 Cleo's link through it, …0383 Ben's use of break-glass, not reviewed.
insert into sso_connections (id, source, name, issuer, client_id, scopes, username_claim, email_claim, email_verified_claim,
    given_name_claim, family_name_claim, require_email_verified, provider_logout_enabled, allowed_domains, acr_values, revision, enabled_at, created_at)
  select '00000000-0000-0000-0000-000000000381', 'page', 'Spare ID', 'https://127.0.0.1:9', 'tow', 'openid', 'u', 'e', 'v', 'g', 'f', true, false,
    '{}', '', 1, created_at, created_at from organisations;
insert into sso_links (id, connection_id, issuer, subject, person_id, email, created_at, last_used_at)
  select '00000000-0000-0000-0000-000000000382', '00000000-0000-0000-0000-000000000381', 'https://127.0.0.1:9', 'c', id, email, created_at, created_at
  from people where handle = 'cleo';
insert into break_glass_uses (id, person_id, reason, used_at)
  select '00000000-0000-0000-0000-000000000383', id, 'The provider is down', created_at from people where handle = 'ben';
-- …0387 a key of this server for SAML that waits. Nobody opens it here.
insert into sso_keys (id, state, certificate, private_key, created_at)
values ('00000000-0000-0000-0000-000000000387', 'next', '', '', now());

-- …0384 a domain of the organisation, not proven.
insert into sso_domains (id, organisation_id, domain, challenge, proof, created_at, window_began_at)
  select '00000000-0000-0000-0000-000000000384', id, 'harbour.example', 'x', 'none', created_at, created_at from organisations;
-- …0385 a rule of the sign-on connection, for the planners.
insert into sso_rules (id, connection_id, claim, value, group_id, saved_by_id, saved_at)
  select '00000000-0000-0000-0000-000000000385', '00000000-0000-0000-0000-000000000381', 'groups', 'crane', g.id, p.id, p.created_at
  from groups g, people p where p.handle = 'ada' order by g.name limit 1;
-- …0391 a call to the model provider, for Cleo, with ATL-1 in it.
insert into ai_calls (id, organisation_id, at, finished_at, purpose, endpoint, host, model, person_id, records, attempt, bytes_out, hash, outcome)
  select '00000000-0000-0000-0000-000000000391', o.id, o.created_at, o.created_at, 'connection_test', 'embeddings', 'api.openai.com', 'm', p.id,
    array[r.id], 1, 900, '', 'done' from organisations o, people p, records r where p.handle = 'cleo' and r.display_id = 'ATL-1';
-- …and what it said, kept with ATL-1.
insert into ai_requests (call_id, record_id, part, person_id, at, body, marks)
  select c.id, c.records[1], c.id, c.person_id, c.at, '{"model": "m", "input": ["steel"]}', '{"fence": "", "sources": []}' from ai_calls c
  where c.id = '00000000-0000-0000-0000-000000000391';
-- …0420 CHAT-9, Cleo's: …0421 a turn that waits, …0422 a card, …0423 a search. …0424 an assistant.
insert into records (id, organisation_id, kind, number, display_id, scope, owner_id, title, author_id, created_at, updated_at)
  select '00000000-0000-0000-0000-000000000420', o.id, 'chat', 9, 'CHAT-9', 'user', p.id, 'Steel', p.id, o.created_at, o.created_at
  from organisations o, people p where p.handle = 'cleo';
insert into chats (id, assistant, sources) values ('00000000-0000-0000-0000-000000000420', 'default', '{tickets}');
insert into chat_turns (id, chat_id, assistant, sources, question, asked_at, state, alive_at, finished_at)
  select '00000000-0000-0000-0000-000000000421', id, 'default', '{tickets}', 'Which steel?', created_at, 'waiting', created_at, created_at
  from records where display_id = 'CHAT-9';
insert into chat_actions (id, turn_id, position, kind, fields, state)
  values ('00000000-0000-0000-0000-000000000422', '00000000-0000-0000-0000-000000000421', 0, 'keep_memory', '{"title": "Steel is dear", "place": "organisation"}', 'pending');
insert into chat_searches (id, turn_id, query, state, asked_at)
  select '00000000-0000-0000-0000-000000000423', id, 'steel', 'asked', asked_at from chat_turns;
insert into assistants (id, organisation_id, name, instructions, sources, updated_at)
  select '00000000-0000-0000-0000-000000000424', id, 'Harbour master', 'Mind the tide.', '{docs}', created_at from organisations;
-- …0430 an agent of the organisation: …0431 its version 1, …0432 its draft.
insert into agents (id, organisation_id, key, name, about, category, contract, is_built_in, created_at)
  select '00000000-0000-0000-0000-000000000430', id, '00000000-0000-0000-0000-000000000430', 'Tide watcher', 'Watches.', 'own', 'text', false, created_at
  from organisations;
insert into agent_versions (id, agent_id, number, instructions, model, mode, kinds, saved_at, published_at)
  select '00000000-0000-0000-0000-000000000431', id, 1, 'Watch.', 'fast', 'off', '{doc}', created_at, created_at from agents;
insert into agent_versions (id, agent_id, instructions, model, mode, kinds, saved_at)
  select '00000000-0000-0000-0000-000000000432', id, 'Watch well.', 'fast', 'off', '{doc}', created_at from agents;
-- …0433 a run of it in Atlas, …0434 a call of that run and what it sent.
insert into agent_runs (id, organisation_id, agent_id, trigger, scope, project_id, state, queued_at, finished_at, result)
  select '00000000-0000-0000-0000-000000000433', a.organisation_id, a.id, 'manual', 'project', p.id, 'completed', a.created_at, a.created_at, 'Low water'
  from agents a, projects p where p.key = 'ATL';
insert into ai_calls (id, organisation_id, at, finished_at, purpose, endpoint, host, model, records, attempt, bytes_out, hash, outcome)
  select '00000000-0000-0000-0000-000000000434', organisation_id, queued_at, queued_at, 'agent', 'responses', 'api.openai.com', 'm', '{}', 1, 900, '', 'done'
  from agent_runs;
insert into ai_requests (call_id, run_id, part, at, body, marks)
  select '00000000-0000-0000-0000-000000000434', id, id, queued_at, '{"model": "m", "input": []}', '{"fence": "", "sources": []}' from agent_runs;
insert into provider_approvals (id, organisation_id, host, purpose, terms, approved_at)
  select '00000000-0000-0000-0000-000000000464', id, 'api.openai.com', 'Answers', 'Keeps nothing', created_at from organisations;
-- …0341 a token of the company's directory.
insert into scim_tokens (id, organisation_id, name, creator_id, token_hash, hint, created_at, expires_at)
  select '00000000-0000-0000-0000-000000000341', o.id, 'Entra ID', p.id, 'x', '7Qx2', o.created_at, o.created_at + interval '400 days'
  from organisations o, people p where p.handle = 'ada';
