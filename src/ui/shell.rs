//! The frame around every page: sidebar, project picker, menus, toasts, tokens for forms.

use crate::web::{Cookies, Ctx, FLASH_COOKIE, Flash, Principal, State};

/// A place in the sidebar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// The feature's own word, by which a page says where it is.
    pub key: &'static str,
    /// Message key.
    pub label: &'static str,
    pub href: &'static str,
    pub icon: &'static str,
    /// `g t`
    pub shortcut: &'static str,
    /// Whether `?project=` means something there.
    pub is_scoped: bool,
}

impl NavItem {
    /// A place that means something within one project: `label` is a message key.
    pub const fn scoped(
        key: &'static str,
        label: &'static str,
        href: &'static str,
        icon: &'static str,
        shortcut: &'static str,
    ) -> Self {
        NavItem { key, label, href, icon, shortcut, is_scoped: true }
    }

    /// Message and address of making one, for places where one can.
    pub fn create(&self) -> Option<(&'static str, &'static str)> {
        Some(match self.key {
            "chat" => ("palette-new-chat", "/chats"),
            "tickets" => ("palette-new-ticket", "/tickets/new"),
            "memory" => ("palette-new-memory", "/memory/new"),
            "snapshots" => ("palette-new-snapshot", "/snapshots/new"),
            "diffs" => ("palette-new-diff", "/diffs/new"),
            "docs" => ("palette-new-doc", "/docs/new"),
            "decisions" => ("palette-new-decision", "/decisions/new"),
            "risks" => ("palette-new-risk", "/risks/new"),
            "experiments" => ("palette-new-experiment", "/experiments/new"),
            _ => return None,
        })
    }

    /// A thumb reaches four places; the rest waits behind "More".
    pub fn is_in_bottom_bar(&self) -> bool {
        matches!(self.key, "chat" | "tickets" | "docs")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavGroup {
    pub label: &'static str,
    pub items: Vec<NavItem>,
}

/// What the spine knows of who looks: names and places, ready to print.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    pub organisation: String,
    pub person: String,
    pub theme: String,
    pub palette: String,
    /// Those that menus name, by name.
    pub projects: Vec<FrameProject>,
    /// How many there are beside them.
    pub more_projects: usize,
    pub can_create_project: bool,
    pub can_manage: bool,
    pub is_server_admin: bool,
    /// The session came in past the sign-on provider: every page says so.
    pub is_break_glass: bool,
    /// Words of the catalogue that who looks holds, for menus.
    pub permissions: Vec<&'static str>,
}

impl Frame {
    /// Whether who looks holds this permission, by its word.
    pub fn holds(&self, permission: &str) -> bool {
        self.permissions.contains(&permission)
    }
}

#[derive(Debug, Clone)]
pub struct FrameProject {
    pub key: String,
    pub name: String,
    pub is_restricted: bool,
}

/// What layouts/shell.html prints.
#[derive(Clone, Default)]
pub struct Shell {
    pub frame: Frame,
    pub nav: Vec<NavGroup>,
    pub active: &'static str,
    /// The chosen project.
    pub project: Option<FrameProject>,
    pub csrf: String,
    /// A fresh key for a form that makes something.
    pub once: String,
    pub flash: Option<Flash>,
    /// This page's path, and with its query.
    pub path: String,
    pub here: String,
    /// Bytes of the largest file that is taken: what is larger is not even sent.
    pub upload_max: u64,
    pub is_dev: bool,
}

impl Shell {
    pub fn new<P: Principal>(
        state: &State,
        frame: Frame,
        project: Option<FrameProject>,
        active: &'static str,
        ctx: &Ctx<P>,
    ) -> Self {
        let flash = ctx.request.cookie_value(FLASH_COOKIE).and_then(|signed| Flash::read(state, &signed));
        let uri = ctx.request.uri();
        Shell {
            frame,
            nav: state.nav.clone(),
            active,
            project,
            csrf: ctx.csrf(),
            once: uuid::Uuid::new_v4().to_string(),
            flash,
            path: uri.path().to_owned(),
            here: uri.path_and_query().map(|path| path.as_str()).unwrap_or("/").to_owned(),
            upload_max: state.config.uploads.upload_max_bytes,
            is_dev: state.is_dev,
        }
    }

    /// The address with the chosen project carried along: `/tickets` → `/tickets?project=APP`.
    pub fn scoped(&self, href: &str) -> String {
        match &self.project {
            Some(project) => scoped(href, Some(&project.key)),
            None => href.to_owned(),
        }
    }

    /// This page with another project chosen; only pages where that means something.
    pub fn with_project(&self, key: Option<&str>) -> String {
        scoped(self.scoped_place(&self.path).map_or("/tickets", |item| item.href), key)
    }

    /// Where one chooses among all projects, for this page.
    pub fn projects_href(&self) -> String {
        format!("/projects?for={}", self.scoped_place(&self.path).map_or("/tickets", |item| item.href))
    }

    /// The place of the sidebar at this path, where a project can be chosen.
    pub fn scoped_place(&self, path: &str) -> Option<&NavItem> {
        self.nav.iter().flat_map(|group| &group.items).find(|item| item.is_scoped && item.href == path)
    }

    pub fn brand(&self) -> String {
        self.frame.organisation.chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_else(|| "T".to_owned())
    }

    /// With those that the menus do not name.
    pub fn project_count(&self) -> usize {
        self.frame.projects.len() + self.frame.more_projects
    }

    /// The project's name, or none when all are shown.
    pub fn project_name(&self) -> Option<&str> {
        self.project.as_ref().map(|project| project.name.as_str())
    }

    pub fn flash_text(&self) -> String {
        self.flash.as_ref().map(flash_text).unwrap_or_default()
    }

    /// For samples in the gallery.
    pub fn sample(active: &'static str) -> Self {
        let project = |key: &str, name: &str, is_restricted| FrameProject {
            key: key.to_owned(),
            name: name.to_owned(),
            is_restricted,
        };
        Shell {
            frame: Frame {
                organisation: "Halden".to_owned(),
                person: "Ada Lindqvist".to_owned(),
                theme: "system".to_owned(),
                palette: "default".to_owned(),
                projects: vec![project("ATL", "Atlas", true), project("BCN", "Beacon", false)],
                more_projects: 0,
                can_create_project: true,
                can_manage: true,
                is_server_admin: true,
                is_break_glass: false,
                permissions: vec![
                    "organisation.update",
                    "members.change_role",
                    "security_configuration.manage",
                    "audit.view",
                    "access_review.export",
                ],
            },
            nav: crate::ui::sample_nav(),
            active,
            path: "/_gallery".to_owned(),
            here: "/_gallery".to_owned(),
            upload_max: 26_214_400,
            ..Shell::default()
        }
    }
}

/// Adds `?project=KEY` (or `&project=KEY`).
pub fn scoped(href: &str, key: Option<&str>) -> String {
    match key {
        None => href.to_owned(),
        Some(key) if href.contains('?') => format!("{href}&project={key}"),
        Some(key) => format!("{href}?project={key}"),
    }
}

pub fn flash_text(flash: &Flash) -> String {
    crate::ui::say_with(&flash.key, flash.args.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// A sidebar for samples.
pub fn sample_nav() -> Vec<NavGroup> {
    let item = NavItem {
        key: "tickets",
        label: "nav-tickets",
        href: "/tickets",
        icon: "ticket",
        shortcut: "g t",
        is_scoped: true,
    };
    vec![NavGroup { label: "nav-execution", items: vec![item] }]
}
