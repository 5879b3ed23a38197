//! What this server knows of a person and a group, with the characteristics of RFC 7643 section 2.2: read by /Schemas, by filters,
//! by PATCH and by what is let in. An attribute that is not here does not exist.

use crate::scim::filter::Path;
use serde_json::{Value, json};

pub const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Truth,
    Time,
    Reference,
    Complex,
}

/// Who may write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    ReadOnly,
    ReadWrite,
    Immutable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    pub name: &'static str,
    pub kind: Kind,
    pub is_list: bool,
    pub is_required: bool,
    /// Capitals count.
    pub is_exact: bool,
    pub writing: Writing,
    /// Never left out of an answer.
    pub is_always: bool,
    pub is_unique: bool,
    pub about: &'static str,
    pub words: &'static [&'static str],
    pub parts: &'static [Attribute],
}

const fn text(name: &'static str, about: &'static str) -> Attribute {
    Attribute {
        name,
        kind: Kind::Text,
        is_list: false,
        is_required: false,
        is_exact: false,
        writing: Writing::ReadWrite,
        is_always: false,
        is_unique: false,
        about,
        words: &[],
        parts: &[],
    }
}

const fn of(kind: Kind, name: &'static str, about: &'static str) -> Attribute {
    Attribute { kind, ..text(name, about) }
}

const fn complex(name: &'static str, about: &'static str, parts: &'static [Attribute]) -> Attribute {
    Attribute { parts, ..of(Kind::Complex, name, about) }
}

const fn list(name: &'static str, about: &'static str, parts: &'static [Attribute]) -> Attribute {
    Attribute { is_list: true, ..complex(name, about, parts) }
}

const fn exact(attribute: Attribute) -> Attribute {
    Attribute { is_exact: true, ..attribute }
}

const fn read_only(attribute: Attribute) -> Attribute {
    Attribute { writing: Writing::ReadOnly, ..attribute }
}

const DISPLAY: Attribute = text("display", "For people to read.");
const PRIMARY: Attribute = of(Kind::Truth, "primary", "The first among several.");
const TYPE: Attribute = text("type", "What it is for.");

const fn type_of(words: &'static [&'static str]) -> Attribute {
    Attribute { words, ..TYPE }
}

/// In every resource.
pub const COMMON: &[Attribute] = &[
    Attribute { is_always: true, is_unique: true, ..read_only(exact(text("id", "This server's name of it."))) },
    exact(text("externalId", "The directory's name of it.")),
    read_only(complex(
        "meta",
        "About the resource.",
        &[
            read_only(exact(text("resourceType", "What it is."))),
            read_only(of(Kind::Time, "created", "When it was made here.")),
            read_only(of(Kind::Time, "lastModified", "When it was last changed by the directory.")),
            read_only(exact(of(Kind::Reference, "location", "Its address."))),
            read_only(exact(text("version", "Its ETag."))),
        ],
    )),
];

pub const USER: &[Attribute] = &[
    Attribute { is_required: true, is_unique: true, ..text("userName", "What the person is called in the directory.") },
    complex(
        "name",
        "The parts of the name.",
        &[
            text("formatted", "The whole name."),
            text("familyName", "The family name."),
            text("givenName", "The given name."),
            text("middleName", "The middle name."),
            text("honorificPrefix", "What stands before the name."),
            text("honorificSuffix", "What stands after the name."),
        ],
    ),
    text("displayName", "The name that people see; without it, the parts of `name`."),
    text("nickName", "The casual name."),
    exact(of(Kind::Reference, "profileUrl", "A page about the person.")),
    text("title", "The job."),
    text("userType", "How the person belongs to the company."),
    text("preferredLanguage", "The language they like."),
    text("locale", "Where they are, for dates and numbers."),
    text("timezone", "Their time zone."),
    of(Kind::Truth, "active", "Whether they may enter."),
    list(
        "emails",
        "Addresses; the primary one is the account's.",
        &[text("value", "The address."), DISPLAY, type_of(&["work", "home", "other"]), PRIMARY],
    ),
    list("phoneNumbers", "Telephones.", &[text("value", "The number."), DISPLAY, TYPE, PRIMARY]),
    list(
        "photos",
        "Pictures, as addresses; not shown here.",
        &[exact(of(Kind::Reference, "value", "The address.")), DISPLAY, TYPE, PRIMARY],
    ),
    list(
        "addresses",
        "Where they are by post.",
        &[
            text("formatted", "The whole address."),
            text("streetAddress", "Street and number."),
            text("locality", "The town."),
            text("region", "The region."),
            text("postalCode", "The postal code."),
            text("country", "The country."),
            TYPE,
            PRIMARY,
        ],
    ),
    list("roles", "Kept as said; they give no right here.", &[text("value", "The role."), DISPLAY, TYPE, PRIMARY]),
    list(
        "entitlements",
        "Kept as said; they give no right here.",
        &[text("value", "The entitlement."), DISPLAY, TYPE, PRIMARY],
    ),
    read_only(list(
        "groups",
        "The directory's groups that the person is in.",
        &[
            read_only(exact(text("value", "The group's id."))),
            read_only(exact(of(Kind::Reference, "$ref", "The group's address."))),
            read_only(DISPLAY),
            read_only(TYPE),
        ],
    )),
];

