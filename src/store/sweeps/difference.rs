//! Where two sets of inputs first part, in words a person can act on.

use serde_json::Value;

use crate::store::Inputs;
use crate::text;

/// The first field in which two values differ: its path and what each has.
pub fn first(a: &Value, b: &Value) -> Option<(String, String, String)> {
    walk(a, b, String::new())
}

fn walk(a: &Value, b: &Value, path: String) -> Option<(String, String, String)> {
    if a == b {
        return None;
    }
    let at = |key: &str| if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys = x.keys().chain(y.keys().filter(|k| !x.contains_key(*k)));
            keys.into_iter()
                .find_map(|k| walk(x.get(k).unwrap_or(&Value::Null), y.get(k).unwrap_or(&Value::Null), at(k)))
        }
        (Value::Array(x), Value::Array(y)) => (0..x.len().max(y.len())).find_map(|i| {
            let of = |list: &[Value]| list.get(i).cloned().unwrap_or(Value::Null);
            walk(&of(x), &of(y), at(&i.to_string()))
        }),
        _ => Some((path, shown(a), shown(b))),
    }
}

fn shown(v: &Value) -> String {
    let text = match v {
        Value::Null => "nothing".to_string(),
        Value::String(s) => s.clone(),
        other => other.to_string(),
    };
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// The first difference of inputs; scenarios, which inputs hold as hashes, are looked into. `there` and `here` are
/// inputs with the text of the resolved scenario.
pub fn of_inputs(there: (&Inputs, &str), here: (&Inputs, &str)) -> Option<(String, String, String)> {
    let json = |i: &Inputs| serde_json::to_value(i).expect("plain data becomes JSON");
    let (path, a, b) = first(&json(there.0), &json(here.0))?;
    if path.starts_with("origin.scenarios.") && path.ends_with(".hash") {
        let tree = |t: &str| text::parse("scenario.toml", t).ok().map(|d| without_study(d.root.to_json()));
        let inner = tree(there.1).zip(tree(here.1)).and_then(|(x, y)| first(&x, &y));
        if let Some((field, a, b)) = inner {
            return Some((format!("{field} of the scenario"), a, b));
        }
    }
    Some((path.strip_prefix("origin.").map(str::to_string).unwrap_or(path), a, b))
}

/// Without what a scenario's hash leaves out: it has places of its own among inputs.
fn without_study(mut scenario: Value) -> Value {
    if let Some(fields) = scenario.as_object_mut() {
        for key in ["seed", "replications", "question"] {
            fields.shift_remove(key);
        }
    }
    scenario
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::manifest::{Named, Origin};

    #[test]
    fn the_first_difference_has_a_path() {
        let of = |a, b| first(&a, &b).map(|(p, a, b)| format!("{p}: {a}, {b}"));
        assert_eq!(of(json!({"a": 1}), json!({"a": 1})), None);
        assert_eq!(of(json!({"a": {"b": [1, 2]}}), json!({"a": {"b": [1, 3]}})).unwrap(), "a.b.1: 2, 3");
        assert_eq!(of(json!({"a": 1}), json!({"a": 1, "c": "x"})).unwrap(), "c: nothing, x");
    }

    #[test]
    fn a_scenario_is_looked_into() {
        let inputs = |hash: &str, seed| {
            let scenarios = vec![Named { name: "s".into(), hash: hash.into() }];
            let (study, name) = ("sweep".to_string(), "s".to_string());
            Inputs::new(Origin::Study { study, name, scenarios, seed, replications: 3 }, Vec::new())
        };
        let (a, b) = ("days = 3\n[x]\ny = 1\n", "days = 3\n[x]\ny = 2\n");
        let found = of_inputs((&inputs("1", 1), a), (&inputs("2", 1), b)).unwrap();
        assert_eq!(found, ("x.y of the scenario".into(), "1".into(), "2".into()));
        let found = of_inputs((&inputs("1", 1), a), (&inputs("1", 2), a)).unwrap();
        assert_eq!(found, ("seed".into(), "1".into(), "2".into()));
        assert_eq!(of_inputs((&inputs("1", 1), a), (&inputs("1", 1), a)), None);
    }
}
