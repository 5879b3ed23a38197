drop table agent_runs;
