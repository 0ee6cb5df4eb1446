//! letrun files through the whole binary, as their authors start them.

mod stand_in;

#[test]
fn builds() {}
