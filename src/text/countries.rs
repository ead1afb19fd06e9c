//! Countries by the two letters of ISO 3166-1, the officially assigned ones.
//!
//! Two capitals alone prove nothing: `UK` and `EL` are common spellings of `GB` and `GR`, and a country that no rule and
//! no price list knows would only be left aside in silence. Knows no rule, no price and no dialling code.

use super::fault::nearest;

/// Every code, in order, so that it can be searched by halves.
#[rustfmt::skip]
static CODES: &[&str] = &[
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA",
    "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV",
    "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU",
    "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES",
    "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM",
    "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE",
    "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM",
    "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY",
    "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT",
    "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU",
    "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA",
    "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM",
    "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL",
    "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE",
    "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
];

/// Whether this is a country's code, in capitals.
pub fn is_known(code: &str) -> bool {
    CODES.binary_search(&code).is_ok()
}

/// `did you mean GB?`, for what is no code.
pub fn hint(found: &str) -> Option<String> {
    let capitals = found.trim().to_ascii_uppercase();
    let meant = match capitals.as_str() {
        // The Union's statistics and many address forms write these two in their own way.
        "UK" => "GB",
        "EL" => "GR",
        code if is_known(code) => code,
        // With two letters every code is near to many; the first letter is the one people get right.
        code => {
            nearest(code, CODES.iter().copied()).filter(|near| near.chars().next() == code.chars().next())?
        }
    };
    Some(format!("did you mean {meant}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_complete() {
        assert_eq!(CODES.len(), 249);
        assert!(CODES.windows(2).all(|w| w[0] < w[1]), "in order, none twice");
        assert!(["BR", "GB", "GR", "AD", "ZW", "SS"].into_iter().all(is_known));
        assert!(!["UK", "EL", "XX", "br", "", "BRA"].into_iter().any(is_known));
    }

    #[test]
    fn what_is_no_code_comes_with_the_one_that_was_meant() {
        let meant = |found: &str| hint(found).map(|h| h[13..15].to_string());
        for (found, code) in
            [("UK", "GB"), ("uk", "GB"), ("EL", "GR"), ("br", "BR"), ("USA", "US"), ("BRA", "BR")]
        {
            assert_eq!(meant(found).as_deref(), Some(code), "{found}");
        }
        assert_eq!(hint("Brazil"), None);
        assert_eq!(hint(""), None);
        assert_eq!(hint("XX"), None, "no code begins so");
    }
}
