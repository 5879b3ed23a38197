-- Whose a ticket is, beside when it was changed: else all of somebody's own are looked at for the newest of them.
alter table records
  add column assignee_id uuid constraint records_assignee_id_fkey references people,
  add column reporter_id uuid constraint records_reporter_id_fkey references people;
-- Here and not in schema/: no ticket may fall between this and what fills the columns, an older program's either.
create function keep_ticket_people() returns trigger language plpgsql as $$
begin
  update records set assignee_id = new.assignee_id, reporter_id = new.reporter_id
    where id = new.id and (assignee_id, reporter_id) is distinct from (new.assignee_id, new.reporter_id);
  return null;
end $$;
create trigger tickets_people after insert or update of assignee_id, reporter_id on tickets
  for each row execute function keep_ticket_people();
