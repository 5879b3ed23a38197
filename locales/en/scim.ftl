scim-title = Provisioning
settings-provisioning-words = People from your company's directory
scim-words = Your directory (Entra ID, Okta or another that speaks SCIM 2.0) makes accounts here and closes them. It gives nobody a role, and what people wrote stays.
scim-address = Address for the directory
scim-address-words = Give your directory this address and a token. The values for Entra ID and Okta are in the documentation, on the page “Provisioning”.
scim-tokens = Tokens
scim-tokens-empty = No token yet
scim-tokens-empty-words = Without a token no directory can reach this page's address. Make one below and give it to your directory.
scim-token-new = New token
scim-token-replaced = another has taken over
scim-token-revoked = The token is revoked. The directory that used it is refused from now on.
scim-rotate = Rotate
scim-rotate-of = Rotate { $name }
scim-rotate-words = Rotating makes a new token; the old one goes on for { $days } days, so that the directory can be changed in peace.
scim-made = The directory's token
scim-made-words = Copy the token of { $name } now: it is shown this once, and kept nowhere.
scim-made-note = Whoever has it can make people here and shut them out. Put it into the directory's settings and nowhere else.
scim-state = How things stand
scim-managed = { $count ->
    [0] The directory manages nobody yet.
    [one] The directory manages one person.
   *[other] The directory manages { $count } people.
 }
scim-closed-here = { $count ->
    [one] One of them was deactivated here, by a person, and stays so until a person lets them in.
   *[other] { $count } of them were deactivated here, by a person, and stay so until a person lets them in.
 }
scim-last-heard = The directory was last heard of
scim-never-heard = The directory has not been heard of yet.
scim-last-changed = It last changed somebody
scim-conflicts = What the directory asked for in vain
scim-conflicts-words = It goes on asking until you mend it there or here.
scim-times = { $count ->
    [one] once
   *[other] { $count } times
 }
scim-groups-title = Groups of the directory
scim-groups-words = On the left as the directory calls them. Those that differ come first: where the name was taken or too long here, or where somebody whom the directory believes to be in it may not enter.
scim-group-said = In the directory
scim-group-here = Here
scim-group-people = People
scim-group-differ = Who may not enter
scim-group-same = nobody
scim-held = Shut out by the directory
scim-held-words = Only the directory or an owner lets them in again.
scim-unnamed = Members whom the directory never named
scim-unnamed-words = They stay when somebody leaves the company, until you deactivate them yourself.
scim-list-cut = These are the first of { $count }.

scim-authentication = A token made under Settings, Provisioning.
scim-me = A directory is nobody in particular, so there is no resource that it is.
scim-object = The body must be one JSON object.
scim-schemas = “schemas” must name { $schema }.
scim-value = “{ $name }” has a value of another kind than its schema says.
scim-values-many = “{ $name }” has more than { $max } values.
scim-text-long = “{ $name }” is longer than { $max } characters.
scim-primary = Only one value of “{ $name }” can be the primary one.
scim-user-name = “userName” must have 1 to { $max } characters.
scim-email = An account needs an e-mail address: a primary one in “emails”, or a “userName” that is one.
scim-number = “{ $name }” must be a whole number.
scim-sort-order = “sortOrder” is “ascending” or “descending”.
scim-filter-syntax = The filter cannot be read. Compare it with RFC 7644, section 3.4.2.2.
scim-filter-long = The filter is longer than { $max } bytes.
scim-filter-deep = The filter has more than { $max } brackets within each other.
scim-filter-many = The filter compares more than { $max } times.
scim-filter-unknown = There is no attribute “{ $name }” to filter by.
scim-filter-value = “{ $name }” cannot be compared so.
scim-filter-twice = Send one filter, not several.
scim-filter-here = This list takes no filter.
scim-path-syntax = The path cannot be read. Compare it with RFC 7644, section 3.5.2.
scim-path-unknown = There is no attribute “{ $name }” here.
scim-read-only = “{ $name }” is written by this server alone.
scim-required = “{ $name }” must have a value.
scim-no-target = Nothing here answers the filter of the path.
scim-remove-path = “remove” needs a path.
scim-op = “op” is “add”, “replace” or “remove”.
scim-operations = “Operations” must be a list of operations.
scim-operations-many = Send 1 to { $max } operations.
scim-bulk-many = The request has more operations than maxOperations ({ $max }). Send the rest in another request.
scim-bulk-large = The request is larger than maxPayloadSize ({ $max } bytes). Send the rest in another request.
scim-bulk-errors = “failOnErrors” must be a whole number from 1.
scim-bulk-twice = Two operations have the bulkId “{ $name }”, so that a reference to it would not be clear.
scim-bulk-id = A bulkId has 1 to { $max } characters, without quotes and slashes.
scim-bulk-id-missing = A POST needs a bulkId.
scim-bulk-method = “method” is POST, PUT, PATCH or DELETE.
scim-bulk-path = “path” is /Users or /Groups for a POST, and with the id behind it for the others.
scim-bulk-unknown = No operation of this request has the bulkId “{ $name }”.
scim-bulk-failed = The operation with the bulkId “{ $name }”, to which this one refers, failed.
scim-bulk-circle = These operations refer to each other in a circle. Make the resources first, and let them refer to each other by PATCH.
scim-patch-value = An operation without a path, or on something with parts, needs an object as its value.
scim-taken-external = Somebody else here has this externalId.
scim-taken-user-name = Somebody else here has this userName.
scim-taken-email = Somebody else whom the directory manages has this address.
scim-not-ours = An account with the address { $email } was here before, and it is not proven that it is the same person. The address must be confirmed here, and its domain must stand at the sign-on connection.
scim-taken-group = Another group of the directory has this name.
scim-display-name = “displayName” must have 1 to { $max } characters.
scim-member = A member must be named by the id of somebody whom the directory manages here.
scim-members-many = Send at most { $max } members at once.
scim-nested = Groups in groups are not taken. Send the people themselves.
scim-member-filter = Members are chosen by “value eq”, one or several with “or” between.
scim-groups = { $count ->
    [0] It keeps no group.
    [one] It keeps one group.
   *[other] It keeps { $count } groups.
 }
scim-keeper = They are named for the emergency entrance (break-glass). Take them off that list first; then the directory may shut them out.
scim-deactivated-here = A person deactivated this account here, so the directory does not open it again. Let them in on their page.
scim-email-kept = { $person } holds more than a member, so the directory may not give the account the address { $email }. They can change it themselves.
scim-conflict-other = Something clashed with what is here.
problem-scim-tokens-many = There are { $max } living tokens already. Revoke one that nobody uses.
problem-scim-token-replaced = Another token has taken over from this one already.
refused-directory = The directory's token opens people and groups, and nothing else.
refused-directory-holds-more = The directory touches nothing that opens the account of somebody who holds more than a member.
refused-held = The company's directory has shut out { $name }. Only the directory or an owner lets them in again.
does-make-scim-token = Make the token “{ $name }” for the company's directory.
does-rotate-scim-token = Make a new token for the company's directory, in place of “{ $id }”.
does-revoke-scim-token = Revoke the directory's token “{ $id }”.
mail-scim-subject = The directory tried to shut out somebody who must stay
mail-scim-words = Your company's directory asked to deactivate { $name }. It was refused, for this reason:
mail-scim-link = See what the directory asked for
mail-scim-note = When the directory is right, give this person's part to somebody else first.
mail-scim-email = { $name }, your company's directory has given your account another e-mail address, and mails no longer come here.
