# Access reviews.
reviews-title = Access review
reviews-words = Does everybody still need the access they have? Look through it line by line, take away what is no longer needed, and sign. The outcome is kept.
reviews-none = No review yet
reviews-none-words = Begin one below. Every role, group, grant, invitation, key and token becomes a line to confirm or revoke.
review-start = Begin a review
review-start-words = It takes down who has which access at this moment. One review is open at a time.
review-started = The review has begun.
review-rhythm = How often
review-rhythm-words = With a number of months here, the next review begins by itself, and owners and admins get a mail when it begins and before it is due. Empty: by hand only.
review-months = Months between two reviews
review-export = Who has access now
review-export-words = Everybody with their roles, custom roles, groups, grants, pending invitations, API keys and tokens, when they were last here, and (in the JSON) what is written under Practices.
review-export-one = This review as a file
review-of = Review of
review-progress = { $answered } of { $lines } answered
review-answered-lines = Answered lines
review-revoked-count = { $count } revoked
review-signed-by = signed by { $name }
review-due = due
review-started-by = Begun by { $name }.
review-started-by-clock = Begun by the clock.
review-kinds = Kinds of access
review-lines = Lines
review-all = All
review-show-all = Show answered lines too
review-show-open = Show open lines only
review-kind-member = People
review-kind-custom-role = Custom roles
review-kind-group-member = Groups
review-kind-grant = Project grants
review-kind-invitation = Invitations
review-kind-token = Personal tokens
review-kind-key = API keys
review-kind-link = Sign-ons
review-kind-directory-token = Token of the directory
review-kind-break-glass = Break-glass
review-kind-left = Left
review-kind-role = Roles
review-kind-group = Groups
review-kind-connection = Connections
review-no-lines = Nothing here
review-no-lines-words = There is no such access in this review.
review-subject = Who
review-what = What
review-used = Last used
review-answer = Still needed?
review-confirm = Confirm
review-confirm-of = Confirm { $what } of { $subject }
review-revoke = Revoke
review-revoke-of = Revoke { $what } of { $subject }
review-revoke-deactivate = Deactivate
review-revoke-to-member = Make member
review-revoke-cancel = Cancel it
review-confirmed = confirmed
review-revoked = revoked
review-gone = was gone already
review-answered = { $answer ->
    [confirmed] Confirmed.
    [revoked] Revoked. It is taken away from now on.
   *[gone] It was gone already, or has changed since the review began.
 }
refused-review-unseen = You cannot see this, so you cannot take it away. Somebody who can must answer this line.
review-finding = What was found
review-sign = Sign the review
review-sign-words = When every line is answered. Nothing changes in it afterwards.
review-signed-now = The review is signed and kept.
problem-review-open = A review is open. Sign it before you begin another.
problem-review-signed = This review is signed; nothing changes in it any more.
problem-review-lines-open = { $count ->
    [one] One line is still open.
   *[other] { $count } lines are still open.
 }
problem-review-months = Write a number of months from 1 to { $max }, or nothing.
problem-line-answered = Somebody has answered this line already.
mail-review-begun = An access review has begun
mail-review-begun-words = Please look through who has which access, line by line, and take away what is no longer needed.
mail-review-due = The access review is due { $day }
mail-review-due-words = Lines of it are still open. Please answer them and sign it.
mail-review-open = Open the review

# Practices: the page in the settings and docs/production.md.
practices-title = Practices
practices-words = How a server like this one should be run, and how it stands. What only people can know, they write down below.
practices-docs = The same list stands in the settings under Practices, with how your server stands now. What only people can know is written down there, and travels with the access review’s export.
practices-docs-seen = The server sees this itself.
practices-docs-both = The server sees this itself, and people write down what it cannot see.
practices-docs-note = People write this down on the page.
practices-docs-people = Only people can judge this.
practices-docs-stale = An invitation counts as stale after { $days } days, a token or API key as old after { $old } or when nobody used it for { $idle }, a secret as old after { $secret }, and a last backup as old after { $backup }.
practices-notes = What only people know
practices-notes-words = Where each part runs and who answers for it, what may be lost, and when it was last tried. No passwords.
practice-good = good
practice-attention = needs attention
practice-people = yours to judge
practice-now = Now
practice-what = What it means
practice-now-unwritten = Nothing is written down yet.
practice-now-written = Written down.
practice-now-missing = Not written down: { $names }.
practice-now-cookie-yes = The cookie is sent over https only.
practice-now-cookie-no = The cookie would also be sent without encryption. Set security.session_cookie_secure.
practice-now-key-yes = DATA_ENCRYPTION_KEY is set.
practice-now-key-no = DATA_ENCRYPTION_KEY is not set: secrets of streams, sign-on and factors cannot be kept.
practice-age = { $name } { $days ->
    [0] since today
    [one] for one day
   *[other] for { $days } days
 }
