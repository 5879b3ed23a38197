drop table provider_approvals;
