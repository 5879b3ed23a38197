drop table experiments;
