instances-title = Instances
instances-words = Every copy of TOW that runs on this database. They share all work; any of them may stop without loss.
instances-none = No instance has reported yet
instances-none-words = Each reports within a few seconds of its start. Open this page again in a moment.
instances-one = One instance runs
instances-one-words = If it stops, TOW is away until it is started again. A second one on another machine, with the same DATABASE_URL, APP_SECRET, DATA_ENCRYPTION_KEY and the same uploads (one bucket, or one folder that both mount), goes on meanwhile. The docs page “More than one machine” says how.
instances-no-worker = No instance does background work: mail, search, exports and clean-up wait. Start one with tow serve --role worker, or with --role all.
instances-some-silent = An instance is silent. Others took over its work. If it was stopped on purpose, do nothing; else look at its machine and its log.
instances-versions = Two versions run. That is right while instances are replaced one after the other. Finish soon: what only the newer version knows waits for it.
instances-hint = Requests and jobs are those under way at its last report; held are the jobs that no other may take now. An instance that is silent for { $seconds } seconds loses its jobs to the others. After { $hours } hours it leaves this list.
instance-machine = Machine
instance-unnamed = Without a name
instance-here = answered you
instance-state = State
instance-there = There
instance-silent = Silent
instance-role = Role
instance-role-all = Pages and background work
instance-role-web = Pages
instance-role-worker = Background work
instance-leads = runs the schedule
instance-version = Version
instance-requests = Requests
instance-jobs = Jobs
instance-leases = Held
instance-heard = heard
instance-started = started
settings-instances-words = Which servers run, and what each has in hand
settings-queue-words = What waits, what was given up, and what runs by the clock
queue-title = Background work
queue-words = Mail, search, exports and other work that pages do not wait for. What a job holds is not shown: it may be private.
queue-waiting = By kind
queue-none = Nothing waits
queue-none-words = All work is done. New work appears here and is usually gone within seconds.
queue-kind = Work
queue-due = Due
queue-later = Later
queue-under-way = Under way
queue-given-up = Given up
queue-oldest = Oldest due
queue-instance = Instance
queue-instance-gone = no longer there
queue-attempt = Try
queue-attempt-of = { $attempt } of { $most }
queue-held-until = Held until
queue-given-up-words = These failed at each try, or cannot work. They are kept until somebody decides. Mend the cause first, then try again; a dropped job is gone, and what it should have done is not done.
queue-when = When
queue-attempts = Tries
queue-error = Why
queue-try-again = Try again
queue-try-again-of = Try again: { $kind }
queue-drop = Drop
queue-drop-of = Drop: { $kind }
queue-tried-again = The job waits again, with all its tries.
queue-dropped = The job is dropped.
queue-decided-before = Somebody has decided about this job already.
queue-schedule = By the clock
queue-schedule-words = One instance runs these at their times. What failed stands first and is tried at its next time.
queue-what = What
queue-last = Last run
queue-took = Took
queue-next = Next
queue-failed = Failed
queue-not-yet = not yet
queue-every-seconds = { $count ->
    [one] every second
   *[other] every { $count } seconds
 }
queue-every-minutes = { $count ->
    [one] every minute
   *[other] every { $count } minutes
 }
queue-every-hours = { $count ->
    [one] every hour
   *[other] every { $count } hours
 }
queue-every-days = { $count ->
    [one] every day
   *[other] every { $count } days
 }
does-try-job-again = Try a job again that was given up.
does-drop-job = Drop a job that was given up.
job-kind-exports-make = Make an export
job-kind-mail-send = Send a mail
job-kind-invitations-send = Send an invitation
job-kind-account-reset = Send a link for a new password
job-kind-account-confirm = Send a link that confirms an address
job-kind-account-sign-up = Send a link for a new account
job-kind-trail-send-on = Send the audit trail on
job-kind-vectors-make = Prepare texts for search by meaning
job-kind-diffs-review-memory = Look through memory
job-kind-snapshots-make = Write a snapshot
job-kind-agents-run = Have an agent work
entry-agents-begin-due = Begin agents whose time has come
entry-agents-close-lost = Close work of agents that nobody does any more
entry-audit-seal = Seal the audit trail
entry-audit-flush = Write down counted refusals
entry-audit-forget-details = Forget addresses and browsers in the audit trail
entry-trail-send-on = Send the audit trail on
entry-reviews-begin = Begin access reviews, and remind of open ones
entry-search-index = Take changes into search
entry-vectors-tend = Prepare search by meaning
entry-ai-close-lost = Close requests to a model that nobody waits for
entry-chat-close-lost = Close answers that nobody writes any more
entry-diffs-review-memory = Look for memory that needs a review
entry-sessions-forget = Forget ended sessions
entry-sso-check-domains = Look for the records of the organisation's domains
entry-sso-forget = Forget used sign-on messages
entry-throttles-forget = Forget old counts of tries
entry-kept-forms-forget = Forget interrupted forms
entry-once-keys-forget = Forget which forms were sent
entry-api-answers-forget = Forget kept answers of the API
entry-account-links-forget = Forget old links of accounts
entry-setup-tokens-forget = Forget old set-up tokens
entry-jobs-forget = Forget finished jobs
entry-files-clean-up = Remove files that nothing names
entry-exports-expire = Remove old exports
entry-imports-forget = Remove files of unfinished imports
entry-comments-forget = Remove comments that were taken back
entry-docs-empty-bin = Empty the bin of documents
entry-ai-forget = Forget old requests to models
