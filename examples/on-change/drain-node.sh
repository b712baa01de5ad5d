#!/bin/sh
# Marks this node ineligible for new tasks when a GPU of it needs repair, unless too many nodes are ineligible already. Running
# tasks stay. It is a program for health { on_change = "/etc/nomad-device-gpu/on-change" } of nomad-device-gpu.
#
# Install:  install -D -o root -g root -m 0700 drain-node.sh /etc/nomad-device-gpu/on-change
# Needs:    the nomad command, version 1.7 or later; sed and awk.
# Settings: below. The token belongs to this script: the plugin hands on no environment. With ACLs, its policy is
#
#           node  { policy = "write" }
#           agent { policy = "read" }
#           namespace "default" { variables { path "gpu/drain-lock" { capabilities = ["write", "read", "destroy"] } } }
#
# Put the node back with: nomad node eligibility -enable -self

set -eu

# Never more than this share of the nodes is ineligible after this script marked one.
MAX_PERCENT=20

# What the share is of: the nodes of this node's pool that match a filter of "nomad node status" ("" for all). Without one, nodes
# without GPUs in the same pool count too, which lets more GPU nodes be marked. Example: NodeClass == "gpu"
NODE_FILTER=""

# Causes that somebody has to repair. docs/health.md lists all words.
REPAIR_CAUSES="gpu_lost gpu_unresponsive driver_unresponsive insufficient_power reset_required row_remap_failed
  memory_unrepairable sram_threshold_exceeded inforom_corrupt uncorrected_ecc row_remap_pending repair_pending recovery_needed xid unknown_xid"

# The lock under which all nodes count and mark: in a fault of many nodes at once, each would otherwise count the others before
# they are marked. A holder that dies is waited for; the plugin ends this script after 60 s.
LOCK_PATH="gpu/drain-lock"

NOMAD_ADDR="http://127.0.0.1:4646"
NOMAD_TOKEN_FILE="/etc/nomad-device-gpu/nomad-token"

# Settings may also be in this file, so that this script need not be changed.
CONFIG="/etc/nomad-device-gpu/drain-node.conf"
# shellcheck source=/dev/null
if [ -r "$CONFIG" ]; then . "$CONFIG"; fi

export NOMAD_ADDR
if [ -r "$NOMAD_TOKEN_FILE" ]; then
  NOMAD_TOKEN=$(cat "$NOMAD_TOKEN_FILE")
  export NOMAD_TOKEN
fi

say() { printf 'drain-node: %s\n' "$1"; }

fail() {
  say "$1" >&2
  exit 1
}

# Whether a device that the change tells of is withheld from Nomad for one of the causes, and not in an operator's hands already.
# The JSON is compact, and in a text every quote is escaped: {"id":" begins a device and nothing else.
needs_repair() {
  words=$(printf '%s' "$REPAIR_CAUSES" | tr -s ' \n' '||')
  printf '%s' "$1" | awk -v words="$words" '
    {
      count = split($0, devices, /[{]"id":"/)
      for (i = 2; i <= count; i++) {
        parts = split(devices[i], causes, /[{]"cause":"/)
        if (causes[1] !~ /"withheld":true/ || causes[1] ~ /"cordon":[{]/) continue
        for (j = 2; j <= parts; j++)
          if (causes[j] ~ ("^(" words ")\"") && causes[j] ~ /"withheld":true/) found = 1
      }
    }
    END { exit !found }'
}

# One line a node: pool, eligibility, status. A node that is down and was eligible is not there: it neither has capacity nor gives
# any up. One that is down and ineligible may be in repair, and counts.
mark() {
  own=$(nomad node status -self -t '{{.NodePool}} {{.SchedulingEligibility}}') || fail "the agent does not say which node this is"
  pool=${own% *}
  if [ "${own#* }" != "eligible" ]; then
    say "this node is ineligible already"
    return
  fi

  nodes=$(nomad node status -filter "$NODE_FILTER" \
    -t '{{range .}}{{.NodePool}} {{.SchedulingEligibility}} {{.Status}}{{"\n"}}{{end}}') || fail "the nodes could not be listed"
  share=$(printf '%s\n' "$nodes" | awk -v pool="$pool" '
    $1 == pool && !($2 == "eligible" && $3 == "down") { all++; if ($2 != "eligible") out++ }
    END { print out + 0, all + 0 }')
  out=${share% *} all=${share#* }
  if [ $(((out + 1) * 100)) -gt $((MAX_PERCENT * all)) ]; then
    fail "this node needs repair and stays eligible: $out of $all nodes are ineligible, and one more would exceed $MAX_PERCENT %"
  fi

  nomad node eligibility -disable -self || fail "the node could not be marked"
  say "marked as ineligible; before, $out of $all nodes were"
}

if [ "${1:-}" = "--locked" ]; then
  mark
  exit
fi

command -v nomad > /dev/null || fail "there is no nomad command in $PATH"
change=$(cat)
case $change in
  '{"schema_version":1,'*) ;;
  *) fail "the input is not of schema version 1" ;;
esac
case $change in
  *'"simulated":true'*) say "the GPUs are simulated" && exit ;;
esac
if needs_repair "$change"; then
  # Nomad runs the script again while it holds the lock. It asks for the lock each second: its own pause is longer than this
  # script may last.
  exec nomad var lock -shell=false -backoff=1s "$LOCK_PATH" "$0" --locked
fi
say "no GPU that changed needs repair"