practice-now-ages = In use: { $names }.
practice-now-sign-on-required = Everybody signs in through the provider.
practice-now-sign-on-offered = People may sign in through a provider, and with a password too.
practice-now-sign-on-none = People sign in with passwords; no provider is connected.
practice-now-keepers = { $count ->
    [0] Nobody is named as break-glass owner.
    [one] One break-glass owner is named.
   *[other] { $count } break-glass owners are named.
 }
practice-now-bare-keepers = The door stays shut, for want of a second factor, for { $names }.
practice-now-unreviewed = { $count ->
    [one] One break-glass session has not been reviewed.
   *[other] { $count } break-glass sessions have not been reviewed.
 }
practice-now-old-keys = { $count ->
    [0] No token or API key is old or unused.
    [one] One token or API key is old or unused.
   *[other] { $count } tokens and API keys are old or unused.
 }
practice-now-rhythm = { $count ->
    [one] One begins every month.
   *[other] One begins every { $count } months.
 }
practice-now-no-rhythm = Reviews begin by hand only.
practice-now-owners = { $count ->
    [one] There is one owner. When they lose their access, nobody can help.
   *[other] There are { $count } owners.
 }
practice-now-admins = { $owners } owners, { $admins } admins and { $server } server admins among { $people } people.
practice-now-factors = { $count ->
    [0] Every owner has a second factor here.
   *[other] Without one: { $names }.
 }
practice-now-invitations = { $count ->
    [0] None is stale.
    [one] One is stale: refresh or cancel it.
   *[other] { $count } are stale: refresh or cancel them.
 }
practice-now-backup-none = No backup was made with tow backup create.
practice-now-backup-sealed = { $set } was made on { $at } and is encrypted.
practice-now-backup-open = { $set } was made on { $at } and is not encrypted: set backup.age_recipient.
practice-now-no-review = None has been signed yet.
practice-now-review = The last one was signed on { $day }.
practice-now-streams = { $count ->
    [0] The trail is not sent anywhere.
   *[other] Streams: { $count }, of which failing: { $failing }.
 }
