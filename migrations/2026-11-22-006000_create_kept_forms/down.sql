drop table kept_forms;
