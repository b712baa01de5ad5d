#!/usr/bin/env bash
# Makes what runs the arm64 executable on x86-64: artifacts/arm64/root with Debian's arm64 libraries (OpenSSL for .NET's TLS,
# Jansson for the mocks), and the mock libraries in artifacts/arm64/hwmocks. The packages come from the machine's own apt sources;
# apt's lists and the set of architectures of the machine stay as they are.
# Exit status 3: a prerequisite is missing (named on stderr in one line).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out="$root/artifacts/arm64"
packages=(libjansson4 libjansson-dev libssl3)

declare -A needed=(
  [gcc-aarch64-linux-gnu]=/usr/bin/aarch64-linux-gnu-gcc
  [libc6-dev-arm64-cross]=/usr/aarch64-linux-gnu/include/stdlib.h
  [make]=/usr/bin/make
  [apt]=/usr/bin/apt-get
)
missing=()
for package in "${!needed[@]}"; do
  [ -e "${needed[$package]}" ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "tests/arm64: missing prerequisites; on Debian: apt-get install -y ${missing[*]}" >&2
  exit 3
fi

libraries="$out/root/usr/lib/aarch64-linux-gnu"
if [ ! -e "$libraries/libjansson.so" ] || [ ! -e "$libraries/libssl.so.3" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o Dir::State::status=/dev/null)
  "${apt[@]}" update
  (cd "$work" && "${apt[@]}" download "${packages[@]}")
  rm -rf "$out/root"
  mkdir -p "$out/root"
  for package in "$work"/*.deb; do
    dpkg-deb -x "$package" "$out/root"
  done
fi

make -C "$root/hwmocks" \
  CC="aarch64-linux-gnu-gcc -isystem $out/root/usr/include -isystem $out/root/usr/include/aarch64-linux-gnu -L$libraries" \
  LD=aarch64-linux-gnu-ld OUT=../artifacts/arm64/hwmocks OBJ=../artifacts/obj/hwmocks-arm64 \
  ../artifacts/arm64/hwmocks/libnvidia-ml.so.1 ../artifacts/arm64/hwmocks/libcuda.so.1
