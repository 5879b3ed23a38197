drop trigger tickets_people on tickets;
drop function keep_ticket_people();
alter table records drop column reporter_id, drop column assignee_id;
