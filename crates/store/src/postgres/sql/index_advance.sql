UPDATE indexed SET position = $3 WHERE partition = $1 AND position = $2 RETURNING position
