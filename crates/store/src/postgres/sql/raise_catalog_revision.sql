UPDATE store SET catalog_revision = catalog_revision + 1
