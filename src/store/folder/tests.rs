//! The rules of a run folder, each with what breaks it.

use super::*;
use crate::store::manifest::Origin;
use crate::store::manifest::tests::inputs;

fn start(base: &Path, force: bool) -> RunFolder {
    RunFolder::create(base, inputs(7), force).unwrap()
}

fn finish(mut folder: RunFolder, daily: &str) -> Result<Finished, StoreError> {
    folder.write("daily.csv", daily.as_bytes())?;
    folder.write("charts/score.svg", b"<svg/>")?;
    folder.finish(vec![LogDigest::of(1, "00")])
}

/// Every path below `base`, for "nothing is left".
fn tree(base: &Path) -> Vec<String> {
    let (mut all, mut todo) = (Vec::new(), vec![base.to_path_buf()]);
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                todo.push(entry.path());
            }
            all.push(entry.path().strip_prefix(base).unwrap().display().to_string());
        }
    }
    all.sort();
    all
}

#[test]
fn a_folder_is_seen_only_when_it_is_complete() {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = start(dir.path(), false);
    let target = folder.target().to_path_buf();
    assert_eq!(target, dir.path().join("weekly-promo").join(&inputs(7).hash()[..12]));
    folder.write("daily.csv", b"x").unwrap();
    assert!(!target.exists());
    let done = folder.finish(vec![LogDigest::none(1, "not asked for")]).unwrap();
    assert_eq!((done.settled, &done.path), (Settled::Written, &target));
    let id = &inputs(7).hash()[..12];
    let name = |rest: &str| format!("weekly-promo{rest}");
    assert_eq!(
        tree(dir.path()),
        [
            name(""),
            name(&format!("/{id}")),
            name(&format!("/{id}/daily.csv")),
            name(&format!("/{id}/manifest.json"))
        ]
    );
    let manifest = Manifest::parse(&fs::read(target.join(MANIFEST)).unwrap()).unwrap();
    assert_eq!(manifest, done.manifest);
    assert_eq!(manifest.files[0].blake3, blake3::hash(b"x").to_hex().to_string());
}

#[test]
fn an_unfinished_folder_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = start(dir.path(), false);
    folder.write("daily.csv", b"x").unwrap();
    let mut file = folder.create_file("events.csv").unwrap();
    file.write_all(b"half").unwrap();
    drop(folder);
    assert!(tree(dir.path()).is_empty());
}

#[test]
fn the_same_again_is_verified_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let first = finish(start(dir.path(), false), "a").unwrap();
    let before = tree(dir.path());
    fs::write(first.path.join("my notes.txt"), b"mine").unwrap();
    let again = finish(start(dir.path(), false), "a").unwrap();
    assert_eq!((again.settled, again.path), (Settled::Verified, first.path.clone()));
    fs::remove_file(first.path.join("my notes.txt")).unwrap();
    assert_eq!(finish(start(dir.path(), true), "a").unwrap().settled, Settled::Verified, "nothing to force");
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn what_differs_is_kept_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let first = finish(start(dir.path(), false), "a").unwrap();
    let message = finish(start(dir.path(), false), "b").unwrap_err().to_string();
    assert!(message.contains("its daily.csv differs") && message.contains("--force"), "{message}");
    assert_eq!(fs::read(first.path.join("daily.csv")).unwrap(), b"a");

    // Bytes on the disk count, not only what the old manifest says of them.
    fs::write(first.path.join("charts/score.svg"), b"edited").unwrap();
    let message = finish(start(dir.path(), false), "a").unwrap_err().to_string();
    assert!(message.contains("charts/score.svg differs"), "{message}");
    fs::remove_file(first.path.join("charts/score.svg")).unwrap();
    let message = finish(start(dir.path(), false), "a").unwrap_err().to_string();
    assert!(message.contains("charts/score.svg is missing"), "{message}");

    // A file the new run does not write any more.
    fs::write(first.path.join("charts/score.svg"), b"<svg/>").unwrap();
    let mut folder = start(dir.path(), false);
    folder.write("daily.csv", b"a").unwrap();
    let message = folder.finish(vec![LogDigest::of(1, "00")]).unwrap_err().to_string();
    assert!(message.contains("with charts/score.svg, which this run does not write"), "{message}");
    // The same files, another digest.
    let mut folder = start(dir.path(), false);
    folder.write("daily.csv", b"a").unwrap();
    folder.write("charts/score.svg", b"<svg/>").unwrap();
    let message = folder.finish(vec![LogDigest::of(1, "11")]).unwrap_err().to_string();
    assert!(message.contains("manifest.json differs"), "{message}");
    assert!(tree(dir.path()).iter().all(|p| !p.contains("partial")));
}

#[test]
fn force_replaces_a_folder_of_ours_whole() {
    let dir = tempfile::tempdir().unwrap();
    let first = finish(start(dir.path(), false), "a").unwrap();
    let before = tree(dir.path());
    let again = finish(start(dir.path(), true), "b").unwrap();
    assert_eq!(again.settled, Settled::Replaced);
    assert_eq!(fs::read(first.path.join("daily.csv")).unwrap(), b"b");
    assert_eq!(tree(dir.path()), before, "nothing of the old folder is left beside the new one");
}

