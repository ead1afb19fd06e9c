//! Whole tables through mappings, shipped and made up.

use super::*;
use crate::messaging::record::LogRow;

const SMALL: &str = r#"
time_format = "seconds"
[fields]
number = { constant = "main" }
recipient = "who"
[[rows]]
event = "message_sent"
time = "sent"
[[rows]]
event = "block"
time = "blocked_at"
when = { blocked = true }
"#;

fn taken(
    mapping: &Mapping,
    number: Option<&str>,
    without: &[String],
    tables: &[&str],
) -> (Vec<LogRow>, Summary) {
    let mut import = Import::new(mapping, number, without).unwrap_or_else(|e| panic!("{e}"));
    for table in tables {
        let read = import.read("t.csv", table.as_bytes(), &mut |bad| panic!("{bad:?}"));
        assert!(read.unwrap_or_else(|e| panic!("{e}")));
    }
    let mut rows = Vec::new();
    let summary = import.finish::<std::convert::Infallible>(&mut |row| {
        rows.push(row);
        Ok(())
    });
    (rows, summary.unwrap())
}

/// Rows as `seconds event number recipient`, and whatever else is filled.
fn lines(rows: &[LogRow]) -> Vec<String> {
    let line = |r: &LogRow| {
        let texts: Vec<&str> = r.texts.iter().map(String::as_str).filter(|t| !t.is_empty()).collect();
        format!("{} {} {}", r.time.0 / 1000, r.event.name(), texts.join(" "))
    };
    rows.iter().map(line).collect()
}

fn small(text: &str) -> Mapping {
    read("m.toml", text).unwrap_or_else(|e| panic!("{e}"))
}

#[track_caller]
fn wrong(text: &str, wanted: &[&str]) {
    let Faults(found) = read("m.toml", text).unwrap_err();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(found.starts_with(wanted), "{found}\n  should begin\n{wanted}");
    }
}

use crate::text::Faults;

#[test]
fn one_source_row_holds_several_events_and_all_are_sorted() {
    let table = "who,sent,blocked,blocked_at,colour\nana,300,t,900,red\nben,200,f,,blue\ncem,300,,,\n";
    let (rows, summary) =
        taken(&small(SMALL), None, &[], &[table, "sent,blocked_at,who,blocked\n100,,ana,no\n"]);
    let wanted = [
        "100 message_sent main ana",
        "200 message_sent main ben",
        "300 message_sent main ana",
        "300 message_sent main cem",
        "900 business_blocked main ana",
    ];
    assert_eq!(lines(&rows), wanted);
    assert_eq!((summary.read, summary.rows, summary.silent, summary.rejected), (4, 5, 0, 0));
    assert_eq!(summary.unused, ["colour"]);
    assert_eq!(summary.kinds, [4, 1]);
    assert_eq!(summary.span.map(|(a, b)| (a.0, b.0)), Some((100_000, 900_000)));
    // Left out is left out, and its columns are then not needed.
    let without = ["business_blocked".to_string()];
    let (rows, summary) = taken(&small(SMALL), Some("n2"), &without, &["who,sent\nana,1\n"]);
    assert_eq!((lines(&rows), summary.numbers.len()), (vec!["1 message_sent n2 ana".to_string()], 1));
    let e = Import::new(&small(SMALL), None, &["business_blockd".to_string()]).err().unwrap().to_string();
    assert!(e.contains("did you mean business_blocked?"), "{e}");
}

