use std::path::Path;

#[test]
fn every_message_of_this_room_is_in_its_catalogue_and_every_entry_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let catalogue = std::fs::read_to_string(root.join("locales/en/text.ftl")).unwrap();
    let written: Vec<&str> = catalogue.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key).collect();
    let sources = std::fs::read_dir(root.join("src/text")).unwrap().map(|entry| entry.unwrap().path());
    let source: String =
        sources.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let used: Vec<&str> = source.split('"').filter(|text| text.starts_with("problem-")).collect();
    for key in &used {
        assert!(written.contains(key), "{key} is missing in text.ftl");
    }
    for key in &written {
        assert!(used.contains(key), "{key} is not used");
    }
    let bundle = fluent_bundle::FluentResource::try_new(catalogue);
    assert!(bundle.is_ok(), "{:?}", bundle.err().map(|(_, errors)| errors));
}