#[test]
fn force_does_not_touch_what_is_not_ours() {
    let dir = tempfile::tempdir().unwrap();
    let first = finish(start(dir.path(), false), "a").unwrap();
    let refused = |what: &str| {
        let error = RunFolder::create(dir.path(), inputs(7), true).unwrap_err();
        assert!(matches!(error, StoreError::NotOurs { .. }));
        assert!(error.to_string().contains(what), "{error}");
    };
    fs::write(first.path.join("charts/mine.txt"), b"mine").unwrap();
    refused("charts/mine.txt");
    fs::remove_file(first.path.join("charts/mine.txt")).unwrap();
    fs::create_dir(first.path.join("mine")).unwrap();
    refused("it holds mine");
    fs::remove_dir(first.path.join("mine")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/", first.path.join("link")).unwrap();
        refused("it holds link");
        fs::remove_file(first.path.join("link")).unwrap();
    }
    // A foreign file that appears while the run goes on is found at the end as well.
    let folder = start(dir.path(), true);
    fs::write(first.path.join("late.txt"), b"mine").unwrap();
    assert!(finish(folder, "b").unwrap_err().to_string().contains("late.txt"));
    assert_eq!(fs::read(first.path.join("daily.csv")).unwrap(), b"a");
    fs::remove_file(first.path.join("late.txt")).unwrap();

    fs::write(first.path.join(MANIFEST), b"{}").unwrap();
    refused("no manifest.json of tiersim");
    assert!(matches!(
        RunFolder::create(dir.path(), inputs(7), false).unwrap_err(),
        StoreError::Exists { what: Difference::NoManifest, .. }
    ));
    fs::remove_dir_all(&first.path).unwrap();
    fs::write(&first.path, b"a file").unwrap();
    refused("it is not a folder");
    assert_eq!(fs::read(&first.path).unwrap(), b"a file");
}

#[test]
fn two_runs_of_the_same_inputs_at_once_agree() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (start(dir.path(), false), start(dir.path(), false));
    assert_eq!(finish(one, "a").unwrap().settled, Settled::Written);
    assert_eq!(finish(two, "a").unwrap().settled, Settled::Verified);
}

#[test]
fn leftovers_of_dead_runs_go_and_others_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    let parent = dir.path().join("weekly-promo");
    let id = &inputs(7).hash()[..12];
    // No process has an id this large.
    let dead = parent.join(format!(".{id}.partial-4294967290-0"));
    let unknown = parent.join(format!(".{id}.partial-4294967290-1"));
    let aside = parent.join(format!(".{id}.old-4294967290-0"));
    let alive = parent.join(format!(".{id}.partial-1-0"));
    let other = parent.join(".0123456789ab.partial-4294967290-0");
    for folder in [&dead, &unknown, &aside, &alive, &other] {
        fs::create_dir_all(folder).unwrap();
    }
    if let Some(me) = identity() {
        fs::write(dead.join(OWNER), &me).unwrap();
        fs::write(alive.join(OWNER), &me).unwrap();
        fs::write(aside.join(OWNER), &me).unwrap();
        assert_eq!(start(dir.path(), false).leftovers(), [&aside, &alive, &unknown].map(|p| p.clone()));
        assert!(!dead.exists() && alive.exists() && other.exists());
    }
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["..", "a/b", "", ".hidden", "a b", "é", "a\\b", &"x".repeat(101)] {
        let mut inputs = inputs(7);
        let Origin::Run { scenario, .. } = &mut inputs.origin else { panic!("a run's inputs") };
        scenario.name = name.to_string();
        let error = RunFolder::create(dir.path(), inputs, false).unwrap_err();
        assert!(matches!(error, StoreError::Name { .. }), "{name:?}: {error}");
    }
    let mut folder = start(dir.path(), false);
    for name in ["../x", "/etc/x", "a//b", "charts/../x", "charts/"] {
        assert!(matches!(folder.write(name, b"").unwrap_err(), StoreError::Name { .. }), "{name:?}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_said_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    let message = RunFolder::create(&file, inputs(7), false).unwrap_err().to_string();
    assert!(message.contains("a part of the path is a file"), "{message}");

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let locked = dir.path().join("locked");
        fs::create_dir(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
        // The superuser is not held back by permissions; the kernel's own tree holds everybody back.
        let base = if fs::create_dir(locked.join("probe")).is_ok() { PathBuf::from("/sys") } else { locked };
        let error = RunFolder::create(&base, inputs(7), false).unwrap_err();
        let message = error.to_string();
        assert!(!error.is_input() && message.contains("cannot create the folder"), "{message}");
        assert!(message.contains("no permission") || message.contains("read-only"), "{message}");
    }
}

#[test]
fn a_place_named_by_the_user_is_taken_if_it_is_new_or_empty_and_kept_if_it_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("history");
    let write = |force| -> Result<Finished, StoreError> {
        let mut folder = RunFolder::create_later(Place::At(place.clone()), "history", force)?;
        folder.write("daily.csv", b"a")?;
        folder.finish_from(inputs(7), Vec::new())
    };
    fs::create_dir(&place).unwrap();
    assert_eq!(write(false).unwrap().path, place);
    assert_eq!(write(false).unwrap().settled, Settled::Verified);
    fs::write(place.join("mine.txt"), b"").unwrap();
    assert!(matches!(write(true).unwrap_err(), StoreError::NotOurs { .. }));
    fs::remove_file(place.join(MANIFEST)).unwrap();
    assert!(matches!(write(false).unwrap_err(), StoreError::Exists { what: Difference::NoManifest, .. }));
}

#[test]
fn a_folder_named_by_inputs_known_at_the_end_gets_their_hash() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::Under(dir.path().to_path_buf());
    let folder = RunFolder::create_later(place.clone(), "weekly-promo", false).unwrap();
    drop(folder);
    assert!(tree(dir.path()).is_empty(), "unfinished, it leaves not even the folder around it");
    let folder = RunFolder::create_later(place, "weekly-promo", false).unwrap();
    let done = folder.finish_from(inputs(7), Vec::new()).unwrap();
    assert_eq!(done.path, run_path(dir.path(), &inputs(7)).unwrap());
}
