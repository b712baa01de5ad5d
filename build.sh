#!/usr/bin/env bash
# Runs a target of build.cake; needs bash and the .NET SDK, everything else is restored or named.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

fail() { echo "build.sh: $*" >&2; exit 1; }

if [ $# -eq 0 ]; then
  echo "usage: ./build.sh demo|build|test|publish|release|bench|fuzz|mutate|lint|clean [--option=value ...]" >&2
  exit 2
fi
command -v dotnet > /dev/null ||
  fail "the .NET 10 SDK is missing: install it from https://dotnet.microsoft.com/download/dotnet/10.0 and put dotnet on PATH."
dotnet --version > /dev/null 2>&1 ||
  fail "no installed .NET SDK satisfies global.json (10.0.100 or a later 10.0 SDK): get one from https://dotnet.microsoft.com/download/dotnet/10.0."

# The built executable looks for the runtime here; a dotnet outside the system's folders is not found otherwise.
export DOTNET_ROOT="${DOTNET_ROOT:-$(dirname "$(readlink -f "$(command -v dotnet)")")}"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 CAKE_SETTINGS_ENABLESCRIPTCACHE=true

log=$(dotnet tool restore 2>&1) || fail "the build tools could not be restored: $log"
target=$1
shift
# Cake has an option --version of its own.
exec dotnet cake build.cake --verbosity=normal "--target=$target" "${@/#--version=/--release-version=}"
