//! TLS is spoken when the url says so, and only with whom it trusts.

use segue_store::postgres::PostgresStore;
use segue_testkit::postgres::cluster;

use crate::{open, raw};

/// How many connections of a name there are, and how many of them are encrypted.
async fn connections(url: &str, name: &str) -> (i64, i64) {
    let sql = "SELECT count(*), count(*) FILTER (WHERE ssl) FROM pg_stat_ssl
               JOIN pg_stat_activity USING (pid) WHERE application_name = $1";
    let row = raw(url).await.query_one(sql, &[&name]).await.expect("counted");
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn every_connection_is_encrypted_or_none_is() {
    let Some(cluster) = cluster() else { return };
    let Some(authority) = cluster.authority() else {
        eprintln!("skipped: the certificate of a server that was not started here is not known");
        return;
    };
    let url = cluster.fresh_url();
    let plain = open(&format!("{url}&application_name=plain")).await;
    let (all, encrypted) = connections(&url, "plain").await;
    assert!(all > 0 && encrypted == 0, "{encrypted} of {all}");
    for mode in ["require", "verify-full"] {
        let trusting = format!("sslmode={mode}&sslrootcert={}", authority.display());
        let secured = open(&format!("{url}&application_name={mode}&{trusting}")).await;
        let (all, encrypted) = connections(&url, mode).await;
        assert!(all > 0 && encrypted == all, "{encrypted} of {all}");
        drop(secured);
    }
    let refused = PostgresStore::open(&format!("{url}&sslmode=require")).await.err().expect("not trusted");
    assert!(refused.to_string().contains("certificate"), "{refused}");
    drop(plain);
}
