-- Waits for the appends that are under way, and keeps later ones waiting.
LOCK TABLE executions IN SHARE ROW EXCLUSIVE MODE
