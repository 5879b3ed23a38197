//! Attachments, through the doors.

use crate::harness::*;
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;
use tow::files::{BIN_DAYS, LOOSE_HOURS, MAX_PIXELS, clean_up, sniff};
use tow::storage::Store;
use tow::web::{MAX_FILES_AT_ONCE, Range};

const BOUNDARY: &str = "----a-line-between";
const KIND: &str = "multipart/form-data; boundary=----a-line-between";

/// A multipart body, its parts as name, file name and content.
fn body(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: image/png")).unwrap_or_default();
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

fn send(client: &Client, record: &str, name: &str, content: &[u8]) -> Answer {
    let csrf = client.csrf();
    let parts: [(&str, Option<&str>, &[u8]); 2] = [("_csrf", None, csrf.as_bytes()), ("file", Some(name), content)];
    client.post_raw(&format!("/records/{record}/files"), KIND, body(&parts))
}

/// The address of a file that was just sent, as an editor gets it.
fn pasted(client: &Client, record: &str, name: &str, content: &[u8]) -> String {
    let answer = send(&client.clone().with("accept", "application/json"), record, name, content);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let markdown =
        serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap()["markdown"].as_str().unwrap().to_owned();
    markdown.rsplit_once("](").unwrap().1.trim_end_matches(')').to_owned()
}

fn on_disk(app: &App) -> usize {
    let folder = &app.state().config.uploads.upload_storage_path;
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_type().is_file()))
        .count()
}

fn picture(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 7])))
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// A photograph that says it was taken sideways, and where.
fn photo_with_place(width: u32, height: u32) -> Vec<u8> {
    let jpeg = picture(ImageFormat::Jpeg, width, height);
    // TIFF, little-endian, one entry: orientation 6 (turn clockwise).
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend(b"GPSLatitude 57.3081");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn a_file_comes_back_as_it_was_sent_and_lies_under_its_hash() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let path = pasted(&cleo, STEEL, "tide table.csv", b"port,high\nMarnes,11:20\n");
    let answer = cleo.get(&path);
    assert_eq!((answer.status, answer.text().as_str()), (200, "port,high\nMarnes,11:20\n"));
    assert!(path.ends_with("/tide%20table.csv"), "{path}");
    assert_eq!(
        app.count("select count(*) from blobs b join files f using (hash) where f.content_type = 'text/csv'"),
        1
    );
    let names = walkdir::WalkDir::new(&app.state().config.uploads.upload_storage_path).into_iter();
    assert!(names.filter_map(Result::ok).all(|entry| !entry.path().to_string_lossy().contains("tide")));
}

#[test]
fn without_a_script_an_upload_leads_back_to_the_record_with_a_message() {
    let app = App::new();
    let answer = send(&app.as_(CLEO), STEEL, "a.txt", b"words");
    assert_eq!(answer.location(), format!("/tickets/{STEEL}#files"));
    assert!(!answer.header("set-cookie").is_empty());
    assert_eq!(app.count("select count(*) from activity where act = 'attached'"), 1);
}

#[test]
fn the_same_content_twice_is_kept_once() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let paths = [pasted(&cleo, STEEL, "a.txt", b"same"), pasted(&cleo, CRANE, "b.txt", b"same")];
    assert_eq!((on_disk(&app), app.count("select count(*) from blobs")), (1, 1));
    assert!(paths.iter().all(|path| cleo.get(path).text() == "same"));
}

#[test]
fn a_form_sent_twice_attaches_once() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let (csrf, once) = (cleo.csrf(), uuid::Uuid::new_v4().to_string());
    let parts: [(&str, Option<&str>, &[u8]); 3] =
        [("_csrf", None, csrf.as_bytes()), ("_once", None, once.as_bytes()), ("file", Some("a.txt"), b"once")];
    for _ in 0..2 {
        let answer = cleo.post_raw(&format!("/records/{STEEL}/files"), KIND, body(&parts));
        assert_eq!(answer.location(), format!("/tickets/{STEEL}#files"));
    }
    assert_eq!(app.count("select count(*) from files"), 1);
}

