use std::time::{Duration, Instant};
use tow::text::csv::*;

fn rows(source: &[u8]) -> Vec<Result<Row, LineProblem>> {
    Table::open(source, &WORK_COLUMNS, "title").unwrap().collect()
}

fn refused(source: &[u8]) -> LineProblem {
    Table::open(source, &WORK_COLUMNS, "title").err().unwrap()
}

#[test]
fn heads_are_known_by_their_usual_names() {
    let table = rows(b"\xEF\xBB\xBFSummary,Issue Type,DUE_DATE,Labels,Labels,Colour\nFix,Bug,2026-11-20,a,b,red\n");
    let row = table[0].as_ref().unwrap();
    assert_eq!(row.line, 2);
    let expected = [("due", "2026-11-20"), ("labels", "a, b"), ("title", "Fix"), ("type", "Bug")];
    assert_eq!(row.fields.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>(), expected);
    let table = Table::open(&b"Title,Colour\n"[..], &WORK_COLUMNS, "title").unwrap();
    assert_eq!(table.unknown, ["Colour"]);
}

#[test]
fn semicolons_and_tabs_separate_too() {
    for source in ["Title;Status\nA;Open\n", "Title\tStatus\nA\tOpen\n"] {
        assert_eq!(rows(source.as_bytes())[0].as_ref().unwrap().fields["status"], "Open");
    }
}

#[test]
fn a_row_is_named_by_the_line_where_it_begins() {
    let table = rows(b"Title,Description\nA,\"one\ntwo\nthree\"\n\nB,x,y,z\nC,\n");
    let lines: Vec<_> =
        table.iter().map(|row| row.as_ref().map(|row| row.line).map_err(|p| (p.line, p.msg.key))).collect();
    assert_eq!(lines, [Ok(2), Err((6, "problem-csv-too-many-values")), Ok(7)]);
    assert_eq!(table[0].as_ref().unwrap().fields["description"], "one\ntwo\nthree");
}

#[test]
fn a_broken_encoding_is_named_by_line_and_byte() {
    let mut source = b"Title\nGood\n".to_vec();
    source.extend_from_slice(b"Gr\xFC\xDFe\n");
    let problem = rows(&source).pop().unwrap().unwrap_err();
    assert_eq!((problem.line, problem.msg.key, problem.ends), (3, "problem-csv-not-utf8", true));
    assert_eq!(problem.msg.args, [("line", "3".to_owned()), ("offset", "13".to_owned())]);
    assert_eq!(refused(b"\xFF\xFET\0i\0").msg.key, "problem-csv-utf16");
}

#[test]
fn characters_across_buffers_are_not_broken() {
    let source = format!("Title\n{}\n", "aä€😀".repeat(40_000));
    assert_eq!(rows(source.as_bytes())[0].as_ref().unwrap().fields["title"].chars().count(), 160_000);
}

#[test]
fn a_table_without_its_main_column_is_refused() {
    assert_eq!(refused(b"Colour,Size\nred,1\n").msg.key, "problem-csv-column-missing");
    assert_eq!(refused(b"").msg.key, "problem-csv-column-missing");
    assert_eq!(refused("x,".repeat(MAX_COLUMNS + 1).as_bytes()).msg.key, "problem-csv-columns");
}

#[test]
fn an_oversized_value_or_a_zero_character_costs_one_line() {
    let source = format!("Title\n{}\na\0b\nlast\n", "x".repeat(tow::text::value::MAX_BODY_BYTES + 1));
    let keys: Vec<_> = rows(source.as_bytes()).into_iter().map(|row| row.map(|_| ()).map_err(|p| p.msg.key)).collect();
    assert_eq!(keys, [Err("problem-csv-value-too-long"), Err("problem-nul"), Ok(())]);
}

#[test]
fn rows_are_read_up_to_their_limit_and_fast() {
    let source = "Title,Status,Labels\n".to_owned() + &"A ticket,Open,\"a, b\"\n".repeat(MAX_ROWS + 10);
    let start = Instant::now();
    let table = rows(source.as_bytes());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(table.len(), MAX_ROWS + 1);
    assert_eq!(table.last().unwrap().as_ref().unwrap_err().msg.key, "problem-csv-rows");
}

#[test]
fn no_exported_cell_is_a_formula_and_all_come_back() {
    for value in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", " =1", "\t=1", "＝1"] {
        assert!(guarded(value).starts_with('\''), "{value}");
    }
    for value in ["-5", "+3.5", "plain", "'quoted'", ""] {
        assert_eq!(guarded(value), value);
    }
    let source = format!("Title\n{}\n", guarded("=1+1"));
    assert_eq!(rows(source.as_bytes())[0].as_ref().unwrap().fields["title"], "=1+1");
}
