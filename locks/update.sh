#!/usr/bin/env bash
# Writes the package lock files again, after a change of Directory.Packages.props or of DotNetPackVersion in Directory.Build.targets.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset CI

dotnet restore DevicePlugin.sln --force-evaluate --nologo
for flavour in locks/*/; do
  name=$(basename "$flavour")
  aot=false
  [ "$name" = "${name%-aot}" ] || aot=true
  dotnet restore src/DevicePlugin/DevicePlugin.csproj --force-evaluate --nologo \
    -p:RuntimeIdentifier="${name%-aot}" -p:PublishAot="$aot"
done