#[test]
fn an_interrupted_upload_leaves_nothing() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let csrf = cleo.csrf();
    let whole = body(&[("_csrf", None, csrf.as_bytes()), ("file", Some("a.bin"), &[7; 700_000])]);
    let answer = cleo.post_raw(&format!("/records/{STEEL}/files"), KIND, &whole[..600_000]);
    assert_eq!(answer.status, 422);
    assert!(answer.has("The connection broke"), "{}", answer.text());
    assert_eq!(
        (on_disk(&app), app.count("select count(*) from files"), app.count("select count(*) from blobs")),
        (0, 0, 0)
    );
}

#[test]
fn a_file_over_the_limit_is_refused_with_its_name_and_the_limit_and_leaves_nothing() {
    let app = App::configured(&[("TOW_UPLOADS__UPLOAD_MAX_BYTES", "2097152")]);
    let answer = send(&app.as_(CLEO), STEEL, "big.bin", &vec![1; 2_097_153]);
    assert_eq!(answer.status, 413);
    assert!(answer.has("big.bin is larger than 2 MB"), "{}", answer.text());
    assert_eq!((on_disk(&app), app.count("select count(*) from files")), (0, 0));
    assert_eq!(send(&app.as_(CLEO), STEEL, "fits.bin", &vec![1; 2_097_152]).status, 303);
}

#[test]
fn more_files_than_fit_one_form_are_refused_together() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let csrf = cleo.csrf();
    let file: (&str, Option<&str>, &[u8]) = ("file", Some("a.txt"), b"a");
    let parts = [vec![("_csrf", None, csrf.as_bytes())], vec![file; MAX_FILES_AT_ONCE + 1]].concat();
    assert_eq!(cleo.post_raw(&format!("/records/{STEEL}/files"), KIND, body(&parts)).status, 413);
    assert_eq!((on_disk(&app), app.count("select count(*) from files")), (0, 0));
}

#[test]
fn nothing_is_stored_before_the_proof_that_the_form_is_ours() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let csrf = cleo.csrf();
    let late = body(&[("file", Some("a.txt"), b"x"), ("_csrf", None, csrf.as_bytes())]);
    let wrong = body(&[("_csrf", None, b"guessed"), ("file", Some("a.txt"), b"x")]);
    for sent in [late, wrong, body(&[])] {
        assert_eq!(cleo.post_raw(&format!("/records/{STEEL}/files"), KIND, sent).status, 403);
    }
    assert_eq!((on_disk(&app), app.count("select count(*) from files")), (0, 0));
}

#[test]
fn a_form_without_a_file_or_of_another_kind_says_so() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let empty = send(&cleo, STEEL, "", b"");
    assert_eq!((empty.status, empty.has("Choose a file first.")), (422, true));
    assert_eq!(cleo.post(&format!("/records/{STEEL}/files"), &[("file", "x")]).status, 415);
    assert_eq!(cleo.post_raw(&format!("/records/{STEEL}/files"), KIND, "rubbish").status, 422);
}

#[test]
fn who_may_not_write_the_record_may_not_attach_and_who_cannot_see_it_finds_nothing() {
    let app = App::new();
    assert_eq!(send(&app.as_(VERA), STEEL, "a.txt", b"x").status, 403);
    assert_eq!(send(&app.as_(DOV), STEEL, "a.txt", b"x").status, 404);
    assert_eq!(send(&app.as_(ADA), SECRET, "a.txt", b"x").status, 404);
    assert_eq!(app.count("select count(*) from files"), 0);
}

#[test]
fn a_file_is_seen_by_who_sees_its_record_and_by_nobody_else() {
    let app = App::new();
    let path = pasted(&app.as_(CLEO), STEEL, "a.txt", b"private words");
    assert_eq!(app.as_(VERA).get(&path).status, 200);
    assert_eq!(app.as_(DOV).get(&path).status, 404);
    assert_eq!(app.visitor().get(&path).status, 303);
    assert_eq!(app.as_(CLEO).get("/files/0193a2b4-0000-7000-8000-000000000000/a.txt").status, 404);
    assert_eq!(app.as_(CLEO).get("/files/nonsense/a.txt").status, 404);
}

