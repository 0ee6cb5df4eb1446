# Runs one throw-away PostgreSQL cluster for as long as its stdin is open: whoever started it may end in any
# way, and the cluster goes with it. Arguments: directory of the binaries, port. Variables: its certificate
# and key, and the authority that they are from, which is left in `authority.pem` for clients to trust.
set -u
trap '' INT HUP TERM
bin=$1
port=$2
home=$(mktemp -d "${TMPDIR:-/tmp}/segue-postgres.XXXXXX") || exit 1
cd "$home" || exit 1

finish() {
    "$bin/pg_ctl" -D "$home/cluster" -m immediate -w stop >/dev/null 2>&1
    rm -rf "$home"
}

fail() {
    echo "failed $1: $(tail -n 5 "$home/log" | tr '\n' ' ')"
    finish
    exit 1
}

"$bin/initdb" -D "$home/cluster" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$home/log" 2>&1 || fail initdb
printf '%s' "$SERVER_AUTHORITY" >"$home/authority.pem"
umask 077
printf '%s' "$SERVER_CERTIFICATE" >"$home/cluster/server.crt"
printf '%s' "$SERVER_KEY" >"$home/cluster/server.key"
cat >>"$home/cluster/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$home'
fsync = on
ssl = on
max_connections = 200
deadlock_timeout = 100ms
CONF
"$bin/pg_ctl" -D "$home/cluster" -l "$home/log" -w -t 60 start >/dev/null 2>&1 || fail start
echo "ready $home"

while read -r command; do
    case $command in
    stop) "$bin/pg_ctl" -D "$home/cluster" -m immediate -w stop >/dev/null 2>&1 || true ;;
    start) "$bin/pg_ctl" -D "$home/cluster" -l "$home/log" -w -t 60 start >/dev/null 2>&1 || true ;;
    esac
    echo "done $command"
done
finish
