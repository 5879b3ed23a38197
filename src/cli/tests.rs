use clap::{CommandFactory, Parser};
use tow::cli::{Cli, EXIT_CODES, Failure, markdown};
use tow::error::Error;

#[test]
fn the_commands_are_consistent_in_themselves() {
    Cli::command().debug_assert();
}

#[test]
fn the_config_option_may_stand_before_or_after_the_command() {
    for words in [["tow", "--config", "a.yaml", "config", "check"], ["tow", "config", "check", "--config", "a.yaml"]] {
        assert_eq!(Cli::try_parse_from(words).unwrap().config.unwrap().to_str(), Some("a.yaml"));
    }
}

#[test]
fn every_failure_leaves_with_a_documented_code() {
    let failures = [
        Failure::Failed(String::new()),
        Failure::Usage(String::new()),
        Failure::from(Error::Away("no connection".into())),
        Failure::Configuration(Vec::new()),
    ];
    let codes: Vec<_> = failures.iter().map(Failure::code).collect();
    assert_eq!(codes, [1, 2, 69, 78]);
    assert!(codes.iter().all(|code| EXIT_CODES.iter().any(|(known, _)| known == code)));
    let help = Cli::command().render_help().to_string();
    assert!(EXIT_CODES.iter().all(|(_, meaning)| help.contains(meaning.split(',').next().unwrap())), "{help}");
}

#[test]
fn a_wrong_command_line_leaves_with_2() {
    assert_eq!(Cli::try_parse_from(["tow", "nonsense"]).err().unwrap().exit_code(), 2);
}

#[test]
fn the_command_line_page_is_current() {
    assert!(markdown() == include_str!("../../docs/cli.md"), "run bin/regenerate");
}
