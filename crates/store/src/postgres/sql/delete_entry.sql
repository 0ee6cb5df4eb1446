DELETE FROM catalog WHERE kind = $1 AND name = $2 AND version = $3 RETURNING kind
