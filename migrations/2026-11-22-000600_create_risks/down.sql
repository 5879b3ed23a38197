drop table risk_closures;
drop table risks;