#[test]
fn columns_that_are_not_there_are_said_with_the_nearest() {
    let mapping = small(SMALL);
    let mut import = Import::new(&mapping, None, &[]).unwrap();
    let e =
        import.read("t.csv", &b"who,snet,blocked,blocked_at\n"[..], &mut |_| true).unwrap_err().to_string();
    let wanted = "m.toml:8:8: t.csv has no column \"sent\"; did you mean snet? (allowed: who, snet, blocked, blocked_at)";
    assert_eq!(e, wanted);
    let e = import
        .read("t.csv", &b"who,sent,who,blocked,blocked_at\n"[..], &mut |_| true)
        .unwrap_err()
        .to_string();
    assert!(e.starts_with("m.toml:5:13: t.csv has the column \"who\" twice"), "{e}");
    for (bytes, wanted) in [
        (&b""[..], "t.csv: empty (allowed: a header line and rows)"),
        (&b"\xff\xfew\0h\0o\0\n\0"[..], "t.csv: UTF-16 (allowed: CSV in UTF-8)"),
    ] {
        assert_eq!(import.read("t.csv", bytes, &mut |_| true).unwrap_err().to_string(), wanted);
    }
    let (rows, summary) = taken(
        &mapping,
        None,
        &[],
        &["\u{feff}who,sent,blocked,blocked_at\r\nana,5,,\r\n", "who,sent,blocked,blocked_at\n"],
    );
    assert_eq!((lines(&rows), summary.read), (vec!["5 message_sent main ana".to_string()], 1));
}

#[test]
fn bad_rows_say_line_column_found_and_allowed_and_give_nothing() {
    let table = "who,sent,blocked,blocked_at\n\
                 ana,1,maybe,\n\
                 \"b\nen\",2,t,\n\
                 cem,soon,f,\n\
                 ,4,f,\n\
                 eve,5\n\
                 fay,6,f,\n";
    let mapping = small(SMALL);
    let mut import = Import::new(&mapping, None, &[]).unwrap();
    let mut bad = Vec::new();
    let read = import.read("t.csv", table.as_bytes(), &mut |b| {
        bad.push(format!("{}:{}: {}", b.line, b.column, b.reason));
        true
    });
    assert!(read.unwrap());
    let wanted = [
        "2:3: blocked: \"maybe\" (allowed: \"t\", \"true\", \"1\", \"y\", \"yes\", \"x\" for yes; \"f\", ",
        "3:4: blocked_at: \"\" (allowed: the time of business_blocked)",
        "5:2: sent: \"soon\" (allowed: whole seconds since 1970)",
        "6:1: who: \"\" (allowed: a person, which message_sent needs)",
        "7:1: 2 fields (allowed: 4, as in the header)",
    ];
    assert_eq!(bad.len(), wanted.len(), "{bad:#?}");
    assert!(bad.iter().zip(wanted).all(|(b, w)| b.starts_with(w)), "{bad:#?}");
    let mut rows = Vec::new();
    let summary = import.finish::<std::convert::Infallible>(&mut |r| {
        rows.push(r);
        Ok(())
    });
    assert_eq!(lines(&rows), ["6 message_sent main fay"], "a bad row gives none of its events");
    assert_eq!(summary.unwrap().rejected, 5);
    // Who says no is not asked again.
    let mut import = Import::new(&mapping, None, &[]).unwrap();
    assert!(!import.read("t.csv", table.as_bytes(), &mut |_| false).unwrap());
}

#[test]
fn a_row_without_an_end_is_refused_in_bounded_memory() {
    let mapping = small(SMALL);
    let mut import = Import::new(&mapping, None, &[]).unwrap();
    let endless = io::Read::chain(&b"who,sent,blocked,blocked_at\nana,1,,\n\"b"[..], io::repeat(b'x'));
    let e = import.read("t.csv", endless, &mut |_| true).unwrap_err().to_string();
    assert!(e.starts_with("t.csv:3:1: a row of more than 4 MiB; is a quote not closed?"), "{e}");
    let e = import.read("t.csv", io::repeat(b'x'), &mut |_| true).unwrap_err().to_string();
    assert!(e.starts_with("t.csv:1:1: a row of more than"), "{e}");
}

use std::io;

