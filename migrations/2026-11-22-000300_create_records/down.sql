drop table audit_details, audit_events, activity, saved_views, record_watchers, record_references, record_links, record_tags, counters, records;
