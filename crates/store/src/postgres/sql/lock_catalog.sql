SELECT catalog_revision FROM store FOR UPDATE