#[test]
fn texts_come_from_columns_constants_patterns_and_translations() {
    let mapping = small(
        r#"
delimiter = ";"
empty = ["NULL"]
optional = ["extra"]
when = { kind = "*" }
[fields]
number = { column = "line", values = { shop = "n1", help = "n2" }, otherwise = "n3" }
recipient = { column = ["phone", "mail"] }
message = { pattern = "{line}-{id}" }
reason = "extra"
time = { column = ["at", "day"], format = "%Y-%m-%d", timezone = "-03:00" }
[[rows]]
event = { column = "kind", values = { Sent = "message_sent", Bought = "converted", Queued = "" } }
category = { constant = "marketing" }
value = { column = "price" }
unless = { test = true }
"#,
    );
    let table = "kind;line;id;phone;mail;at;day;price;test\n\
                 Sent;shop;7;5;a@b;2026-01-05;;;no\n\
                 Bought;web;8;NULL;a@b;NULL;2026-01-06;12.5;no\n\
                 Queued;web;9;5;;2026-01-05;;;no\n\
                 Sent;web;9;5;;2026-01-05;;;yes\n\
                 NULL;;;;;;;;\n\
                 Sent;help;;5;;2026-01-07;;;0\n";
    let (rows, summary) = taken(&mapping, None, &[], &[table]);
    let wanted = [
        "1767582000 message_sent n1 5 shop-7 marketing",
        "1767668400 converted n3 a@b web-8 marketing 12.5",
        "1767754800 message_sent n2 5 marketing",
    ];
    assert_eq!(lines(&rows), wanted);
    assert_eq!((summary.silent, summary.lacking.len(), summary.unused.len()), (3, 1, 0));
    let mut import = Import::new(&mapping, None, &[]).unwrap();
    let bad = "kind;line;id;phone;mail;at;day;price;test\nBougt;a;1;5;;2026-01-05;;1;f\nBought;a;1;5;;2026-01-05;;1,5;f\n";
    let mut found = Vec::new();
    import
        .read("t.csv", bad.as_bytes(), &mut |b| {
            found.push(b.reason);
            true
        })
        .unwrap();
    let translations = "kind: \"Bougt\" (allowed: \"Sent\", \"Bought\", \"Queued\", or `otherwise` in the mapping; did you mean Bought?)";
    assert_eq!(found, [translations, "price: \"1,5\" (allowed: an amount such as 12.50)"]);
}

/// A sheet with the date in one column and the time of day in another.
fn joined(time: &str) -> Mapping {
    small(&format!(
        "delimiter = \";\"\n[fields]\nnumber = {{ constant = \"n\" }}\nrecipient = \"who\"\ntime = {time}\n\
         [[rows]]\nevent = \"sent\"\n"
    ))
}

