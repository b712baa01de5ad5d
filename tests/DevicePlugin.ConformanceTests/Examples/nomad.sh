#!/bin/sh
# Stands in for the nomad command in tests of examples/on-change: a cluster is a folder with a file for each node, whose line is
# "POOL ELIGIBILITY STATUS". NODE in the environment is this node.
set -eu
echo "$*" >> "$CLUSTER/calls"
case $1-$2 in
  var-lock)
    [ "$3 $4" = "-shell=false -backoff=1s" ] || exit 64
    shift 5
    flock "$CLUSTER/lock" "$@"
    ;;
  node-status)
    case "$*" in
      *" -self "*) cut -d' ' -f1,2 "$CLUSTER/nodes/$NODE" ;;
      *) cat "$CLUSTER"/nodes/* ;;
    esac
    # As slow as a server that is busy: whoever counts without the lock counts too few.
    sleep 0.05
    ;;
  node-eligibility)
    [ "$3 $4" = "-disable -self" ] || exit 64
    sed 's/ eligible / ineligible /' "$CLUSTER/nodes/$NODE" > "$CLUSTER/next-$NODE"
    mv "$CLUSTER/next-$NODE" "$CLUSTER/nodes/$NODE"
    ;;
  *) exit 64 ;;
esac
