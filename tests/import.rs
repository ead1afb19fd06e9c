//! Imports end to end: what a user types, the files it leaves, its exit codes.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn import(folder: &Path, args: &[&str]) -> Output {
    let mut all = vec!["import", "webhooks"];
    all.extend(args);
    Command::new(env!("CARGO_BIN_EXE_tiersim")).current_dir(folder).args(all).output().expect("it starts")
}

fn code(o: &Output) -> i32 {
    o.status.code().expect("it ended by itself")
}

fn out(o: &Output) -> String {
    String::from_utf8(o.stdout.clone()).expect("answers are UTF-8")
}

fn err(o: &Output) -> String {
    String::from_utf8(o.stderr.clone()).expect("messages are UTF-8")
}

/// A status in one line.
fn status(id: u32, status: &str, at: u32) -> String {
    format!(
        "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"waba\",\"changes\":[{{\"field\":\"messages\",\
         \"value\":{{\"metadata\":{{\"display_phone_number\":\"15550100\",\"phone_number_id\":\"num\"}},\"statuses\":\
         [{{\"id\":\"wamid.{id}\",\"status\":\"{status}\",\"timestamp\":\"{at}\",\"recipient_id\":\"49171{id:05}\"}}]}}}}]}}]}}"
    )
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("written");
}

#[test]
fn files_in_any_order_and_packing_give_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let a: Vec<String> = (0..50).map(|i| status(i, "sent", 1_700_000_000 + i)).collect();
    let b: Vec<String> = (25..75).map(|i| status(i, "delivered", 1_700_000_100 + i)).collect();
    write(dir.path(), "a.ndjson", &(a.join("\n") + "\n"));
    write(dir.path(), "b.json", &format!("[{}]", b.join(",\n ")));
    let gz = std::fs::File::create(dir.path().join("b.ndjson.gz")).unwrap();
    let mut gz = flate2::write::GzEncoder::new(gz, flate2::Compression::fast());
    gz.write_all(b.join("\n").as_bytes()).unwrap();
    gz.finish().unwrap();
    let zst = zstd::encode_all(a.join("\n").as_bytes(), 1).unwrap();
    std::fs::write(dir.path().join("a.zst"), zst).unwrap();

    let first = import(dir.path(), &["a.ndjson", "b.json", "-o", "one.csv"]);
    assert_eq!(code(&first), 0, "{}", err(&first));
    let answer = out(&first);
    assert!(answer.starts_with("Imported 100 rows from 100 bodies and answers in 2 files"), "{answer}");
    for word in
        ["message_delivered", "2023-11-14T22:13:20.000Z", "num", "--with blocks.csv", "--pseudonymise"]
    {
        assert!(answer.contains(word), "{word} is missing in\n{answer}");
    }
    let again = import(dir.path(), &["*.zst", "b.ndjson.gz", "a.ndjson", "b.json", "-o", "one.csv"]);
    assert_eq!(code(&again), 0, "{}", err(&again));
    assert!(out(&again).contains("the same to the byte"), "{}", out(&again));
    assert!(out(&again).contains("100 more rows said what another one says"), "{}", out(&again));
    for name in ["two.ndjson", "two.csv.gz"] {
        assert_eq!(code(&import(dir.path(), &["a.ndjson", "b.json", "-o", name])), 0);
    }
    #[cfg(feature = "parquet")]
    assert_eq!(code(&import(dir.path(), &["a.ndjson", "b.json", "-o", "two.parquet"])), 0);

    let other = import(dir.path(), &["a.ndjson", "-o", "one.csv"]);
    assert_eq!(code(&other), 3, "another result is not written over this one");
    assert!(err(&other).contains("--force"), "{}", err(&other));
    assert_eq!(code(&import(dir.path(), &["a.ndjson", "-o", "one.csv", "--force"])), 0);
    let log = std::fs::read_to_string(dir.path().join("one.csv")).unwrap();
    assert_eq!(log.lines().count(), 51);
    assert!(
        log.lines()
            .nth(1)
            .unwrap()
            .starts_with("2023-11-14T22:13:20.000Z,message_sent,num,waba,4917100000,wamid.0,")
    );
    assert!(
        std::fs::read_dir(dir.path()).unwrap().all(|e| !e
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with('.'))
    );
}