#[test]
fn a_date_and_a_time_of_day_are_joined_in_either_order_and_in_their_zone() {
    let table = "who;day;clock\nana;05.01.2026;10:30\nben;06.07.2026;00:00\n";
    for (time, wanted) in [
        ("{ pattern = \"{day} {clock}\", format = \"%d.%m.%Y %H:%M\" }", [1_767_609_000, 1_783_296_000]),
        ("{ pattern = \"{clock}, {day}\", format = \"%H:%M, %d.%m.%Y\" }", [1_767_609_000, 1_783_296_000]),
        (
            "{ pattern = \"{day}{clock}\", format = \"%d.%m.%Y%H:%M\", timezone = \"America/New_York\" }",
            [1_767_609_000 + 5 * 3600, 1_783_296_000 + 4 * 3600],
        ),
    ] {
        let (rows, _) = taken(&joined(time), None, &[], &[table]);
        assert_eq!(rows.iter().map(|r| r.time.0 / 1000).collect::<Vec<_>>(), wanted, "{time}");
    }
    let mapping = joined("{ pattern = \"{clock} {day}\", format = \"%H:%M %d.%m.%Y\" }");
    let mut import = Import::new(&mapping, None, &[]).unwrap();
    let table = "who;day;clock\nana;05.01.2026;\nana;;10:00\nana;05/01/2026;10:00\nana;05.01.2026;24:10\n\"an;a\";x;y\n";
    let mut bad = Vec::new();
    let read = import.read("t.csv", table.as_bytes(), &mut |b| {
        bad.push((format!("{}:{}: {}", b.line, b.column, b.reason), b.text));
        true
    });
    assert!(read.unwrap());
    let wanted = [
        "2:3: clock: \"\" (allowed: the time of message_sent)",
        "3:2: day: \"\" (allowed: the time of message_sent)",
        "4:2: day: \"05/01/2026\" (allowed: with the other columns \"10:00 05/01/2026\"; a time written %H:%M %d.%m.%Y, \
         such as 13:45 27.10.2025: \".\" where \"/01/2026\" is)",
        "5:3: clock: \"24:10\" (allowed: with the other columns",
        "6:3: clock: \"y\" (allowed: with the other columns",
    ];
    assert_eq!(bad.len(), wanted.len(), "{bad:#?}");
    assert!(bad.iter().zip(wanted).all(|((b, _), w)| b.starts_with(w)), "{bad:#?}");
    // What is rejected is a row of the table, not of some other one.
    assert_eq!((bad[0].1.as_str(), bad[4].1.as_str()), ("ana;05.01.2026;", "\"an;a\";x;y"));
    for (time, wanted) in [
        (
            "{ column = \"day\", pattern = \"{day}\" }",
            "m.toml:5:8: fields.time: column and pattern (allowed: ",
        ),
        ("{ format = \"log\" }", "m.toml:5:8: fields.time: says not where from (allowed: column, or pattern"),
        ("{ pattern = \"day\" }", "m.toml:5:20: fields.time.pattern: \"day\" (allowed: at least one column"),
    ] {
        let text = format!(
            "delimiter = \";\"\n[fields]\nnumber = {{ constant = \"n\" }}\nrecipient = \"who\"\ntime = {time}\n\
             [[rows]]\nevent = \"sent\"\n[[rows]]\nevent = \"delivered\"\n"
        );
        // Once, though two kinds of rows share it.
        wrong(&text, &[wanted]);
    }
}

#[test]
fn a_failure_without_a_send_is_an_attempt_where_the_mapping_says_so() {
    let mapping = |first: &str| {
        small(&format!(
            "{first}[fields]\nnumber = {{ constant = \"n\" }}\nrecipient = \"who\"\nmessage = \"id\"\ntime = \"at\"\n\
             [[rows]]\nname = \"status\"\nevent = \"status\"\nreason = \"code\"\n"
        ).replace("event = \"status\"", "event = { column = \"status\" }"))
    };
    let table = "who,id,at,status,code\nana,m1,5,failed,131049\nana,m2,1,sent,\nana,m2,3,failed,131026\n";
    let (rows, summary) = taken(&mapping("failed_without_send = \"send_attempted\"\n"), None, &[], &[table]);
    let wanted =
        ["1 message_sent n ana m2", "3 message_failed n ana m2 131026", "5 send_attempted n ana m1 131049"];
    assert_eq!(lines(&rows), wanted);
    let counts = [("message_failed", 1), ("message_sent", 1), ("send_attempted", 1)];
    assert_eq!(summary.events.into_iter().collect::<Vec<_>>(), counts);
    assert_eq!(summary.turned, 1);
    for first in ["", "failed_without_send = \"message_failed\"\n"] {
        let (rows, summary) = taken(&mapping(first), None, &[], &[table]);
        assert_eq!(lines(&rows)[2], "5 message_failed n ana m1 131049");
        assert_eq!(summary.turned, 0);
    }
    wrong(
        "failed_without_send = \"send_attemptd\"\n[[rows]]\nevent = \"sent\"\nnumber = \"n\"\nrecipient = \"r\"\n\
         time = \"t\"\n",
        &["m.toml:1:23: failed_without_send: \"send_attemptd\"; did you mean send_attempted? (allowed: "],
    );
}

