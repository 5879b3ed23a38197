drop table organisation_exports;