#[test]
fn damage_goes_to_the_rejects_file_or_stops() {
    let dir = tempfile::tempdir().unwrap();
    let cut = &status(2, "sent", 1_700_000_002)[..90];
    let text = format!("{}\n{cut}\n{}\n", status(1, "sent", 1_700_000_001), status(3, "sent", 1_700_000_003));
    write(dir.path(), "a.ndjson", &text);
    let o = import(dir.path(), &["a.ndjson", "-o", "h.ndjson"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(
        out(&o).contains("1 piece was not read; place, reason and text are in h.rejects.csv"),
        "{}",
        out(&o)
    );
    let rejects = std::fs::read_to_string(dir.path().join("h.rejects.csv")).unwrap();
    assert!(rejects.starts_with("file,line,column,reason,text\na.ndjson,2,91,"), "{rejects}");
    assert!(
        rejects.contains("wamid") || rejects.contains("waba"),
        "the text is there to be mended: {rejects}"
    );
    assert_eq!(std::fs::read_to_string(dir.path().join("h.ndjson")).unwrap().lines().count(), 2);

    let o = import(dir.path(), &["a.ndjson", "-o", "s.csv", "--on-bad-row", "stop"]);
    assert_eq!(code(&o), 2);
    assert!(err(&o).contains("a.ndjson:2:91: "), "{}", err(&o));
    assert!(!dir.path().join("s.csv").exists());

    write(dir.path(), "key", "0123456789abcdef0123");
    let o = import(dir.path(), &["a.ndjson", "-o", "p.csv", "--pseudonymise", "key"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    for name in ["p.csv", "p.rejects.csv"] {
        let text = std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert!(!text.contains("49171") && !text.contains("wamid"), "{name}: {text}");
    }
    assert!(!out(&o).contains("49171"));
}

#[test]
fn bad_usage_is_said_before_anything_is_read() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.json", &status(1, "sent", 1_700_000_001));
    write(dir.path(), "short", "tiny");
    write(dir.path(), "words.toml", "[opt_out]\nen = \"stop\"\n");
    for (args, wanted) in [
        (vec!["a.json"], "-o OUT is missing"),
        (vec!["a.json", "-o", "h.txt"], ".parquet"),
        (vec!["no*.json", "-o", "h.csv"], "no file fits this pattern"),
        (vec!["a.json", "-o", "h.csv", "--at", "noon"], "--at"),
        (vec!["a.json", "-o", "h.csv", "--pseudonymise", "short"], "at least 16"),
        (vec!["a.json", "-o", "h.csv", "--opt-out-words", "words.toml"], "words.toml:2:6"),
        (vec!["a.json", "-o", "h.csv", "--number", " "], "--number"),
        (vec!["-", "-", "-o", "h.csv"], "only once"),
    ] {
        let o = import(dir.path(), &args);
        assert_eq!(code(&o), 2, "{args:?}: {}", err(&o));
        assert!(err(&o).contains(wanted), "{args:?}: {}", err(&o));
    }
    let o = import(dir.path(), &["missing.json", "-o", "h.csv"]);
    assert_eq!(code(&o), 3);
    assert!(err(&o).contains("missing.json"), "{}", err(&o));
    assert!(!dir.path().join("h.csv").exists());
    let o = import(dir.path(), &["--print-opt-out-words"]);
    assert!(code(&o) == 0 && out(&o).contains("[opt_in]"));
    write(dir.path(), "mine.toml", &out(&o));
    let o = import(dir.path(), &["a.json", "-o", "h.csv", "--opt-out-words", "mine.toml"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let o = import(dir.path(), &[".", "-o", "h.csv"]);
    assert!(code(&o) == 2 && err(&o).contains("read and written at once"), "{}", err(&o));
}

#[test]
fn standard_input_and_answers_without_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tiersim"))
        .current_dir(dir.path())
        .args(["import", "webhooks", "-", "-o", "h.csv", "--at", "2026-03-04T10:00:00Z"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let answer = "{\"id\": \"num\", \"quality_rating\": \"YELLOW\", \"surprise\": 1}";
    child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    let o = child.wait_with_output().unwrap();
    assert_eq!(code(&o), 0);
    assert!(out(&o).contains("1 body or answer in standard input"), "{}", out(&o));
    let log = std::fs::read_to_string(dir.path().join("h.csv")).unwrap();
    assert_eq!(
        log.lines().nth(1),
        Some("2026-03-04T10:00:00.000Z,rating_observed,num,,,,,,,YELLOW,YELLOW,,,")
    );
}

#[test]
fn rejects_never_go_where_the_log_goes() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.ndjson", &format!("{}\nnot json\n", status(1, "sent", 1_700_000_001)));
    write(dir.path(), "t.csv", "number,message,recipient,sent_at\nn,m,p,2026-01-01\nn,m,p,soon\n");
    write(dir.path(), "log.csv", "time,event,number,recipient\n1700000000,sent,n,a\nsoon,sent,n,a\n");
    let here = dir.path().join("out.csv");
    for command in [
        vec!["import", "webhooks", "a.ndjson"],
        vec!["import", "csv", "t.csv", "--map", "sends-and-blocks"],
        vec!["convert", "log.csv"],
    ] {
        for spelling in ["out.csv", "./out.csv", here.to_str().unwrap()] {
            let more = ["-o", "out.csv", "--on-bad-row", "reject", "--rejects", spelling];
            let o = Command::new(env!("CARGO_BIN_EXE_tiersim"))
                .current_dir(dir.path())
                .args(command.iter().chain(&more))
                .output()
                .expect("it starts");
            assert_eq!(code(&o), 2, "{command:?} {spelling}: {}", err(&o));
            assert!(err(&o).contains("where the log itself goes"), "{command:?}: {}", err(&o));
            assert!(!here.exists(), "{command:?} {spelling}");
        }
    }
}