#[test]
fn faults_of_a_mapping_come_at_once_with_their_places() {
    wrong(
        "tme_format = \"log\"\ntime_format = \"secnds\"\ntimezone = \"Europe/Berlim\"\ndelimiter = \"tab\"\n\
         optional = [\"wo\"]\n[fields]\nrecipent = \"who\"\n[[rows]]\nevent = \"mesage_sent\"\ntime = \"at\"\n\
         when = { ok = 1 }\nnumber = { column = \"a\", constant = \"b\" }\nrecipient = \"who\"\n\
         category = { constant = \"promo\" }\n",
        &[
            "m.toml:1:1: tme_format: unknown key; did you mean time_format?",
            "m.toml:2:15: time_format: \"secnds\"; did you mean seconds? (allowed: \"log\" (RFC 3339",
            "m.toml:3:12: timezone: \"Europe/Berlim\"; did you mean Europe/Berlin?",
            "m.toml:4:13: delimiter: \"tab\" (allowed: ",
            "m.toml:5:13: optional: \"wo\" is not used in this mapping; did you mean who?",
            "m.toml:7:1: fields.recipent: unknown key; did you mean recipient?",
            "m.toml:8:1: rows.0.number: missing",
            "m.toml:9:9: rows.0.event: \"mesage_sent\"; did you mean message_sent?",
            "m.toml:11:15: rows.0.when.ok: 1 (allowed: true or false for a flag",
            "m.toml:12:10: rows.0.number: column and constant (allowed: one of",
            "m.toml:14:12: rows.0.category: \"promo\" (allowed: marketing, utility",
        ],
    );
    wrong("name = \"x\"\n", &["m.toml:1:1: rows: missing"]);
    let rest = "number = { constant = \"n\" }\nrecipient = \"who\"\ntime = \"at\"\n";
    wrong(
        &format!("[[rows]]\nevent = \"quality_rated\"\n{rest}"),
        &["m.toml:2:9: rows.0.event: \"quality_rated\" is a verdict"],
    );
    wrong(
        &format!("[[rows]]\nevent = \"sent\"\nmessage = {{ pattern = \"{{a\" }}\n{rest}"),
        &["m.toml:3:23: rows.0.message.pattern: \"{a\" (allowed: a } for"],
    );
    let twice = format!("[[rows]]\nevent = \"sent\"\n{rest}[[rows]]\nevent = \"send\"\n{rest}");
    wrong(&twice, &["m.toml:1:1: rows: \"message_sent\" is the name of two kinds"]);
}

/// A header of the direct messaging schema, in its order.
const DIRECT: &str = "id,message_id,campaign_id,message_type,client_id,channel,category,platform,email_provider,stream,date,sent_at,\
is_opened,opened_first_time_at,opened_last_time_at,is_clicked,clicked_first_time_at,clicked_last_time_at,\
is_unsubscribed,unsubscribed_at,is_hard_bounced,hard_bounced_at,is_soft_bounced,soft_bounced_at,\
is_complained,complained_at,is_blocked,blocked_at,is_purchased,purchased_at,created_at,updated_at\n";