#[test]
fn the_type_is_told_from_the_content_and_a_page_is_never_shown_as_one() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    // The form says image/png, the name agrees, the content does not.
    let answer = cleo.get(&pasted(&cleo, STEEL, "cat.png", b"<html><script>alert(1)</script></html>"));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert!(answer.header("content-disposition").starts_with("attachment"), "{}", answer.header("content-disposition"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.header("content-security-policy").starts_with("sandbox; default-src 'none'"));
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    let svg = cleo.get(&pasted(
        &cleo,
        STEEL,
        "a.svg",
        b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
    ));
    assert!(!svg.header("content-type").contains("svg"), "{}", svg.header("content-type"));
    assert!(svg.header("content-disposition").starts_with("attachment"));
}

#[test]
fn kinds_are_told_apart() {
    assert_eq!(sniff(b"%PDF-1.7 ", "a.txt"), "application/pdf");
    assert_eq!(sniff(b"# Title", "a.md"), "text/markdown");
    assert_eq!(sniff("caf\u{e9}".as_bytes().get(..4).unwrap(), "a.txt"), "text/plain");
    assert_eq!(sniff(b"a\0b", "a.txt"), "application/octet-stream");
}

#[test]
fn a_photograph_loses_its_place_and_keeps_its_way_up() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let sent = photo_with_place(40, 20);
    let answer = cleo.get(&pasted(&cleo, STEEL, "pier.jpg", &sent));
    assert_eq!(answer.header("content-type"), "image/jpeg");
    assert!(answer.header("content-disposition").starts_with("inline"));
    assert!(sent.windows(3).any(|part| part == b"GPS") && !answer.body.windows(3).any(|part| part == b"GPS"));
    assert!(!answer.body.windows(4).any(|part| part == b"Exif"));
    let shown = image::load_from_memory(&answer.body).unwrap();
    assert_eq!((shown.width(), shown.height()), (20, 40));
    assert_eq!(app.count("select count(*) from files where width = 20 and height = 40"), 1);
    assert_eq!(on_disk(&app), 1);
}

#[test]
fn each_kind_of_picture_is_drawn_anew_and_what_hides_behind_it_is_gone() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    for (format, kind) in
        [(ImageFormat::Png, "image/png"), (ImageFormat::WebP, "image/webp"), (ImageFormat::Gif, "image/gif")]
    {
        let sent = [picture(format, 16, 9), b"<script>alert(1)</script>".to_vec()].concat();
        let answer = cleo.get(&pasted(&cleo, STEEL, "a.bin", &sent));
        assert_eq!(answer.header("content-type"), kind);
        assert!(!answer.has("script") && answer.header("content-disposition").starts_with("inline"), "{kind}");
    }
}

#[test]
fn a_picture_that_moves_or_is_broken_is_kept_as_sent_for_download() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let mut moving = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut moving);
    encoder.encode_frames((0..2).map(|_| image::Frame::new(image::RgbaImage::new(4, 4)))).unwrap();
    drop(encoder);
    let broken = picture(ImageFormat::Png, 16, 9)[..40].to_vec();
    for sent in [moving, broken] {
        let answer = cleo.get(&pasted(&cleo, STEEL, "a.gif", &sent));
        assert_eq!(answer.body, sent);
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert!(answer.header("content-disposition").starts_with("attachment"));
    }
}

