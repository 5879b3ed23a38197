drop table schedule_runs, jobs;