#[test]
fn the_direct_messaging_schema_is_taken() {
    let mapping = library::mapping("direct-messaging").unwrap();
    let at = "2021-04-30 07:20";
    let table = format!(
        "{DIRECT}1,m1,63,bulk,c1,mobile_push,,,,android,2021-04-30,{at}:00,t,{at}:10,{at}:50,t,{at}:20,{at}:40,f,,f,,f,,f,,f,,t,{at}:59.5,{at}:00,{at}:00\n\
         2,m2,63,bulk,c2,email,,,mail.ru,desktop,2021-04-30,{at}:00,f,,,f,,,t,{at}:30,f,,f,,t,{at}:31,t,{at}:32,f,,{at}:00,{at}:00\n\
         3,m3,9,transactional,c3,email,,,,,2021-04-30,{at}:01,f,,,f,,,f,,t,{at}:02,f,,f,,f,,f,,{at}:00,{at}:00\n"
    );
    let (rows, summary) = taken(&mapping, None, &[], &[&table]);
    let start = 1_619_767_200;
    let found: Vec<String> = lines(&rows)
        .iter()
        .map(|l| {
            let (time, rest) = l.split_once(' ').unwrap();
            format!("{} {rest}", time.parse::<i64>().unwrap() - start)
        })
        .collect();
    let wanted = [
        "0 message_sent mobile_push c1 m1 marketing bulk-63",
        "0 message_delivered mobile_push c1 m1 marketing bulk-63",
        "0 message_sent email c2 m2 marketing bulk-63",
        "0 message_delivered email c2 m2 marketing bulk-63",
        "1 message_sent email c3 m3 utility transactional-9",
        "2 message_failed email c3 m3 utility transactional-9 hard_bounce",
        "10 message_read mobile_push c1 m1 marketing bulk-63",
        "20 link_clicked mobile_push c1 m1 marketing bulk-63",
        "30 opted_out email c2 m2 marketing bulk-63",
        "31 business_reported email c2 m2 marketing bulk-63",
        "32 business_blocked email c2 m2 marketing bulk-63",
        "59 converted mobile_push c1 m1 marketing bulk-63",
    ];
    assert_eq!(found, wanted);
    assert_eq!(rows[11].time.0 % 1000, 500);
    assert_eq!(summary.unused.len(), 10, "{:?}", summary.unused);
    let assumed: Vec<&str> = mapping.kinds().filter(|k| k.1.is_some()).map(|k| k.0).collect();
    assert_eq!(assumed, ["message_delivered", "business_blocked"]);
}

#[test]
fn a_plain_sheet_is_taken() {
    let mapping = library::mapping("sends-and-blocks").unwrap();
    // The example in its own comment.
    let text = library::text("sends-and-blocks").unwrap();
    let table: Vec<&str> =
        text.lines().filter_map(|l| l.strip_prefix("#   ")).filter(|l| !l.starts_with("tiersim")).collect();
    let (rows, summary) = taken(&mapping, None, &[], &[&(table.join("\n") + "\n")]);
    let found: Vec<&str> = rows.iter().map(|r| r.event.name()).collect();
    let (sent, delivered, read) = ("message_sent", "message_delivered", "message_read");
    assert_eq!(found, [sent, delivered, sent, delivered, read, "business_blocked", "business_blocked"]);
    assert_eq!((summary.read, summary.numbers["main"]), (3, 7));
    // The least that will do.
    let (rows, summary) =
        taken(&mapping, Some("main"), &[], &["date,recipient,sent\n2026-01-05 10:00:00,ana,x\n"]);
    assert_eq!((rows.len(), summary.lacking.len()), (1, 6));
}

#[test]
fn every_shipped_mapping_says_what_it_is() {
    for name in library::names() {
        let mapping = library::mapping(name).unwrap();
        assert_eq!(mapping.name, name);
        assert!(mapping.summary.len() > 40 && mapping.kinds().count() > 3, "{name}");
    }
}

#[test]
fn the_examples_of_the_guide_are_right() {
    let guide = include_str!("../../../docs/import-csv.md");
    let blocks = |kind: &str| -> Vec<&str> {
        let fence = format!("```{kind}\n");
        guide.split(fence.as_str()).skip(1).filter_map(|b| b.split("```").next()).collect()
    };
    let [example, heartsteps] = blocks("toml")[..] else { panic!("two mappings") };
    let [table, log] = blocks("csv")[..] else { panic!("two tables") };
    let (rows, summary) = taken(&small(example), None, &[], &[table]);
    let line = |r: &LogRow| {
        let texts: Vec<&str> = r.texts.iter().map(String::as_str).filter(|t| !t.is_empty()).collect();
        format!("{},{},{}", r.time, r.event.name(), texts.join(","))
    };
    let found: Vec<String> = rows.iter().map(line).collect();
    assert_eq!(found, log.lines().skip(1).collect::<Vec<_>>());
    assert_eq!((summary.silent, summary.unused.len()), (1, 0));
    assert_eq!(small(heartsteps).kinds().filter(|k| k.1.is_some()).count(), 2);
    for name in library::names() {
        assert!(guide.contains(&format!("`{name}` takes")), "{name}");
    }
}
