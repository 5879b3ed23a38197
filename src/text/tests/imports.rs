use proptest::prelude::*;
use std::io::{Cursor, Write};
use tow::text::import::*;
use tow::text::links::rewrite;
use tow::text::value::MAX_BODY_BYTES;
use tow::text::zip::{LIMITS, Limits, Spent};
use tow::text::{folder, zip as unpacking};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn set(files: &[(&str, &str)]) -> Set {
    markdown_set(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())))
}

fn tree(set: &Set) -> Vec<(String, String, Option<String>)> {
    let parent = |doc: &Doc| doc.parent.map(|index| set.docs[index].path.clone());
    set.docs.iter().map(|doc| (doc.path.clone(), doc.title.clone(), parent(doc))).collect()
}

fn keys(set: &Set) -> Vec<(&str, &str)> {
    set.problems.iter().map(|problem| (problem.about.as_str(), problem.msg.key)).collect()
}

#[test]
fn folders_become_parents_and_come_first() {
    let set = set(&[
        ("guide/deep/leaf.md", "x"),
        ("guide/index.md", "# Guide\n\nHello"),
        ("tides.md", "x"),
        ("tides/a.md", "x"),
    ]);
    let row =
        |path: &str, title: &str, parent: Option<&str>| (path.to_owned(), title.to_owned(), parent.map(str::to_owned));
    let expected = [
        row("guide/index.md", "Guide", None),
        row("tides.md", "tides", None),
        row("guide/deep/", "deep", Some("guide/index.md")),
        row("tides/a.md", "a", Some("tides.md")),
        row("guide/deep/leaf.md", "leaf", Some("guide/deep/")),
    ];
    assert_eq!(tree(&set), expected);
    assert_eq!(set.docs[0].body, "Hello");
}

#[test]
fn the_title_is_front_matter_then_heading_then_file() {
    let set = set(&[
        ("a.md", "---\ntitle: \"From: front\"\ntags: [Tides, safety]\n---\n\n# Other\n\ntext"),
        ("b.md", "Setext\n======\n\ntext"),
        ("c.md", "intro\n\n# Later\n"),
        ("d e.md", "---\nnot front matter"),
        ("f.md", "---\ntags:\n  - one\n  - two\n---\n# F\nbody"),
    ]);
    let docs: Vec<_> = set.docs.iter().map(|doc| (doc.title.as_str(), doc.body.as_str(), doc.tags.join(" "))).collect();
    let expected = [
        ("From: front", "# Other\n\ntext", "tides safety".to_owned()),
        ("Setext", "text", String::new()),
        ("Later", "intro\n\n# Later\n", String::new()),
        ("d e", "---\nnot front matter", String::new()),
        ("F", "body", "one two".to_owned()),
    ];
    assert_eq!(docs, expected);
}

#[test]
fn links_between_files_follow_them() {
    let set = set(&[
        (
            "guide/index.md",
            "[up](../a%20b.md#part) [leaf](leaf.md) ![map](img/map.png) [web](https://x.org/leaf.md) [top](#top)\n\n[r]: <leaf.md>\n\n`[code](leaf.md)`\n\n    [code](leaf.md)",
        ),
        ("guide/leaf.md", "[home](./) [gone](gone.md) [out](../../x.md)"),
        ("a b.md", "[guide](/guide/)"),
        ("guide/img/map.png", "png"),
    ]);
    let mut address = |linked: Linked<'_>| match linked {
        Linked::Doc(index) => Some(format!("/docs/{index}")),
        Linked::File(path) => Some(format!("/files/{}", path.len())),
    };
    let place = |path: &str| set.docs.iter().position(|doc| doc.path == path).unwrap();
    let (guide, leaf, ab) = (place("guide/index.md"), place("guide/leaf.md"), place("a b.md"));
    let expected = format!(
        "[up](/docs/{ab}#h-part) [leaf](/docs/{leaf}) ![map](/files/17) [web](https://x.org/leaf.md) [top](#top)\n\n[r]: </docs/{leaf}>\n\n`[code](leaf.md)`\n\n    [code](leaf.md)"
    );
    assert_eq!(set.body(guide, &mut address), expected);
    assert_eq!(set.body(leaf, &mut address), format!("[home](/docs/{guide}) [gone](gone.md) [out](../../x.md)"));
    assert_eq!(set.body(ab, &mut address), format!("[guide](/docs/{guide})"));
}

#[test]
fn nothing_else_of_the_source_is_touched() {
    let source = "* odd   spacing\n\n1) [a](b.md \"t\")  \n[^1]: note\n[x] : y\ttab\n";
    assert_eq!(rewrite(source, &mut |_| None), source);
    assert_eq!(rewrite(source, &mut |_| Some("/d".to_owned())), source.replace("b.md", "/d"));
    let hostile = "](".repeat(200_000);
    rewrite(&hostile, &mut |_| None);
}

