use tow::text::{Reference, Setting, Target, excerpt, plain, references, render, render_in};

fn html(source: &str) -> String {
    render(source, &|_| None).html
}

fn linked(source: &str) -> String {
    let to = |href: &str| Some(Target { href: href.to_owned(), ..Target::default() });
    let links = move |reference: &Reference| match reference {
        Reference::Id { prefix, number } if prefix == "DEC" => to(&format!("/decisions/{number}")),
        Reference::Title(title) if title == "Tide windows" => to("/docs/1"),
        Reference::Handle(handle) if handle == "ada" => to("/people/ada"),
        Reference::Name(name) if name == "Ada Lovelace" => to("/people/ada"),
        _ => None,
    };
    render(source, &links).html
}

fn id(prefix: &str, number: i32) -> Reference {
    Reference::Id { prefix: prefix.to_owned(), number }
}

#[test]
fn a_paragraph_is_a_paragraph() {
    assert_eq!(html("A *tide* **window**.").trim(), "<p>A <em>tide</em> <strong>window</strong>.</p>");
}

#[test]
fn headings_leave_h1_to_the_page_and_skip_no_level() {
    let page = render("# One\n### Two\n### Three\n## Four\n# Five", &|_| None);
    let levels: Vec<_> = page.headings.iter().map(|h| (h.level, h.id.as_str())).collect();
    assert_eq!(levels, [(2, "h-one"), (3, "h-two"), (3, "h-three"), (3, "h-four"), (2, "h-five")]);
    assert!(page.html.contains("<h3 id=\"h-two\">Two</h3>"), "{}", page.html);
    assert!(!page.html.contains("<h1"));
}

#[test]
fn a_heading_id_is_prefixed_and_links_to_it_follow() {
    let setting = Setting { space: "c12", ..Setting::default() };
    let page = render_in(&setting, "## How & why\n\n[see](#how--why)", &|_| None);
    assert_eq!(page.headings[0].id, "h-c12-how--why");
    assert!(page.html.contains("<h2 id=\"h-c12-how--why\">How &amp; why</h2>"), "{}", page.html);
    assert!(page.html.contains("<a href=\"#h-c12-how--why\">see</a>"), "{}", page.html);
}

#[test]
fn tables_scroll_in_a_named_focusable_group() {
    let out = html("| Vessel | Draught |\n|---|--:|\n| Tern | 2.1 m |");
    let start = "<div class=\"table-scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>";
    assert!(out.contains(start) && out.contains("</table></div>"), "{out}");
    assert!(out.contains("<th scope=\"col\">Vessel</th>"), "{out}");
}

#[test]
fn an_empty_head_cell_is_no_head() {
    let out = html("|  | Draught |\n|---|---|\n| Tern | 2.1 m |");
    assert!(out.contains("<td></td>") && !out.contains("></th>"), "{out}");
}

#[test]
fn task_lists_are_disabled_boxes_with_labels() {
    let out = html("- [x] Compare *corrections*\n- [ ] Agree the margin\n  - [ ] nested");
    assert!(out.contains("<ul class=\"tasks\">"), "{out}");
    let first = out.split("<li>").nth(1).unwrap();
    for part in ["type=\"checkbox\"", "disabled", "checked", "id=\"h-task.1\"", "<label for=\"h-task.1\">Compare <em>"]
    {
        assert!(first.contains(part), "{part} not in {first}");
    }
    assert!(out.contains("<div><label for=\"h-task.2\">Agree the margin</label>"), "{out}");
    assert!(out.contains("<label for=\"h-task.3\">nested</label>"), "{out}");
}

#[test]
fn code_is_coloured_and_focusable() {
    let out = html("```rust\nlet x = \"<b>\"; // DEC-7\n```");
    assert!(out.contains("<pre tabindex=\"0\" role=\"group\" aria-label=\"Code: Rust\"><code>"), "{out}");
    assert!(out.contains("<span class=\"k\">let</span>"), "{out}");
    assert!(out.contains("<span class=\"c\">// DEC-7</span>"), "{out}");
    assert!(out.contains("&lt;b&gt;") && !out.contains("<b>"), "{out}");
}

#[test]
fn a_code_block_is_called_by_its_file() {
    let out = html("```yaml tow.yaml\nthreshold: 10 # five in winter\n```");
    assert!(out.contains("aria-label=\"Code: tow.yaml\""), "{out}");
    assert!(out.contains("<span class=\"n\">threshold</span>: <span class=\"s\">10</span>"), "{out}");
    assert!(out.contains("<span class=\"c\"># five in winter</span>"), "{out}");
    assert!(html("    indented").contains("aria-label=\"Code\""));
}

#[test]
fn footnotes_lead_there_and_back() {
    let out = html("Deep.[^1]\n\n[^1]: Very.");
    assert!(out.contains("href=\"#h-fn-1\" id=\"h-fnref-1\""), "{out}");
    assert!(out.contains("id=\"h-fn-1\"") && out.contains("aria-label=\"Back to reference 1\""), "{out}");
}

