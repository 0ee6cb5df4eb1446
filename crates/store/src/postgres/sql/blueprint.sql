SELECT body FROM blueprints WHERE hash = $1
