-- Those from before, ten thousand at a time, so that nobody waits for all of them. The record is held before its ticket is read: whoever
-- changes that meanwhile writes here afterwards.
do $$
declare
  done uuid := '00000000-0000-0000-0000-000000000000';
  upto uuid;
begin
  loop
    upto := (select id from (select id from tickets where id > done order by id limit 10000) step order by id desc limit 1);
    exit when upto is null;
    perform from records where id > done and id <= upto and kind = 'ticket' for no key update;
    update records r set assignee_id = t.assignee_id, reporter_id = t.reporter_id from tickets t
      where t.id = r.id and t.id > done and t.id <= upto and (r.assignee_id, r.reporter_id) is distinct from (t.assignee_id, t.reporter_id);
    commit;
    done := upto;
  end loop;
end $$;
