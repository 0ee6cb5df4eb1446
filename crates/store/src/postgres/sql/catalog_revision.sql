SELECT catalog_revision FROM store
