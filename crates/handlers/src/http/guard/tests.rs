use super::*;

fn allowed(text: &str, allow: &[&str]) -> bool {
    let allow: Vec<Allowed> = allow.iter().map(|text| text.parse().expect("a rule")).collect();
    check("some.host", text.parse().expect("an address"), &allow).is_ok()
}

#[test]
fn only_public_addresses_pass() {
    for address in [
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ] {
        assert!(allowed(address, &[]), "{address}");
    }
    for address in [
        "127.0.0.1",
        "127.255.0.9",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "0.0.0.0",
        "0.1.2.3",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.0.8",
        "198.18.0.1",
        "203.0.113.7",
        "::",
        "::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2002:c0a8:101::",
        "2001::1",
        "2001:db8::1",
        "::ffff:0:10.0.0.1",
        "100::1",
        "4000::1",
    ] {
        assert!(!allowed(address, &[]), "{address}");
    }
}

#[test]
fn hosts_and_networks_are_allowed_by_option() {
    assert!(allowed("10.1.2.3", &["10.0.0.0/8"]));
    assert!(allowed("::ffff:10.1.2.3", &["10.0.0.0/8"]), "where it leads to is what counts");
    assert!(allowed("10.1.2.3", &["10.1.2.3"]));
    assert!(allowed("10.1.2.3", &["SOME.host"]));
    assert!(allowed("::1", &["[::1]"]));
    assert!(allowed("fd00::7", &["fd00::/16"]));
    assert!(!allowed("10.1.2.3", &["10.1.2.4", "192.168.0.0/16", "host", "other.host"]));
    for text in ["", "*.internal", "10.0.0.0/64", "a b", "http://x"] {
        assert_eq!(text.parse::<Allowed>(), Err(NotAllowed(text.to_owned())));
    }
}

#[test]
fn a_refusal_names_the_option() {
    let refused =
        check("metadata", "169.254.169.254".parse().expect("an address"), &[]).expect_err("refused");
    assert_eq!(
        refused.to_string(),
        "metadata is refused: it resolves to 169.254.169.254, which is a link-local address; --http-allow metadata allows it"
    );
}
