UPDATE ready SET reserved_by = NULL, reserved_until = NULL WHERE task = ANY ($2::uuid[]) AND reserved_by = $1
