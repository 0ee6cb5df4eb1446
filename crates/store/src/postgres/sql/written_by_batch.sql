SELECT execution, seq, position FROM journal WHERE execution = ANY ($1::uuid[]) AND batch = $2
