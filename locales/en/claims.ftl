# Rules of sign-on: groups and roles by what the provider says.
rules-title = Groups and roles by rule
rules-of = Rules of { $name }
rules-words = What your provider says of somebody can put them into groups here and give them roles. A rule is asked at every sign-on through this connection: what it gives comes then, and goes again when the provider no longer says so. What somebody gave by hand is never touched.
rules-short = What this provider says of somebody can put them into groups here and give them roles.
rules-open = See the rules
rules-none = No rules yet
rules-none-words = Without rules people here are put into groups and get roles by hand, or by the directory. Add a rule for each group at your provider that means something here, such as “whoever is in crane-drivers is in the group Crane”.
rules-full = This connection has as many rules as there can be. Remove one before you add another.
rule-new = Add a rule
rule-when = Claim
rule-when-hint = The name under which your provider sends it: of a claim (OpenID Connect) or an attribute (SAML).
rule-contains = Contains
rule-contains-hint = Exactly as your provider writes it, capitals too. The claim may be a text or a list of texts.
rule-group = Puts people into the group
rule-group-hint = Type the beginning of its name. Groups that the directory keeps cannot be chosen.
rule-role = Or gives the role
rule-role-none = no role
rule-role-hint = You can choose what you may give by hand. No rule makes an owner or a server admin, and an owner’s role is never changed.
rule-absence = A claim that is left out means “no”
rule-absence-hint = Only for providers that leave the claim out for who has none of its values. Otherwise a claim that is left out changes nothing: people keep what they have.
rule-sentence-claim = when
rule-sentence-contains = contains
rule-people = { $count ->
    [0] nobody yet
    [one] one person
   *[other] { $count } people
 }
rule-saved-by = Saved by { $name }
rule-gives-group = the group { $name }
rule-gives-role = the role { $name }
rule-gives-admin = the role admin
rule-left-out = left out
rule-left-out-words = Your provider did not send this claim for somebody who signed on, or said that there is more than it sends. They kept what they had. Look at what it sends, if everybody should have it.
rule-added = The rule is added. It is asked at the next sign-ons.
rule-saved = { $count ->
    [one] Saved. One person lost what the rule gave before, until
   *[other] Saved. { $count } people lost what the rule gave before, until
 } their next sign-on.
rule-removed = { $count ->
    [0] The rule is removed. Nobody had anything by it alone.
    [one] The rule is removed, and what it gave is taken back from one person.
   *[other] The rule is removed, and what it gave is taken back from { $count } people.
 }
rule-edit = Change the rule
rule-edit-words = { $count ->
    [0] Nobody has anything by this rule now.
    [one] One person has what this rule gives. With another claim, value or gift they lose it at once, and get it again at their next sign-on if the rule fits then.
   *[other] { $count } people have what this rule gives. With another claim, value or gift they lose it at once, and get it again at their next sign-on if the rule fits then.
 }
rule-remove = Remove the rule
rule-remove-words = { $count ->
    [0] It takes nothing from anybody.
    [one] One person loses at once what it gave, unless another rule gives the same. What somebody gave by hand stays.
   *[other] { $count } people lose at once what it gave, unless another rule gives the same. What somebody gave by hand stays.
 }
rule-hints = Which claim holds groups?
rule-hint-entra-oidc = add a groups claim under Token configuration; it is called “groups” and holds object IDs. For people in more than 200 groups Entra ID leaves it out: choose “Groups assigned to the application”.
rule-hint-entra-saml = add a group claim; it is called “http://schemas.microsoft.com/ws/2008/06/identity/claims/groups” and holds object IDs. For people in more than 150 groups Entra ID leaves it out: choose “Groups assigned to the application”.
rule-hint-okta-oidc = add a groups claim with a filter to the application’s ID token; it is called “groups” and holds names.
rule-hint-okta-saml = add a group attribute statement with a filter; it has the name that you give it, such as “groups”, and holds names.
rule-hint-google-oidc = Google sends no groups by OpenID Connect. Use SAML for rules.
rule-hint-google-saml = under Attribute mapping, Group membership, choose the groups and give the attribute a name, such as “groups”; it holds names.
rule-hint-keycloak-oidc = add a Group Membership mapper called “groups” to the client’s scope, for the ID token. With “Full group path” values begin with a slash.
rule-hint-keycloak-saml = add a Group list mapper called “groups”. With “Full group path” values begin with a slash.
rule-hint-authentik-oidc = the scope “profile” holds “groups”, with the names of groups.
rule-hint-authentik-saml = the mapping of groups is called “http://schemas.xmlsoap.org/claims/Group” and holds names.
rules-try = Try it
rules-try-words = Paste what your provider says of somebody, as JSON, to see which rules fit. Nothing of it is kept, and nobody gets anything.
rules-try-claims = Claims
rules-try-do = Try
rules-tried = What the rules make of it
rules-tried-gives = A sign-on would give: { $gives }.
rules-tried-nothing = A sign-on would give nothing.
rule-fits = fits
rule-fails = does not fit
rule-unsaid = not said: changes nothing
problem-rule-claim = Write the name of the claim, on one line.
problem-rule-value = Write what the claim must contain, on one line.
problem-rule-nothing = Choose a group or a role: a rule gives one of them.
problem-rule-both = Choose either a group or a role. For both, add two rules.
problem-rule-twice = There is a rule that gives the same for this claim and value already.
problem-rule-stale = Somebody changed this rule while you were writing. It is now: { $now }. Save again to put yours in its place.
problem-rules-many = A connection has at most { $max } rules. Remove one first, or let one group at your provider stand for several.
problem-claims = This is no JSON object. It begins with a brace, such as {"{"} "groups": ["crane-drivers"] {"}"}.
problem-group-nobody = There is no group called “{ $typed }”.
problem-group-ruled = A rule of sign-on puts people into this group. Change or remove the rule first, under Settings, Sign-on.
problem-role-ruled = A rule of sign-on gives this role. Change or remove the rule first, under Settings, Sign-on.
by-rule = by sign-on rule
does-add-rule = Add a rule to the sign-on “{ $id }”: whoever’s “{ $claim }” contains “{ $value }” gets a group or role.
does-change-rule = Change a rule of the sign-on “{ $id }”: whoever’s “{ $claim }” contains “{ $value }” gets a group or role.
does-remove-rule = Remove a rule of the sign-on “{ $id }” and take back what it gave.