pub const ENTERPRISE_USER: &[Attribute] = &[
    text("employeeNumber", "Their number in the company."),
    text("costCenter", "Who pays."),
    text("organization", "The organisation."),
    text("division", "The division."),
    text("department", "The department."),
    complex(
        "manager",
        "Whom they report to.",
        &[
            exact(text("value", "The manager's id.")),
            exact(of(Kind::Reference, "$ref", "The manager's address.")),
            read_only(text("displayName", "The manager's name.")),
        ],
    ),
];

pub const GROUP: &[Attribute] = &[
    Attribute { is_required: true, ..text("displayName", "The group's name.") },
    list(
        "members",
        "The people in it. Groups in groups are not taken.",
        &[
            Attribute { writing: Writing::Immutable, ..exact(text("value", "The person's id.")) },
            Attribute { writing: Writing::Immutable, ..exact(of(Kind::Reference, "$ref", "The person's address.")) },
            read_only(DISPLAY),
            Attribute { writing: Writing::Immutable, words: &["User"], ..TYPE },
        ],
    ),
];

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    User,
    Group,
}

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Of the enterprise extension.
    pub is_extension: bool,
    pub attribute: &'static Attribute,
    pub part: Option<&'static Attribute>,
}

impl Resource {
    pub fn schema(self) -> &'static str {
        match self {
            Resource::User => CORE_USER,
            Resource::Group => GROUP_SCHEMA,
        }
    }

    /// `User`
    pub fn name(self) -> &'static str {
        match self {
            Resource::User => "User",
            Resource::Group => "Group",
        }
    }

    /// `/Users`
    pub fn endpoint(self) -> &'static str {
        match self {
            Resource::User => "/Users",
            Resource::Group => "/Groups",
        }
    }

    /// Its own, and of the extension.
    pub fn attributes(self) -> (&'static [Attribute], &'static [Attribute]) {
        match self {
            Resource::User => (USER, ENTERPRISE_USER),
            Resource::Group => (GROUP, &[]),
        }
    }

    /// None for what does not exist. A name of the extension needs its URN.
    pub fn find(self, path: &Path) -> Option<Spot> {
        let (core, extension) = self.attributes();
        let is_extension = path.schema == Some(ENTERPRISE);
        let attribute = match path.schema {
            Some(ENTERPRISE) => named(extension, &path.name)?,
            Some(schema) if schema != self.schema() => return None,
            _ => named(core, &path.name).or_else(|| named(COMMON, &path.name))?,
        };
        let part = match &path.sub {
            Some(sub) => Some(named(attribute.parts, sub)?),
            None => None,
        };
        Some(Spot { is_extension, attribute, part })
    }
}

/// Names of attributes know no capitals.
pub fn named(all: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    all.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

impl Attribute {
    /// As /Schemas tells of it (RFC 7643 section 7).
    pub fn describe(&self) -> Value {
        let kind = match self.kind {
            Kind::Text => "string",
            Kind::Truth => "boolean",
            Kind::Time => "dateTime",
            Kind::Reference => "reference",
            Kind::Complex => "complex",
        };
        let mut described = json!({
            "name": self.name, "type": kind, "multiValued": self.is_list, "description": self.about,
            "required": self.is_required, "caseExact": self.is_exact,
            "mutability": match self.writing {
                Writing::ReadOnly => "readOnly",
                Writing::ReadWrite => "readWrite",
                Writing::Immutable => "immutable",
            },
            "returned": if self.is_always { "always" } else { "default" },
            "uniqueness": if self.is_unique { "server" } else { "none" },
        });
        if let Some(map) = described.as_object_mut() {
            if !self.parts.is_empty() {
                map.insert("subAttributes".to_owned(), self.parts.iter().map(Attribute::describe).collect());
            }
            if !self.words.is_empty() {
                map.insert("canonicalValues".to_owned(), json!(self.words));
            }
            if self.kind == Kind::Reference {
                let to = match self.name {
                    "$ref" => "User",
                    "location" => "uri",
                    _ => "external",
                };
                map.insert("referenceTypes".to_owned(), json!([to]));
            }
        }
        described
    }
}
