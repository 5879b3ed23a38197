drop table project_grants, projects;