#[test]
fn a_picture_with_more_pixels_than_the_limit_is_not_decoded() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let mut huge = picture(ImageFormat::Png, 8, 8);
    // The width and height of the header chunk, with its checksum.
    huge[16..20].copy_from_slice(&40_000_u32.to_be_bytes());
    huge[20..24].copy_from_slice(&40_000_u32.to_be_bytes());
    let sum = checksum(&huge[12..29]).to_be_bytes();
    huge[29..33].copy_from_slice(&sum);
    const { assert!(40_000_u64 * 40_000 > MAX_PIXELS) };
    let answer = cleo.get(&pasted(&cleo, STEEL, "huge.png", &huge));
    assert_eq!(
        (answer.body, answer.headers.get("content-disposition").unwrap().to_str().unwrap().split(';').next()),
        (huge, Some("attachment"))
    );
}

/// CRC-32 of PNG chunks.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[test]
fn ranges_are_answered_one_at_a_time() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let path = pasted(&cleo, STEEL, "a.txt", b"0123456789");
    let ranged = |range: &str| cleo.clone().with("range", range).get(&path);
    for (range, body, said) in
        [("bytes=2-4", "234", "bytes 2-4/10"), ("bytes=7-", "789", "bytes 7-9/10"), ("bytes=-3", "789", "bytes 7-9/10")]
    {
        let answer = ranged(range);
        assert_eq!(
            (answer.status, answer.text().as_str(), answer.header("content-range").as_str()),
            (206, body, said),
            "{range}"
        );
    }
    let outside = ranged("bytes=10-");
    assert_eq!((outside.status, outside.header("content-range").as_str()), (416, "bytes */10"));
    for whole in ["bytes=1-2,4-5", "bytes=5-2", "lines=1-2", "bytes=x"] {
        assert_eq!((ranged(whole).status, ranged(whole).body.len()), (200, 10), "{whole}");
    }
}

#[test]
fn a_range_at_the_edges_is_read_right() {
    assert_eq!(Range::parse("bytes=0-999", 10), Range::Part { from: 0, to: 9 });
    assert_eq!(Range::parse("bytes=-999", 10), Range::Part { from: 0, to: 9 });
    assert_eq!(Range::parse("bytes=-0", 10), Range::Outside);
    assert_eq!(Range::parse("bytes=0-", 0), Range::Outside);
    assert_eq!(Range::parse("bytes=-", 10), Range::Whole);
    assert_eq!(Range::parse("bytes=99999999999999999999-", 10), Range::Whole);
}

#[test]
fn a_browser_that_has_the_file_gets_304_and_a_stale_part_the_whole() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let path = pasted(&cleo, STEEL, "a.txt", b"0123456789");
    let tag = cleo.get(&path).header("etag");
    let kept = cleo.clone().with("if-none-match", &tag).get(&path);
    assert_eq!((kept.status, kept.body.len(), kept.header("etag")), (304, 0, tag));
    let stale = cleo.clone().with("range", "bytes=2-4").with("if-range", "\"older\"").get(&path);
    assert_eq!((stale.status, stale.body.len()), (200, 10));
}

#[test]
fn a_large_file_is_streamed_in_pieces_and_arrives_whole_and_uncompressed() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let sent: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let path = pasted(&cleo, STEEL, "a.bin", &sent);
    let answer = cleo.clone().with("accept-encoding", "gzip, br").get(&path);
    assert!(answer.body == sent);
    assert_eq!(answer.header("content-encoding"), "identity");
}

#[test]
fn hostile_names_are_shown_as_harmless_text() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let path = pasted(&cleo, STEEL, "../../<script>x\u{202e}gnp.exe", b"x");
    assert!(!path.contains('<') && !path.contains("..%2F") && !path.contains("%E2%80%AE"), "{path}");
    let named: Vec<String> = cleo.tx(|tx, me| {
        let record = tow::records::Record::find_any(tx, me, STEEL)?;
        Ok(tow::files::Attachments::load(tx, me, &record)?.files.into_iter().map(|file| file.name).collect())
    });
    assert_eq!(named, ["_script_xgnp.exe"]);
    let disposition = cleo.get(&path).header("content-disposition");
    assert!(
        disposition.starts_with("attachment") && !disposition.contains('<') && !disposition.contains('\n'),
        "{disposition}"
    );
}

