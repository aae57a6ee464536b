#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian package in a Debian of its own (debootstrap): it installs with nothing but its dependencies, works, and goes
# away without leaving anything behind but the user's data. Takes root and Debian's archive.
# usage: tests/package/check.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
root=$(mktemp -d /var/tmp/certscour-package-XXXXXX)
mount -t tmpfs -o mode=755,size=2g certscour-package "$root" # what dpkg syncs costs nothing there
database=/var/lib/certscour/certscour.db
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
# Files that belong to the system as a whole, not to a package, come and go with any installation.
files() { inside find / -xdev \( -path /proc -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/log -o -path /tmp \) -prune -o -print | sort; }

cleanup() {
    umount "$root/proc" 2>/dev/null || true
    umount "$root"
    rmdir "$root"
}
trap cleanup EXIT

(cd "$build" && cpack -G DEB >/dev/null) || fail "no package was made"
package=$(ls "$build"/certscour_*.deb)
debootstrap --variant=minbase --include=adduser,ca-certificates "$release" "$root" http://deb.debian.org/debian >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log"; fail "debootstrap"; }
rm -f "$root.log"
mount -t proc proc "$root/proc"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
printf 'path-include=/usr/share/man/*\n' >"$root/etc/dpkg/dpkg.cfg.d/with-manual"
cp "$package" "$root/tmp/certscour.deb"
inside sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends $(dpkg -I /tmp/certscour.deb |
    sed -n "s/^ Depends: //p" | sed "s/([^)]*)//g; s/,/ /g")' >/dev/null 2>&1 || fail "its dependencies"
files >"$root/tmp/before"

inside apt-get install -y -qq /tmp/certscour.deb >"$root/tmp/install.log" 2>&1 || { cat "$root/tmp/install.log"; fail "installing"; }
inside certscour --version | grep -q '^certscour [0-9]' || fail "the program"
inside certscour scan 192.0.2.0/24 -p quick --dry-run >/dev/null || fail "a dry run"
inside sh -c 'zcat -f /usr/share/man/man1/certscour-scan.1*' | grep -q 'connections a second' || fail "its manual page"
[ "$(inside stat -c '%U:%G %a' /var/lib/certscour)" = "certscour:certscour 2770" ] || fail "the directory of the database"
for unit in certscour.service certscour-once.service certscour-once.timer; do
    inside test -s "/usr/lib/systemd/system/$unit" || fail "the unit $unit"
done
inside test -s /usr/share/bash-completion/completions/certscour || fail "completions"
inside dpkg -i /tmp/certscour.deb >/dev/null 2>&1 || fail "installing it again"
inside runuser -u certscour -- certscour org add Example --db "$database" >/dev/null || fail "the account cannot write its database"
[ "$(inside stat -c '%U:%G %a' "$database")" = "certscour:certscour 660" ] || fail "officers in the group cannot use the database"
inside certscour org list | grep -q Example || fail "the system's database is not the default"

inside apt-get remove -y -qq certscour >/dev/null 2>&1 || fail "removing"
inside test ! -e /usr/bin/certscour || fail "the program stays after removing"
inside test -s "$database" || fail "the database went with the program"
inside sh -c "rm -f $database*"
inside apt-get purge -y -qq certscour >/dev/null 2>&1 || fail "purging"
left=$(files | comm -13 "$root/tmp/before" - | grep -vE '^/(etc/(passwd|group|shadow|gshadow|subuid|subgid)-?|var/backups/.*|root/.*|run/adduser)$' || true)
[ -z "$left" ] || fail "left behind: $left"
printf 'package: installs, works and goes away in a fresh %s\n' "$release"
