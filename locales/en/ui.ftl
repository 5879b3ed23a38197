# The frame around every page.
skip-to-content = Skip to content
dismiss = Dismiss
undo = Undo
close = Close
save = Save
add = Add
cancel = Cancel
send-again = Send again
try-now = Try now
reconnecting = Reconnecting to TOW. What you have typed is safe on this device.
nav-main = Main
nav-phone = Phone
nav-breadcrumb = Breadcrumb
nav-project = Project
nav-projects = Projects
nav-all-projects = All projects
nav-projects-find = Find among { $count } projects
nav-new-project = New project
nav-members = Members and groups
nav-organisation = Organisation settings
nav-preferences = Preferences
nav-search = Search or jump to
nav-search-short = Search
nav-more = More
nav-company-memory = Company memory
nav-execution = Execution
nav-tickets = Tickets
nav-decisions = Decisions
theme-light = Light
theme-dark = Dark
theme-system = Follow the system
sign-out = Sign out
shortcuts-title = Keyboard shortcuts
shortcuts-palette = Search or jump to
shortcuts-move = Move down and up a list
shortcuts-select = Select
shortcuts-open = Open
shortcuts-send = Send the form you write in
shortcuts-card = Move a card of a board

# Times.
time-just-now = just now
time-now = now
time-min = { $count } min
time-h = { $count } h
time-d = { $count } d
time-minutes-ago = { $minutes ->
    [one] 1 minute ago
   *[other] { $minutes } minutes ago
 }
time-hours-ago = { $hours ->
    [one] 1 hour ago
   *[other] { $hours } hours ago
 }
time-days-ago = { $days } days ago
time-today = today
time-tomorrow = tomorrow
time-yesterday = yesterday
time-overdue = overdue { $days } d

# Error pages.
error-home = Go to the start page
error-request = Request
error-not-found = Nothing here, or nothing for you
error-not-found-words = The address may be wrong, or the record is in a place you cannot see. We do not say which.
error-forbidden = You may not do that
error-forbidden-words = You can see this, but changing it needs a role you do not have.
error-confirm = Please confirm that it is you
error-confirm-words = This needs a recent sign-in. Sign out, sign in again, and repeat it.
error-method = That address does something else
error-method-words = The address exists, but not for this kind of request.
error-conflict = Somebody else was faster
error-conflict-words = This was changed while you were writing. Go back: your text is still in the form.
error-too-large = That is too much at once
error-too-large-words = What you sent is larger than this server accepts. Nothing was saved; go back and send less.
error-kind = The server cannot read that
error-kind-words = What was sent is not of a kind this page understands. Nothing was saved.
error-slow = Too many tries
error-slow-words = Wait a moment, then try again.
error-away = TOW is starting, or the database is away
error-away-words = It usually takes a few seconds. This page opens by itself when the server is ready; nothing was saved by this request.
error-invalid = That did not make sense to the server
error-invalid-words = Something in the address or the form is not what this page expects. Nothing was saved.
error-broken = That went wrong on our side
error-broken-words = Nothing was saved by this request. Your text is still in the form when you go back.

# Refusals.
refused-sign-in = Sign out first.
refused-organisation = This needs the permission { $permission }, which comes with the organisation role { $role } or with a custom role. An owner can give it.
refused-holds-permission = This person has (or would have) the permission { $permission }, which you do not hold. An owner can do it.
refused-role-holds-more = This role has (or would have) the permission { $permission }, which you do not hold. Nobody gives what they lack.
refused-not-for-records = A record has no settings and nobody is invited to it: who sees it depends on where it lives.
refused-not-for-scopes = A scope only reads and adds; it changes nothing that is there.
refused-project-role = This needs the role { $needed } in { $project }; you are { $have }. A project lead or admin can change that.
refused-project-archived = { $project } is archived, so nothing in it can be changed. A project admin can bring it back.
refused-holds-more = This person has (or would have) the role { $role }, which is more than you hold. An owner can do it.
refused-server-admin = This person administers the server. Only another server admin may do this.
refused-makes-server-admin = Only a server admin makes somebody a server admin, or no longer one.
refused-own-role = Nobody but an owner changes their own role. Ask an owner.
refused-own-place = You cannot close your own account. Ask another administrator.
refused-own-password = You change your own password in your settings.
refused-group-holds-more = The group { $group } holds more in some project than you do, so you cannot put anybody into it.
refused-not-author = Only its author or an administrator may do this.
refused-not-your-comment = Only who wrote a comment may change it.
refused-csrf = This form was opened before your last sign-in, so it was not accepted. Your text is still here: send it again.
refused-origin = This request came from another site, so it was not accepted.

# Problems of forms as a whole.
problem-cursor = This link to a further page is damaged. Start again from the first page.
problem-form-too-large = The form is too large to be read. Nothing was saved.
problem-form-kind = The form was sent in a way this server does not read.
problem-form-cut = The connection broke before the form was complete. Send it again.
problem-choice = Choose one of the offered values.
problem-date = Write the date as year-month-day, such as 2026-11-22.
problem-date-range = Choose a date between 1900 and 2200.
problem-too-many-tags = At most { $max } tags on one record.
problem-view-elsewhere = You have a view of this name in another project. Choose another name, or remove that one first.
problem-view-own = You have a view of this name that only you see. Choose another name, or remove that one first.
problem-view-shared = You share a view of this name with everybody. Choose another name, or remove that one first.
problem-view-too-long = This filter is too long to be saved as a view.
problem-link-self = A record cannot be linked to itself.
problem-no-encryption-key = This keeps a secret, and the server has no key to seal it with. A server admin sets DATA_ENCRYPTION_KEY (docs: Configuration) and starts the server again.
problem-link-circle = This would close a circle: { $path }.

# For developers.
gallery-title = Every page from its sample
