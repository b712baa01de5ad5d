#!/usr/bin/env bash
# Builds the two Go programs of the conformance tests and the benchmark into artifacts/go: `host`, a go-plugin host that
# starts a device plugin as Nomad does, and `plugin`, a minimal device plugin. Both use Debian's own go-plugin library,
# so that the protocol is checked against the implementation that Nomad uses and not against our reading of it.
# Exit status 3: a prerequisite is missing (named on stderr in one line).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out="$root/artifacts/go"
debian=/usr/share/gocode/src

declare -A needed=(
  [golang-go]=/usr/bin/go
  [protobuf-compiler]=/usr/bin/protoc
  [golang-goprotobuf-dev]=/usr/bin/protoc-gen-go
  [golang-github-hashicorp-go-plugin-dev]=$debian/github.com/hashicorp/go-plugin
  [golang-google-grpc-dev]=$debian/google.golang.org/grpc
  [golang-github-hashicorp-go-version-dev]=$debian/github.com/hashicorp/go-version
  [golang-github-hashicorp-hcl-v2-dev]=$debian/github.com/hashicorp/hcl/v2
  [golang-github-zclconf-go-cty-dev]=$debian/github.com/zclconf/go-cty
)
missing=()
for package in "${!needed[@]}"; do
  [ -e "${needed[$package]}" ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "tests/go: missing prerequisites; on Debian: apt-get install -y ${missing[*]}" >&2
  exit 3
fi

# GOPATH mode, because Debian's libraries are sources in a GOPATH: ours come before them, as links and generated code.
gopath="$out/gopath"
module="$gopath/src/nomad-device-gpu"
mkdir -p "$module/protocol"
ln -sfn "$root/tests/go" "$module/gotests"

generated="$module/protocol/device/device.pb.go"
if [ ! -e "$generated" ] || [ -n "$(find "$root/protos/nomad" "${BASH_SOURCE[0]}" -newer "$generated")" ]; then
  # Our protos name no Go package. go-plugin of this age uses the first Go implementation of protobuf, so the well-known
  # types have to be that one's too.
  ptypes=github.com/golang/protobuf/ptypes
  packages="Mgoogle/protobuf/duration.proto=$ptypes/duration"
  packages+=",Mgoogle/protobuf/timestamp.proto=$ptypes/timestamp"
  packages+=",Mgoogle/protobuf/wrappers.proto=$ptypes/wrappers"
  packages+=",Mnomad/hclspec.proto=nomad-device-gpu/protocol/hclspec"
  packages+=",Mnomad/attribute.proto=nomad-device-gpu/protocol/structs"
  packages+=",Mnomad/stats.proto=nomad-device-gpu/protocol/structs"
  packages+=",Mnomad/base.proto=nomad-device-gpu/protocol/base"
  packages+=",Mnomad/device.proto=nomad-device-gpu/protocol/device"
  # One call a Go package: the generator takes all files of a call for one, and puts them where their protos are.
  for source in "hclspec hclspec" "structs attribute stats" "base base" "device device"; do
    read -ra words <<<"$source"
    package="$module/protocol/${words[0]}"
    mkdir -p "$package"
    protoc -I "$root/protos" --plugin=/usr/bin/protoc-gen-go \
      --go_out="plugins=grpc,import_path=${words[0]},$packages:$package" \
      $(printf 'nomad/%s.proto ' "${words[@]:1}")
    mv "$package"/nomad/*.pb.go "$package/"
    rmdir "$package/nomad"
  done
fi

export GOPATH="$gopath:/usr/share/gocode" GO111MODULE=off GOFLAGS=-trimpath CGO_ENABLED=0
for program in plugin host; do
  go build -o "$out/$program" "nomad-device-gpu/gotests/$program"
done
