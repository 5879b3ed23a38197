drop table agent_bindings;
drop table agent_versions;
drop table agents;
