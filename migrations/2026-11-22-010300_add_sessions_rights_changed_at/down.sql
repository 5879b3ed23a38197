alter table sessions drop column rights_changed_at;
