SELECT at, line FROM logs WHERE task = $1 ORDER BY at, number