practice-now-files-closed = .env and the data folder are closed to other users.
practice-now-files-open = Others on the machine can read: { $names }.
practice-https = HTTPS end to end
practice-https-words = People, sign-on, webhooks and anything between proxy and server travel encrypted. End TLS at the edge and forward only over a private, trusted network; set public_app_url to the https address.
practice-cookie = Secure cookie
practice-cookie-words = With security.session_cookie_secure the session’s cookie never travels without encryption. Keep session_cookie_name as it is: a new name signs everybody out. session_max_age_seconds follows your policy.
practice-encryption = Encryption at rest
practice-encryption-words = The operator’s part: the database’s volume, the uploads, the logs and every backup lie on encrypted storage, under the same class of protection as the server.
practice-secrets = Secrets from a manager
practice-secrets-words = APP_SECRET, DATA_ENCRYPTION_KEY and every other secret come from a secrets manager or files that it writes (NAME_FILE), another one for each environment; they are changed on a schedule, and at once after an emergency or when somebody may have seen them. Their age stands here and in tow doctor.
practice-key = A key for what must be read back
practice-key-words = Client secrets of sign-on, webhook secrets and seeds of second factors are sealed under DATA_ENCRYPTION_KEY, which is nobody else’s key. Losing it loses them.
practice-files = Files closed to others
practice-files-words = .env and the data folder stand outside version control and images and are readable by the server’s user alone. tow doctor checks the modes.
practice-owners = Two owners
practice-owners-words = At least two people own the organisation, so that one who is ill or gone locks nobody out.
practice-admins = Few admins and server admins
practice-admins-words = Admins for those who run the organisation day by day, custom roles for what is narrower, members for everybody else. Server admins only for who runs the machine.
practice-factors = Owners with a second factor
practice-factors-words = Every owner has a passkey or an authenticator app here, or signs on through an identity provider that demands one. Do not rely on a password alone for an owner.
practice-sign-on = Sign-on for everybody
practice-sign-on-words = People come in through the company’s identity provider, which asks for a second factor and knows who has left; passwords are not offered. Break-glass owners get in when it fails.
practice-emergency = Emergency access
practice-emergency-words = A break-glass owner whose credentials lie in a controlled vault: never for daily work, its use alerts everybody and is reviewed afterwards, and whatever it exposed is changed. It has a password and a second factor.
practice-invitations = No stale invitations
practice-invitations-words = An invitation that nobody took is an open door for whoever has the link. Cancel it, or refresh it for who still comes.
practice-old-keys = No old keys
practice-old-keys-words = Tokens and API keys are changed on a schedule and taken away when nobody uses them. An access review lists each with its last use.
practice-review = Access reviews
practice-review-words = On a regular day everybody’s roles, groups, grants, keys, tokens and ways in are looked through, line by line, and the review is signed. Change roles when duties change, and remove who has left.
practice-stream = The audit trail in a second place
practice-stream-words = A stream sends every event to a log server or SIEM as it happens, where nobody of this server can change it.
practice-topology = Topology
practice-topology-words = Ingress, server, workers, database, uploads and backups: where each runs, and who answers for it. More than one instance and a managed database with failover where the work cannot stop.
practice-recovery = Recovery objectives
practice-recovery-words = How much may be lost, and how long it may take, for the database, the uploads and the workers.
practice-providers = Approved providers of AI and web search
practice-providers-words = Each provider that text may go to: what for, at which address, what it keeps and how long, who approved it and when. Once the list was begun, a host that is not on it is not called, whatever tow.yaml names, until somebody ends the list. An approval is withdrawn when its terms change.
practice-now-providers-none = No list is kept: whatever tow.yaml names is called, as far as the AI policies allow.
practice-now-providers = { $count ->
    [0] A list is kept and nobody is on it, so no provider may be called.
    [one] One provider is approved; no other is called.
   *[other] { $count } providers are approved; no other is called.
}
practice-now-providers-off = { $count ->
    [one] Not approved, and so not called: { $names }.
   *[other] Not approved, and so not called: { $names }.
}
practices-providers = Approved providers
practices-providers-words = Once one stood here, a host that does not is not called, also when the last approval was withdrawn.
practices-providers-empty = None yet. Whatever tow.yaml names may be called.
practices-providers-emptied = Every approval is withdrawn, so nobody is called. Approve a provider, or end the list: then whatever tow.yaml names may be called again.
approval-endpoint = Endpoint
approval-endpoint-hint = A host such as api.example.com, or an address of it.
approval-purpose = Purpose
approval-terms = What it keeps, and how long
approval-by = Approved
approval-approve = Approve
approval-withdraw = Withdraw
approval-withdraw-of = Withdraw the approval of { $name }
approval-withdrawn = The approval is withdrawn.
approvals-end = End the list
approvals-ended = The list is ended. Whatever tow.yaml names may be called.
problem-approvals-left = A provider is still approved. Withdraw every approval first, then end the list.
problem-approval-endpoint = This is no host. Write it as api.example.com, with a port where one is meant.
problem-approval-missing = Write something here: it is what was approved.
problem-approvals-many = { $max } providers are approved already. Withdraw one that is not used any more.
does-approve-provider = Approve a provider of AI or web search.
does-end-approvals = End the list of approved providers, so that any host in tow.yaml may be called again.
does-withdraw-approval = Withdraw the approval of a provider of AI or web search.
practice-backup = Backups
practice-backup-words = Database and uploads together, encrypted, kept elsewhere, and under the same class of protection as the server. Exports lie nowhere longer than their use, and travel through approved channels only.
practice-restore = Restore drill
practice-restore-words = A backup that was never restored is a hope. Try it on a schedule and write down how long it took.
practice-failover = Failover drill
practice-failover-words = Take an instance and the database’s primary away on a quiet day, before an incident does.
practice-isolation = Restricted projects are no walls between companies
practice-isolation-words = A restricted project keeps colleagues apart. What law or contract wants kept apart (a customer, a subsidiary, regulated data) belongs on a server of its own.
practice-note-ingress = Ingress: where, and who answers for it
practice-note-server = Server
practice-note-workers = Workers
practice-note-database = Database
practice-note-uploads = Uploads
practice-note-backups = Backups
practice-note-encryption = Encryption at rest: which parts, and how
practice-note-secrets = Secrets: which manager, how often changed
practice-note-recovery-point = How much may be lost
practice-note-recovery-time = How long recovery may take, beside the drill’s time
practice-note-last-backup = Last backup that was checked
practice-note-restore-drill = Last restore drill, and its time
practice-note-failover-drill = Last failover drill
practice-note-emergency-access = Emergency access: where the sheet lies, and who may open it
does-begin-review = Begin an access review.
does-change-rhythm = Change how often an access review begins by itself.
does-export-access = Take out who has which access, as a file.
does-export-review = Take out this access review as a file.
does-answer-line = { $answer ->
    [revoke] Take away what one line of the access review names.
   *[confirm] Confirm one line of the access review.
 }
does-sign-review = Sign the access review.
does-change-practices = Change what is written down about how this server is run.
