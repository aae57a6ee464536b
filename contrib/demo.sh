#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Starts a pretend campus on 127.20.0.0/16 and does there what a certificate officer does. Keeps the database.
# usage: contrib/demo.sh BUILD-FOLDER
set -euo pipefail
build=$(cd "$1" && pwd)
demo=$(cd "$(dirname "$0")/.." && pwd)/build/demo
campus=
scm=

stop_campus() {
    [ -z "$scm" ] || kill "$scm" 2>/dev/null || true
    [ -z "$campus" ] || kill "$campus" 2>/dev/null || true
    [ -z "$campus" ] || wait "$campus" 2>/dev/null || true
}
trap stop_campus EXIT

mkdir -p "$demo"
rm -f "$demo"/certscour.db* "$demo"/ready
export CERTSCOUR_DB=$demo/certscour.db
PATH=$build:$PATH

bold= plain=
if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; fi

run() { # shows a command as one would type it, then its output
    local word line='$'
    for word in "$@"; do
        case $word in *[!A-Za-z0-9_./:=,@-]*) line="$line '$word'" ;; *) line="$line $word" ;; esac
    done
    printf '\n%s%s%s\n' "$bold" "$line" "$plain"
    "$@" 2>&1
}

certscour-campus --ready-file "$demo/ready" >"$demo/campus.log" 2>&1 &
campus=$!
for _ in $(seq 100); do
    [ -s "$demo/ready" ] && break
    kill -0 "$campus" 2>/dev/null || { cat "$demo/campus.log" >&2; exit 1; }
    sleep 0.1
done

run certscour org add 'University'
run certscour org add 'University/Faculty of Science'
run certscour org add 'University/Library'
run certscour org add 'University Hospital'
run certscour rule add 'science' --match 'name in_domain science.university.example' --assign 'University/Faculty of Science'
run certscour rule add 'library' --match 'name in_domain library.university.example' --assign 'University/Library'
run certscour rule add 'hospital' --match 'name in_domain hospital.example or organization contains Hospital' --assign 'University Hospital'
run certscour rule add 'everything else of ours' --match 'common_name ends_with "university.example"' --assign 'University'
run certscour rule list
run certscour scan 127.20.1.0-127.20.6.40 -p campus --names-from none --rate 5000 --answer-timeout 2 --timeout 4
run certscour assets --limit 25
run certscour assets --expiring=30d
run certscour assets --unassigned
first=$(certscour assets --where 'owner_department is not empty' --limit 1 --columns endpoint --no-header --format csv | tr -d '\r')
run certscour cert show "$first"
run certscour rule explain "$first"
run certscour rule test
run certscour status

# a pretend Sectigo Certificate Manager, as contrib/scm-simulator/README.md tells
rm -f "$demo/scm-ready"
scm-simulator --data "$(dirname "$0")/scm-simulator/tenant.json" --ready-file "$demo/scm-ready" >"$demo/scm.log" 2>&1 &
scm=$!
for _ in $(seq 100); do
    [ -s "$demo/scm-ready" ] && break
    kill -0 "$scm" 2>/dev/null || { cat "$demo/scm.log" >&2; exit 1; }
    sleep 0.1
done
(umask 077 && echo not-a-secret >"$demo/scm-password")
printf '[scm]\nbase_url = http://%s\ncustomer_uri = university\nlogin = certscour\npassword_file = %s\nrequests_per_s = 100\n' \
    "$(cat "$demo/scm-ready")" "$demo/scm-password" >"$demo/scm.conf"
run certscour scm status --config "$demo/scm.conf"
run certscour scm pull --config "$demo/scm.conf"
run certscour assets --unmanaged --limit 10
run certscour scm push assets --config "$demo/scm.conf" --owner 'University/Library' --limit 5
run certscour scm push assets --config "$demo/scm.conf" --owner 'University/Library' --limit 5 --yes
run certscour scm pull certificates --config "$demo/scm.conf"
run certscour assets --where 'status = external' --columns endpoint,common_name,status,scm_id
run certscour scm log --config "$demo/scm.conf" --limit 5
run certscour scm undo 1 --config "$demo/scm.conf" --yes

printf '\nThe database stays for playing:\n  export CERTSCOUR_DB=%s\n  %s/certscour assets --format json\n' "$CERTSCOUR_DB" "$build"
