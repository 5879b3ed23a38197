//! XML from outside, read as little as possible: elements, attributes and text. Whatever could make two readers see two documents
//! (DTDs with their entities, comments, CDATA, processing instructions) is refused before it is parsed, so no identity ends at a comment
//! and nothing is expanded or fetched.

use crate::sso::saml::Wrong;
use bergshamra_xml::NodeSet;
use std::collections::BTreeMap;
use uppsala::{Document, NodeId, NodeKind, Parser};

/// A response nests about ten deep.
pub const MAX_DEPTH: u32 = 32;

pub const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
pub const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
pub const ENCRYPTION: &str = "http://www.w3.org/2001/04/xmlenc#";
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// Refuses what hides text, then parses.
pub fn parse(text: &str) -> Result<Document<'_>, Wrong> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let body = match text.strip_prefix("<?xml ") {
        Some(rest) => rest.split_once("?>").map(|(_, body)| body).ok_or(Wrong::Xml("a declaration without an end"))?,
        None => text,
    };
    // In well-formed XML `<!` and `<?` begin nothing else: in text and in attributes `<` is written `&lt;`.
    if body.contains("<!") {
        return Err(Wrong::Xml("a DTD, a comment or CDATA"));
    }
    if body.contains("<?") {
        return Err(Wrong::Xml("a processing instruction"));
    }
    let parser = Parser::new().with_max_depth(MAX_DEPTH).with_forbid_dtd(true).with_forbid_entities(true);
    parser.parse(text).map_err(|_| Wrong::Xml("not well-formed, or too deep"))
}

/// An element of a document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    pub doc: &'d Document<'d>,
    pub id: NodeId,
}

impl<'d> Node<'d> {
    pub fn root(doc: &'d Document<'d>) -> Result<Node<'d>, Wrong> {
        doc.document_element().map(|id| Node { doc, id }).ok_or(Wrong::Xml("no element"))
    }

    pub fn is(self, namespace: &str, name: &str) -> bool {
        self.doc.element(self.id).is_some_and(|element| element.matches_name_ns(namespace, name))
    }

    /// Direct children of this name.
    pub fn children(self, namespace: &str, name: &str) -> Vec<Node<'d>> {
        let ids = self.doc.child_elements_by_name_ns(self.id, namespace, name);
        ids.into_iter().map(|id| Node { id, ..self }).collect()
    }

    /// All direct children that are elements.
    pub fn elements(self) -> impl Iterator<Item = Node<'d>> {
        let all = self.doc.children_iter(self.id).map(move |id| Node { id, ..self });
        all.filter(|node| self.doc.element(node.id).is_some())
    }

    /// The one direct child of this name; two are as wrong as none.
    pub fn only(self, namespace: &str, name: &str, missing: &'static str) -> Result<Node<'d>, Wrong> {
        self.maybe(namespace, name, missing)?.ok_or(Wrong::Form(missing))
    }

    /// The one direct child of this name, or none.
    pub fn maybe(self, namespace: &str, name: &str, twice: &'static str) -> Result<Option<Node<'d>>, Wrong> {
        match self.children(namespace, name).as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(*only)),
            _ => Err(Wrong::Form(twice)),
        }
    }

    /// An attribute without a namespace: `evil:ID` is another one than `ID`.
    pub fn attribute(self, name: &str) -> Option<&'d str> {
        let doc: &'d Document<'d> = self.doc;
        let element = doc.element(self.id)?;
        element.attributes.iter().find(|attribute| attribute.name.matches(None, name)).map(|found| &*found.value)
    }

    /// What it declares: the names of the attributes that do (`xmlns`, `xmlns:a`), and what they stand for.
    pub fn prefixes(self) -> BTreeMap<String, String> {
        let declared = self.doc.element(self.id).into_iter().flat_map(|element| element.namespace_declarations.iter());
        let name = |prefix: &str| if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        declared.map(|(prefix, uri)| (name(prefix), uri.to_string())).collect()
    }

    /// Its text, trimmed. An element inside is wrong: nothing that is read here has one.
    pub fn text(self) -> Result<String, Wrong> {
        let mut text = String::new();
        for child in self.doc.children_iter(self.id) {
            match self.doc.node_kind(child) {
                Some(NodeKind::Text(part)) => text.push_str(part),
                _ => return Err(Wrong::Form("an element where text belongs")),
            }
        }
        Ok(text.trim().to_owned())
    }

    /// All elements below, and itself.
    pub fn all(self) -> Vec<Node<'d>> {
        let below = self.doc.descendants(self.id).into_iter().map(|id| Node { id, ..self });
        std::iter::once(self).chain(below).filter(|node| node.doc.element(node.id).is_some()).collect()
    }

    /// Exclusive canonical form (W3C xml-exc-c14n) of this element, without one of its children.
    pub fn canonical(self, prefixes: &[&str], without: Option<Node<'d>>) -> Result<String, Wrong> {
        let mut set = NodeSet::tree_without_comments(self.id, self.doc);
        if let Some(without) = without {
            set = set.subtract(&NodeSet::tree_without_comments(without.id, self.doc));
        }
        let mode = bergshamra_c14n::C14nMode::Exclusive;
        let bytes = bergshamra_c14n::canonicalize_doc(self.doc, mode, Some(&set), prefixes);
        let bytes = bytes.map_err(|_| Wrong::Xml("no canonical form"))?;
        String::from_utf8(bytes).map_err(|_| Wrong::Xml("no canonical form"))
    }
}
