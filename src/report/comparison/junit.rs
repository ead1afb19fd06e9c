//! Gates as JUnit XML, which build servers show as tests.
//!
//! A pure function; holds no time, since the same study gives the same bytes.

use super::{Compared, gate};
use crate::experiment::study::condition::Standing;
use crate::report::words;

/// One test for each gate and arm; a gate without a figure counts as skipped.
pub fn junit(c: &Compared) -> String {
    let failures = c.gates.iter().filter(|g| g.failed()).count();
    let skipped = c.gates.iter().filter(|g| g.standing == Standing::Unknown).count();
    let name = escaped(&c.name);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"tiersim {name}\" tests=\"{}\" \
         failures=\"{failures}\" skipped=\"{skipped}\">\n",
        c.gates.len()
    );
    for g in &c.gates {
        let test =
            format!("    <testcase classname=\"{}\" name=\"{}\"", escaped(&g.arm), escaped(&g.gate.text));
        let says = escaped(&gate(g));
        out.push_str(&match g.standing {
            _ if g.failed() => format!("{test}>\n      <failure message=\"{says}\"/>\n    </testcase>\n"),
            Standing::Unknown => format!("{test}>\n      <skipped message=\"{says}\"/>\n    </testcase>\n"),
            _ => format!("{test}/>\n"),
        });
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn escaped(text: &str) -> String {
    words::clean(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\n', " ")
}