#[test]
fn each_bad_file_is_named_with_its_reason() {
    let files = [
        ("ok.md", b"x".to_vec()),
        ("latin.md", b"Gr\xFC\xDFe".to_vec()),
        ("../up.md", b"x".to_vec()),
        ("/etc/x.md", b"x".to_vec()),
        ("ok.md", b"y".to_vec()),
        ("large.md", vec![b'a'; MAX_BODY_BYTES + 1]),
    ];
    let set = markdown_set(files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)));
    assert_eq!(set.docs.len(), 1);
    let expected = [
        ("latin.md", "problem-not-utf8"),
        ("../up.md", "problem-path-climbs"),
        ("/etc/x.md", "problem-path-absolute"),
        ("ok.md", "problem-path-twice"),
        ("large.md", "problem-body-too-long"),
    ];
    assert_eq!(keys(&set), expected);
    assert_eq!(set.problems[0].msg.args, [("offset", "2".to_owned())]);
}

fn zipped(files: &[(&str, &[u8])]) -> Cursor<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (path, bytes) in files {
        writer.start_file(*path, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.add_symlink("link.md", "/etc/passwd", options).unwrap();
    writer.finish().unwrap()
}

type Files = Vec<(String, Vec<u8>)>;

fn unzipped(source: Cursor<Vec<u8>>, limits: Limits) -> Result<(Files, Vec<&'static str>), &'static str> {
    let mut files = Vec::new();
    let problems = unpacking::read(source, limits, &mut Spent::default(), |path, bytes| files.push((path, bytes)))
        .map_err(|msg| msg.key)?;
    Ok((files, problems.into_iter().map(|problem| problem.msg.key).collect()))
}

#[test]
fn a_zip_gives_its_files_and_refuses_links_and_climbing() {
    let inner = zipped(&[("x.md", b"inner")]).into_inner();
    let source = zipped(&[("a/b.md", b"text"), ("../up.md", b"x"), ("__MACOSX/a.md", b"x"), ("in.zip", &inner)]);
    let (files, problems) = unzipped(source, LIMITS).unwrap();
    assert_eq!(files, [("a/b.md".to_owned(), b"text".to_vec()), ("in.zip".to_owned(), inner)]);
    assert_eq!(problems, ["problem-path-climbs", "problem-zip-link"]);
}

#[test]
fn zip_limits_count_real_bytes() {
    let zeros = vec![0; 3 * 1024 * 1024];
    let bomb = || zipped(&[("bomb.md", &zeros)]);
    assert_eq!(unzipped(bomb(), LIMITS).unwrap_err(), "problem-zip-bomb");
    let loose = Limits { ratio: 1_000_000, ..LIMITS };
    assert_eq!(unzipped(bomb(), loose).unwrap().0[0].1.len(), zeros.len());
    assert_eq!(unzipped(bomb(), Limits { total: 1024, ..loose }).unwrap_err(), "problem-zip-too-large");
    assert_eq!(
        unzipped(bomb(), Limits { each: 1024, ..loose }).unwrap().1,
        ["problem-file-too-large", "problem-zip-link"]
    );
    assert_eq!(unzipped(bomb(), Limits { entries: 1, ..LIMITS }).unwrap_err(), "problem-zip-entries");
    assert_eq!(unzipped(Cursor::new(b"not a zip".to_vec()), LIMITS).unwrap_err(), "problem-zip-unreadable");
}

#[test]
fn the_limits_hold_for_all_zips_of_one_act_together() {
    let mut spent = Spent::default();
    let limits = Limits { total: 1000, entries: 3, ..LIMITS };
    let mut read = |name, bytes: &[u8]| {
        unpacking::read(zipped(&[(name, bytes)]), limits, &mut spent, |_, _| {}).map(drop).map_err(|msg| msg.key)
    };
    // Each zip has a link too, which counts.
    assert_eq!(read("a.md", &[b'a'; 600]), Ok(()));
    assert_eq!(read("b.md", &[b'b'; 10]), Err("problem-zip-entries"));
    let (mut spent, limits) = (Spent::default(), Limits { entries: 100, ..limits });
    let mut read = |bytes: &[u8]| {
        unpacking::read(zipped(&[("a.md", bytes)]), limits, &mut spent, |_, _| {}).map(drop).map_err(|msg| msg.key)
    };
    assert_eq!((read(&[b'a'; 600]), read(&[b'b'; 600])), (Ok(()), Err("problem-zip-too-large")));
}

#[test]
fn a_folder_is_read_without_following_links() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    std::fs::write(folder.path().join("sub/a.md"), "text").unwrap();
    std::os::unix::fs::symlink("/etc", folder.path().join("etc")).unwrap();
    let mut files = Vec::new();
    let problems = folder::read(folder.path(), LIMITS, |path, bytes| files.push((path, bytes))).unwrap();
    assert_eq!(files, [("sub/a.md".to_owned(), b"text".to_vec())]);
    assert_eq!(problems, [Problem::about("etc", tow::error::Msg::new("problem-zip-link"))]);
    for limits in [Limits { entries: 1, ..LIMITS }, Limits { total: 1, ..LIMITS }] {
        assert!(folder::read(folder.path(), limits, |_, _| {}).is_err());
    }
}

proptest! {
    #[test]
    fn parents_come_first_whatever_the_paths(paths in prop::collection::vec("([ab]|index|README)(/([ab]|index|README)){0,3}\\.md", 0..12)) {
        let set = markdown_set(paths.into_iter().map(|path| (path, b"x".to_vec())));
        for (index, doc) in set.docs.iter().enumerate() {
            prop_assert!(doc.parent.is_none_or(|parent| parent < index), "{:?}", set.docs);
        }
    }
}
