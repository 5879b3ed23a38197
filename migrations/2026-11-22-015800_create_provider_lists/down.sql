drop table provider_lists;
