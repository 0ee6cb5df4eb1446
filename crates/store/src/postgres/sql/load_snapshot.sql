SELECT seq, body FROM snapshots WHERE execution = $1 AND seq > $2