#[test]
fn links_that_leave_say_so_and_others_do_not() {
    let out = html("[a](https://example.org) [b](/docs/1) https://example.net [c](//example.com)");
    assert_eq!(out.matches("class=\"external\" rel=\"noopener noreferrer nofollow\"").count(), 3, "{out}");
    assert!(out.contains("<a href=\"/docs/1\">b</a>"), "{out}");
}

#[test]
fn remote_images_become_links_and_local_ones_stay() {
    let out = html("![Harbour](https://example.org/h.png) ![Map](/files/0190/map.png)");
    assert!(!out.contains("<img src=\"https"), "{out}");
    assert!(out.contains("href=\"https://example.org/h.png\"") && out.contains(">Harbour</a>"), "{out}");
    assert!(out.contains("<img src=\"/files/0190/map.png\" alt=\"Map\" loading=\"lazy\">"), "{out}");
}

#[test]
fn a_badge_is_one_link() {
    let out = html("[![Build](https://example.org/b.svg)](https://example.org)");
    assert_eq!(out.matches("<a ").count(), 1, "{out}");
    assert!(out.contains(">Build</a>"), "{out}");
}

#[test]
fn references_become_links_where_they_lead_somewhere() {
    let out = linked("DEC-7, APP-1, [[Tide windows]], [[Nothing]], @ada. @[Ada Lovelace] @ben");
    for part in [
        "<a class=\"ref\" href=\"/decisions/7\">DEC-7</a>, APP-1,",
        "<a class=\"ref\" href=\"/docs/1\">[[Tide windows]]</a>, [[Nothing]],",
        "<a class=\"ref\" href=\"/people/ada\">@ada</a>.",
        "<a class=\"ref\" href=\"/people/ada\">@[Ada Lovelace]</a> @ben",
    ] {
        assert!(out.contains(part), "{part} not in {out}");
    }
}

#[test]
fn a_target_brings_its_label_title_and_class() {
    let links = |_: &Reference| {
        let (title, label) = (Some("A \"person\" agrees".to_owned()), Some("<Tide>".to_owned()));
        Some(Target { href: "/x?a=1&b=2".to_owned(), title, label, class: Some("done") })
    };
    let out = render("[[x]]", &links).html;
    let expected =
        "<a class=\"ref done\" href=\"/x?a=1&amp;b=2\" title=\"A &quot;person&quot; agrees\">&lt;Tide&gt;</a>";
    assert!(out.contains(expected), "{out}");
}

#[test]
fn references_are_not_found_in_code_links_or_escapes() {
    let source =
        "`DEC-1` [DEC-2](/x) ![DEC-3](/files/a.png) \\@ada \\[[T]] ada@example.org\n\n    DEC-4\n\n```\nDEC-5\n```";
    assert_eq!(references(source), []);
    assert!(!linked(source).contains("class=\"ref\""));
}

#[test]
fn references_are_listed_once_in_order_by_both_ways() {
    let source = "DEC-7 and @ada and **DEC-7** and [[ T ]] | RISK-12.\n\n# APP-3\n\n| a |\n|---|\n| X1-9 |";
    let expected = [
        id("DEC", 7),
        Reference::Handle("ada".to_owned()),
        Reference::Title("T".to_owned()),
        id("RISK", 12),
        id("APP", 3),
        id("X1", 9),
    ];
    assert_eq!(references(source), expected);
    assert_eq!(render(source, &|_| None).references, expected);
}

#[test]
fn what_only_resembles_a_display_id_is_none() {
    for text in ["A-1", "app-1", "ISO-8859-1", "xDEC-7", "DEC-7x", "DEC-", "ABCDEFGHIJK-1", "APP-1234567890", "a/DEC-7"]
    {
        assert_eq!(references(text), [], "{text}");
    }
}

#[test]
fn text_in_angle_brackets_is_shown_and_harmless_html_works() {
    assert!(html("a Vec<String> here").contains("Vec&lt;String&gt;"));
    assert!(html("press <kbd>Ctrl</kbd>").contains("<kbd>Ctrl</kbd>"));
    let out = html("<details>\n<summary>More</summary>\n\n*inside*\n\n</details>");
    assert!(out.contains("<details>") && out.contains("<em>inside</em>") && out.contains("</details>"), "{out}");
    assert!(!html("a <!-- hidden --> b").contains("hidden"));
    assert!(html("open <b> only").contains("open  only"));
}

#[test]
fn plain_words_have_no_markup() {
    let source = "# Tides\n\nA *window* of `code` and [link](/x).\n\n- one\n- two <b>bold</b>\n\n| a | b |\n|---|---|\n| c | d |";
    assert_eq!(plain(source), "Tides\nA window of code and link.\none\ntwo bold\na b\nc d");
}

#[test]
fn an_excerpt_ends_at_a_word() {
    assert_eq!(excerpt("# Tides\n\nrise and fall", 10), "Tides rise…");
    assert_eq!(excerpt("short", 10), "short");
    assert_eq!(excerpt("Donaudampfschiff", 5), "Donau…");
}

#[test]
fn words_are_counted_for_the_reading_time() {
    assert_eq!(render("# One two\n\nthree *four*\n\n```\ncode\n```", &|_| None).words, 4);
}
