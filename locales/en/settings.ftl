settings-me-words = name, looks, password, sessions
settings-general-words = Name, purpose, way of working and time zone of the organisation.
settings-members-words = who is here, and their roles
settings-groups-words = sets of people, for access
settings-roles-words = What each role gives, and who holds it
settings-projects-words = where work happens, and who may be there
me-profile = Profile
me-handle = Handle
me-handle-hint = What others write after @ to mention you.
me-time-zone = Time zone
me-time-zone-hint = Leave it empty to follow the organisation.
me-look = Appearance
me-theme = Theme
me-palette = Colours
palette-default = Harbour
palette-heather = Heather
palette-moss = Moss
palette-rust = Rust
me-password = Password
me-password-current = Current password
me-password-new = New password
me-password-repeat = New password again
me-password-hint = At least 12 characters; a few words in a row are easy to remember. Changing it ends all your other sessions.
me-password-change = Change password
me-password-none = You sign in without a password here, so there is none to change.
password-changed = { $count ->
    [0] Your password is changed.
    [one] Your password is changed, and one other session is ended.
   *[other] Your password is changed, and { $count } other sessions are ended.
 }
me-sessions = Where you are signed in
me-sessions-words = If you do not recognise one, end it and change your password.
session-this = this one
session-browser = { $browser } on { $system }
session-unknown = Unknown browser
session-end = End
session-end-of = End the session in { $browser }
session-ended = The session is ended.
sessions-end-others = End all others
sessions-ended = { $count ->
    [0] There was no other session.
    [one] One other session is ended.
   *[other] { $count } other sessions are ended.
 }
organisation-name = Name
organisation-about = What does it do?
organisation-mode = How do you work?
organisation-mode-hint = It changes how the AI speaks to you, and nothing else.
organisation-time-zone-hint = For everybody who has not chosen their own.
organisation-saved-now = As it is saved now
problem-password-current = This is not your current password.
problem-password-repeat = The two new passwords differ. Type them again.
problem-organisation-stale = Somebody saved this page while you were writing. Yours is in the form, theirs is shown above it; save to keep yours.
me-password-confirm = You signed in some time ago, so you are asked once more who you are before you change it.
does-change-password = Change your password.
does-change-organisation = Change the organisation’s name, purpose, way of working or time zone.
session-by-password = by password
session-by-setup = when the server was set up
session-by-passkey = by passkey
session-by-oidc = through the provider
session-by-saml = through the provider
session-by-break_glass = by emergency access
session-confirmed = last confirmed
