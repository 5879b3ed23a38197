projects-title = Projects
projects-words = A project is where work happens: its own tickets, pages and decisions, and its own people.
projects-empty = No projects yet
projects-empty-words = Tickets get their numbers from a project, such as ATL-42, and a project decides who sees them. Make the first; you can have as many as you like.
projects-empty-ask = No project is open to you yet. Ask its lead, or an administrator, for a grant.
projects-find = Find a project
projects-nothing = No such project
projects-nothing-words = Try a part of the name, or the key.
projects-nothing-active = Nothing that is archived fits, but something active does.
projects-nothing-archived = Nothing that is active fits, but something archived does.
projects-nothing-there = Show what fits
projects-no-further = No further projects
projects-no-further-words = The list ended before this page: it may have become shorter meanwhile.
projects-from-the-start = From the start
projects-only-archived = No active project
projects-only-archived-words = Every project you can see is archived. It can be read, and its lead can bring it back.
projects-see-archived = Archived projects
projects-choose = Choose the project that { $page } should show.
projects-archived-empty = Nothing is archived
projects-archived-empty-words = A project that is archived can be read here, and brought back, at any time.
project-new = New project
project-new-words = You can change everything but the key later.
project-first = Make your first project
project-first-words = Your workspace is empty, and this is where work begins: a project holds tickets, pages and decisions that belong together. One is enough to start with; most begin with the thing they are building right now.
project-create = Create project
project-created = The project is there. Everything on this page is its own.
project-name = Name
project-key = Key
project-key-hint = Stands before each ticket's number, as in ATL-42, and never changes. Leave it empty and it is made from the name.
project-about = What is it for?
project-about-hint = Markdown. The first thing a newcomer reads.
project-about-write = Say what this project is for
project-about-none = Nobody has said yet what this project is for.
project-visibility = Visibility
project-lead = Lead
project-lead-nobody = Nobody
project-lead-none = No lead
project-lead-hint = The person to ask. Naming somebody also gives them the role Lead here, unless they hold more.
project-led-by = Led by { $name }
project-maker-hint = You become its admin either way.
project-your-role = Your role
project-since = Made
project-areas = In this project
project-ticket-one = 1 ticket
project-tickets = { $count } tickets
project-recent = Recently changed
project-recent-empty = Nothing has happened here yet
project-recent-empty-words = What people write and change in this project appears here, newest first.
project-to-tickets = To the tickets
project-changed-by = Changed by { $name }
project-overview = Overview
project-settings = Project settings
project-access = Access
project-saved = Saved.
project-saved-now = As it is saved now
project-archive = Archive project
project-archive-words = It becomes read-only and leaves the menus. Nothing is deleted, and it can be brought back at any time.
project-archived = { $project } is archived and read-only.
project-restore = Restore project
project-restore-words = It returns to the menus, and people work in it as before.
project-restored = { $project } is back.
project-is-archived = Archived.
project-is-archived-words = Everything here can be read and nothing changed.
project-role-viewer = Viewer
project-role-member = Member
project-role-lead = Lead
project-role-admin = Admin
visibility-open = Open
visibility-open-words = Every member of { $organisation } reads and writes.
visibility-restricted = Restricted
visibility-restricted-words = Only people and groups with a grant, and the owners and admins of the organisation.
visibility-isolation = Restricting a project hides it from other people here. It is no wall between customers or companies: all projects share one server, one database, and the same owners and admins.
visibility-first-shown = You see first who gains and who loses access.
visibility-to-open = Open the project
visibility-to-restricted = Restrict the project
visibility-ask-open = Open { $project }?
visibility-ask-restricted = Restrict { $project }?
visibility-keep = { $count ->
    [one] 1 person keeps the access they have.
   *[other] { $count } people keep the access they have.
 }
visibility-lose = { $count ->
    [0] Nobody loses access
    [one] 1 person loses access
   *[other] { $count } people lose access
 }
visibility-gain = { $count ->
    [0] Nobody gains access
    [one] 1 person gains access
   *[other] { $count } people gain access
 }
visibility-differ = { $count ->
    [one] 1 person's role changes
   *[other] The roles of { $count } people change
 }
visibility-more = and { $count } more
visibility-stranded = { $count ->
    [one] 1 open ticket stays assigned to somebody who can no longer open it.
   *[other] { $count } open tickets stay assigned to people who can no longer open them.
 }
visibility-nobody-told = Nobody is told by e-mail.
visibility-stale = Access changed while this page was open. Nothing was done; look at the names again, then decide.
visibility-changed = The visibility is changed. The list below says who sees the project now.
visibility-same = The project has this visibility already.
access-title = Who may do what in { $project }
grants-title = Grants
grants-empty = No grants
grants-empty-restricted = Only owners and admins of the organisation see this project. Give a person or a group a role to let them in.
grants-empty-open = Everybody in the organisation is a member here already. Give a grant to let somebody lead or administer it.
grants-standing = Owners and admins of { $organisation } are admin in every project: { $names }.
grant-to = To
grant-or-group = Or to a group
grant-kind = Kind
grant-role = Role
grant-since = Since
grant-group = { $count ->
    [one] Group, 1 person
   *[other] Group, { $count } people
 }
grant-person = Person
grant-people = People
grant-groups = Groups
grant-choose = Choose a person or group
grant-give = Give access
grant-given = The grant is given.
grant-changed = The role is changed.
grant-taken = { $name } has no grant here any more.
grant-role-of = Role of { $name }
grant-remove-of = Remove the grant of { $name }
grant-roles-words = A viewer reads. A member also writes. A lead also changes settings and access. An admin also archives. You can give what you hold yourself.
reach-title = Who can see this, and why
reach-role = Effective role
reach-why = Because
reach-custom-role = all projects, by the custom role { $name }
reach-organisation = { $of } of the organisation
reach-open = the project is open
reach-grant = a grant as { $role }
reach-group = the group { $group } is { $role }
organisation-role-member = Member
organisation-role-admin = Admin
organisation-role-owner = Owner
settings-nav = Settings
actions = Actions
remove = Remove
problem-key-taken = This key is in use. Choose another.
problem-key-none = No free key could be made from this name. Write one.
problem-grant-to = Choose a person or a group.
problem-grant-twice = They have a grant here already. Change its role in the list above.
problem-grant-stale = Somebody changed this role in the meantime; it is now { $role }. Nothing was done; choose again if it should be another.
problem-project-stale = Somebody saved these settings while you were writing. Yours are in the form, theirs are shown below; save to keep yours.
problem-form-damaged = This form was damaged on the way. Open the page again.
problem-project-out-of-reach = Nobody would be in this restricted project, because a key of the organisation makes it and not a person. Make it open, or let a person make it.
