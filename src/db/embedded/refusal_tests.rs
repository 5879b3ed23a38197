//! What a person is told when the embedded database cannot start.

use super::{connect, data_folder, start};
use diesel::connection::SimpleConnection;
use rustix::process::geteuid;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use tow::db::embedded::{Embedded, EmbeddedError, Search, check_extensions, check_vector};

#[test]
fn root_refuses_a_data_folder_that_the_servers_user_cannot_reach_and_says_the_fix() {
    if !geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let refused = Embedded::start(&folder.path().join("data")).err().unwrap();
    let shut = folder.path().display();
    assert!(matches!(&refused, EmbeddedError::Unreachable { folder: at, .. } if at == folder.path()), "{refused}");
    assert!(refused.to_string().contains(&format!("chgrp postgres {shut} && chmod g+x {shut}")), "{refused}");
    assert!(!folder.path().join("data/postgres").exists());
}

#[test]
fn a_machine_without_postgresql_is_told_the_package() {
    let empty = data_folder();
    let said = refusal(&empty, &[]);
    assert!(said.contains("`postgres` was not found") && said.contains("Debian 12: postgresql-15"), "{said}");
    assert!(said.contains("DATABASE_URL"), "{said}");
}

#[test]
fn a_missing_program_is_named() {
    let said = refusal(&data_folder(), &["postgres", "pg_config"]);
    assert!(said.contains("`initdb` was not found"), "{said}");
}

#[test]
fn a_missing_pgvector_is_named_with_its_package_and_the_administrators_line() {
    let folder = data_folder();
    let root = folder.path().join("programs");
    let bin = link_programs(&root, &["postgres", "initdb"]);
    fs::write(bin.join("pg_config"), "#!/bin/sh\necho /nowhere/share\n").unwrap();
    fs::set_permissions(bin.join("pg_config"), fs::Permissions::from_mode(0o755)).unwrap();
    let search = Search { follows_path: false, roots: vec![root] };
    let said = Embedded::start_with(&folder.path().join("data"), &search).err().unwrap().to_string();
    assert!(said.contains("/nowhere/share/extension/vector.control does not exist"), "{said}");
    assert!(said.contains("-pgvector") && said.contains("bin/setup"), "{said}");
    assert!(said.ends_with("CREATE EXTENSION vector;"), "{said}");
}

#[test]
fn a_cluster_of_another_version_is_refused_with_both_versions() {
    let folder = data_folder();
    start(&folder).stop();
    fs::write(folder.path().join("data/postgres/PG_VERSION"), "99\n").unwrap();
    let refused = Embedded::start(&folder.path().join("data")).err().unwrap();
    assert!(matches!(&refused, EmbeddedError::OtherVersion { cluster: 99, .. }), "{refused}");
    assert!(refused.to_string().contains("postgresql-99"), "{refused}");
}

#[test]
fn a_role_that_may_not_create_extensions_is_told_the_line_for_the_administrator() {
    let folder = data_folder();
    let tow = start(&folder);
    connect(tow.admin_url()).batch_execute("CREATE DATABASE bare OWNER tow").unwrap();
    let mut conn = connect(&tow.url().replace("/tow?", "/bare?"));
    let said = check_extensions(&mut conn).err().unwrap().to_string();
    assert!(said.contains("permission denied") && said.ends_with("CREATE EXTENSION vector;"), "{said}");
    let mut admin = connect(&tow.admin_url().replace("/postgres?", "/bare?"));
    check_extensions(&mut admin).unwrap();
    check_extensions(&mut conn).unwrap();
}

#[test]
fn a_pgvector_that_cannot_walk_its_index_on_is_refused_with_what_to_do() {
    let folder = data_folder();
    let tow = start(&folder);
    let mut conn = connect(tow.url());
    check_vector(&mut conn).unwrap();
    let mut admin = connect(&tow.admin_url().replace("/postgres?", "/tow?"));
    for (version, is_refused) in [("0.7.4", true), ("0.10.1", false), ("1.0", false), ("0.8.0", false)] {
        admin
            .batch_execute(&format!("update pg_extension set extversion = '{version}' where extname = 'vector'"))
            .unwrap();
        let said = check_extensions(&mut conn).err().map(|error| error.to_string());
        assert_eq!(said.is_some(), is_refused, "{version}: {said:?}");
        if let Some(said) = said {
            assert!(said.contains("version 0.7.4") && said.contains("0.8 or newer"), "{said}");
            assert!(said.ends_with("ALTER EXTENSION vector UPDATE;"), "{said}");
            assert_eq!(check_vector(&mut conn).err().unwrap().to_string(), said, "as the doctor says it");
        }
    }
}

/// What a machine with only these programs says.
fn refusal(folder: &tempfile::TempDir, programs: &[&str]) -> String {
    let root = folder.path().join("programs");
    link_programs(&root, programs);
    let search = Search { follows_path: false, roots: vec![root] };
    Embedded::start_with(&folder.path().join("data"), &search).err().unwrap().to_string()
}

fn link_programs(root: &Path, programs: &[&str]) -> PathBuf {
    let bin = root.join("some/bin");
    fs::create_dir_all(&bin).unwrap();
    let told = Command::new("pg_config").arg("--bindir").output().unwrap().stdout;
    let real = PathBuf::from(String::from_utf8(told).unwrap().trim());
    programs.iter().for_each(|program| symlink(real.join(program), bin.join(program)).unwrap());
    bin
}