#[test]
fn the_authors_own_and_who_may_remove_the_record_remove_a_file_others_do_not() {
    let app = App::new();
    let of = |path: &str, act: &str| format!("{}/{act}", path.rsplit_once('/').unwrap().0);
    let path = pasted(&app.as_(EDDA), STEEL, "a.txt", b"x");
    assert_eq!(app.as_(DOV).post(&of(&path, "removal"), &[]).status, 404);
    assert_eq!(app.as_(VERA).post(&of(&path, "removal"), &[]).status, 403);
    assert_eq!(app.as_(CLEO).post(&of(&path, "removal"), &[]).status, 403);
    assert_eq!(app.as_(FINN).post(&of(&path, "removal"), &[]).location(), format!("/tickets/{STEEL}#files"));
    assert_eq!(app.as_(EDDA).get(&path).status, 404);
    assert_eq!(app.as_(EDDA).post(&of(&path, "removal"), &[]).status, 404);
    assert_eq!(app.as_(EDDA).post(&of(&path, "restoration"), &[]).status, 303);
    assert_eq!(app.as_(EDDA).get(&path).text(), "x");
}

#[test]
fn content_goes_when_no_file_names_it_any_more_and_not_before() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let path = pasted(&cleo, STEEL, "a.txt", b"shared");
    pasted(&cleo, CRANE, "b.txt", b"shared");
    let id = path.split('/').nth(2).unwrap().to_owned();
    let store = Store::of(&app.state().config.uploads);
    assert_eq!(cleo.post(&format!("/files/{id}/removal"), &[]).status, 303);
    app.advance(chrono::Duration::days(BIN_DAYS + 1));
    assert_eq!((app.work(|work| clean_up(work, &store)).unwrap(), on_disk(&app)), (0, 1));
    app.sql("update files set removed_at = created_at");
    assert_eq!((app.work(|work| clean_up(work, &store)).unwrap(), on_disk(&app)), (1, 0));
    assert_eq!(app.count("select count(*) from files") + app.count("select count(*) from blobs"), 0);
}

#[test]
fn content_without_a_row_and_uploads_left_by_a_crash_are_swept_after_a_day() {
    let app = App::new();
    let store = Store::of(&app.state().config.uploads);
    let stray = store.path(&"ab".repeat(32));
    std::fs::create_dir_all(stray.parent().unwrap()).unwrap();
    std::fs::create_dir_all(store.incoming()).unwrap();
    std::fs::write(&stray, "x").unwrap();
    std::fs::write(store.incoming().join("left"), "x").unwrap();
    let written = chrono::DateTime::<chrono::Utc>::from(std::fs::metadata(&stray).unwrap().modified().unwrap());
    let tidied = |now| tow::jobs::tidy(&app.state().config, now);
    app.advance(written - app.state().clock.now());
    app.work(|work| clean_up(work, &store)).unwrap();
    tidied(written);
    assert_eq!(on_disk(&app), 2);
    app.advance(chrono::Duration::hours(LOOSE_HOURS) + chrono::Duration::minutes(1));
    app.work(|work| clean_up(work, &store)).unwrap();
    assert_eq!(on_disk(&app), 1, "what waits on this machine is no business of the clean-up");
    tidied(app.state().clock.now());
    assert_eq!(on_disk(&app), 0);
}

#[test]
fn what_lay_in_the_bin_too_long_is_not_brought_back_also_before_the_clean_up() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let path = pasted(&cleo, STEEL, "a.txt", b"x");
    let id = path.split('/').nth(2).unwrap().to_owned();
    assert_eq!(cleo.post(&format!("/files/{id}/removal"), &[]).status, 303);
    app.sql(&format!("update files set removed_at = removed_at - interval '{BIN_DAYS} days 1 second'"));
    assert_eq!(cleo.post(&format!("/files/{id}/restoration"), &[]).status, 404);
    app.sql("update files set removed_at = removed_at + interval '1 hour'");
    assert_eq!(cleo.post(&format!("/files/{id}/restoration"), &[]).status, 303);
}
