SELECT catalog_revision, kind, name, version, body FROM store LEFT JOIN catalog ON true
