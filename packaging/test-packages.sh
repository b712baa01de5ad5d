#!/usr/bin/env bash
# test-packages.sh FOLDER VERSION: installs, upgrades and removes the packages of FOLDER in a Debian root that holds nothing but the
# base system, and drives the installed plugin there. Needs root and debootstrap; the mirror is that of the machine's apt sources.
set -euo pipefail

folder=$(realpath "$1")
version=${2/-/\~}
deb="$folder/nomad-device-gpu_${version}_$(dpkg --print-architecture).deb"
rpm="$folder/nomad-device-gpu-$version-1.$(uname -m).rpm"

fail() { echo "test-packages.sh: $*" >&2; exit 1; }
step() { echo "== $*"; }

[ "$(id -u)" -eq 0 ] || fail "debootstrap and chroot need root: run it with sudo."
for tool in debootstrap rpm; do
  command -v $tool > /dev/null || fail "'$tool' is missing: apt-get install $tool"
done
for file in "$deb" "$rpm"; do
  [ -e "$file" ] || fail "$file is missing: ./build.sh release --version=$2"
done

work=$(mktemp -d)
root="$work/root"
cleanup() {
  mountpoint -q "$root/proc" && umount "$root/proc"
  rm -rf "$work"
}
trap cleanup EXIT

# What the chroot runs sees nothing of the machine but its kernel.
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 chroot "$root" "$@"; }

# The same files under an earlier or a later version, for the upgrade.
renumber() {
  local tree="$work/renumbered"
  rm -rf "$tree"
  dpkg-deb -R "$deb" "$tree"
  sed -i "s/^Version: .*/Version: $1/" "$tree/DEBIAN/control"
  dpkg-deb --root-owner-group -Zgzip --build "$tree" "$2" > /dev/null
}

# Every call that Nomad makes, by the installed executable's own host. Mutual TLS, which Nomad does not use, would need OpenSSL.
drive() {
  inside nomad-device-gpu host --scenario dgx-h100 --samples 2 > "$work/host" 2>&1 ||
    { cat "$work/host"; fail "the installed plugin does not run under its own host"; }
  grep -E '^(Launch|Fingerprint|Shutdown)' "$work/host"
}

# The records of GPUs and their health are not the package's: the copy in an agent's plugin_dir goes on with them.
absent() {
  local left
  left=$(cd "$root" && find . -path ./proc -prune -o -name 'nomad-device-gpu*' ! -path ./var/lib/nomad-device-gpu -print)
  [ -z "$left" ] || fail "$1 leaves: $left"
}

# The running system's release, from the archive that has a Packages file of its component main.
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
  awk -v suite="$suite" '$2 == suite && $3 == "main" { print $1; exit }')
[ -n "$mirror" ] || fail "apt has no source of $suite: run apt-get update."

step "a root of $suite"
debootstrap --variant=minbase "$suite" "$root" "$mirror" > "$work/debootstrap.log" 2>&1 ||
  { tail -20 "$work/debootstrap.log" "$root/debootstrap/debootstrap.log" 2> /dev/null; fail "debootstrap failed."; }
mount -t proc proc "$root/proc"
absent "debootstrap"

step "installing an earlier version"
renumber "0.0.1" "$root/old.deb"
inside dpkg -i /old.deb
inside nomad-device-gpu version

step "upgrading to $version"
cp "$deb" "$root/new.deb"
inside dpkg -i /new.deb
[ "$(inside dpkg-query -W -f '${Version}' nomad-device-gpu)" = "$version" ] || fail "the version is not $version after the upgrade"
inside dpkg --verify nomad-device-gpu
drive
[ -e "$root/usr/share/doc/nomad-device-gpu/examples/agent.hcl" ] || fail "the examples are not installed"
[ -e "$root/usr/share/doc/nomad-device-gpu/copyright" ] || fail "the licences are not installed"

step "upgrading to a later version, and removing it"
renumber "999.0.0" "$root/later.deb"
inside dpkg -i /later.deb
inside nomad-device-gpu version
inside dpkg --purge nomad-device-gpu
rm "$root"/*.deb
absent "removing the package"

step "the RPM: installing, verifying, removing"
rpm --root "$root" --initdb
rpm --root "$root" -i --nodeps "$rpm"
rpm --root "$root" -V --nodeps nomad-device-gpu
drive
rpm --root "$root" -e nomad-device-gpu
absent "removing the RPM"

echo "The packages of $version install, upgrade, run and leave nothing."
