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
