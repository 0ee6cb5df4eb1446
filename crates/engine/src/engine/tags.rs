//! Tags of definitions.

use segue_store::contract::Overwrite;

use super::Engine;
use crate::error::Error;
use crate::tags::{Tag, Tagged};

impl Engine {
    /// Adds tags to a definition; those that it has stay.
    ///
    /// # Errors
    /// The store's.
    pub async fn add_tags(&self, what: Tagged, name: &str, tags: &[Tag]) -> Result<(), Error> {
        let entries = tags.iter().map(|tag| what.entry(name, tag)).collect();
        self.put(entries, Overwrite::Allowed).await.map(drop)
    }

    /// Takes tags from a definition. One that it has not is passed over.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_tags(&self, what: Tagged, name: &str, tags: &[Tag]) -> Result<(), Error> {
        for tag in tags {
            self.delete(what.shelf(), &Tagged::entry_name(name, tag), 0).await?;
        }
        Ok(())
    }
}
