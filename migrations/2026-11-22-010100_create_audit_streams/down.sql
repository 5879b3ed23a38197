drop table audit_streams;
