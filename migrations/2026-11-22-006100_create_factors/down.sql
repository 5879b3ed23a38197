alter table sessions drop column factor;
delete from sessions where method not in ('password', 'setup');
alter table sessions drop constraint sessions_method_check;
alter table sessions add constraint sessions_method_check check (method in ('password', 'setup'));
drop table sign_in_policies, ceremonies, sign_in_steps, recovery_codes, factors;
