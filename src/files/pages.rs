//! How files are shown. `templates/files/list.html` is included by record pages; it reads `attachments`, `record` and `shell`.

use super::model::File;

impl File {
    /// "640 bytes", "1.2 MB".
    pub fn size_label(&self) -> String {
        const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
        if self.bytes < 1024 {
            return crate::ui::say_with("file-bytes", [("count", self.bytes.to_string().as_str())]);
        }
        let mut tenths = self.bytes.saturating_mul(10) / 1024;
        let mut units = UNITS.iter();
        let mut unit = units.next();
        while tenths >= 10_240
            && let Some(larger) = units.next()
        {
            tenths /= 1024;
            unit = Some(larger);
        }
        let unit = unit.copied().unwrap_or_default();
        if tenths >= 100 {
            format!("{} {unit}", tenths / 10)
        } else {
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
    }

    /// Symbol before its name.
    pub fn icon(&self) -> &'static str {
        if self.content_type.starts_with("text/") { "doc" } else { "clip" }
    }
}
