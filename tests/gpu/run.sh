#!/usr/bin/env bash
# Tries the published executable on a machine with a GPU, for a bug report or before a release:
#
#   tests/gpu/run.sh PATH_TO_EXECUTABLE [OPTION...]
#
#   --output FOLDER     where the report goes; by default gpu-report-DATE in the current folder
#   --set KEY=VALUE     a key of the plugin block with a text as its value, such as driver_root=/run/nvidia/driver; may be repeated
#   --seconds N         how long the plugin runs under the built-in host; by default 60
#   --program COMMAND   a CUDA program that ends by itself within 10 s, timed with the plugin off and on
#
# It takes at most 4 minutes, needs bash and the usual tools of a Linux system, no .NET, no network and no Nomad, and changes no
# setting of a GPU. Run it as root, as Nomad's agent runs. Each check is a line: ok, FAIL or skip. The exit code is 1 when one failed,
# 2 for bad input. The report has no UUID, no serial number and no host name, so that it can be attached to an issue.
set -u
export LC_ALL=C

readonly most_seconds=240
executable=
output=
seconds=60
program=
settings=()

bad_input() { echo "$1" >&2; echo "usage: $0 PATH_TO_EXECUTABLE [--output FOLDER] [--set KEY=VALUE]... [--seconds N] [--program COMMAND]" >&2; exit 2; }

while [ $# -gt 0 ]; do
  case "$1" in
    --output|--set|--seconds|--program)
      [ $# -ge 2 ] || bad_input "$1 needs a value"
      case "$1" in
        --output) output=$2 ;;
        --set) [[ "$2" == *=* && "$2" != *[\"\\]* ]] || bad_input "--set needs KEY=VALUE, and not $2"; settings+=("$2") ;;
        --seconds) [[ "$2" =~ ^[0-9]+$ && "$2" -ge 1 && "$2" -le 120 ]] || bad_input "--seconds must be 1 to 120"; seconds=$2 ;;
        --program) program=$2 ;;
      esac
      shift 2 ;;
    -*) bad_input "there is no option $1" ;;
    *) [ -z "$executable" ] || bad_input "there is one executable, and not $1 too"; executable=$1; shift ;;
  esac
done
[ -n "$executable" ] || bad_input "the executable is missing"
[ -f "$executable" ] && [ -x "$executable" ] || bad_input "$executable is not a program"
executable=$(readlink -f "$executable")
output=${output:-gpu-report-$(date -u +%Y%m%d-%H%M%S)}
mkdir -p "$(dirname "$output")" && mkdir "$output" || bad_input "$output cannot be made; name a new folder with --output"
output=$(cd "$output" && pwd)
work=$(mktemp -d) || exit 1
children=()
end() {
  local child
  for child in "${children[@]}"; do kill "$child" 2> /dev/null; done
  for child in "${children[@]}"; do ends_within "$child" 7; done
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM HUP

# The plugin's records go into a folder of this run: those of a plugin at work on this node stay as they are.
value_of() {
  local setting
  for setting in "${settings[@]}"; do [ "${setting%%=*}" = "$1" ] && echo "${setting#*=}"; done
}
{
  printf '{"state_dir": "%s", "run_dir": "%s"' "$work/state" "$work/run"
  for setting in "${settings[@]}"; do printf ', "%s": "%s"' "${setting%%=*}" "${setting#*=}"; done
  echo '}'
} > "$work/config.json"
mkdir "$work/state" "$work/run"
config=(--config "$work/config.json")

failed=0
started=$SECONDS
tell() { printf '%-4s %-14s %s\n' "$1" "$2" "$3" | tee -a "$output/checks.txt"; if [ "$1" = FAIL ]; then failed=$((failed + 1)); fi; }
left() { echo $((most_seconds - (SECONDS - started))); }

# run NAME LIMIT COMMAND...: the output goes to NAME.txt, what is on stderr to NAME.err; the exit code is that of the command, 124 when
# it took too long. A call into a driver may hang so that not even SIGKILL ends the process: then it is left behind.
run() {
  local name=$1 limit=$2 rest process
  shift 2
  rest=$(left)
  if [ "$limit" -gt "$rest" ]; then limit=$rest; fi
  if [ "$limit" -lt 1 ]; then return 124; fi
  timeout -k 5 "$limit" "$@" > "$output/$name.txt" 2> "$output/$name.err" < /dev/null &
  process=$!
  ends_within "$process" $((limit + 7)) || return 124
  wait "$process"
  local code=$?
  [ -s "$output/$name.err" ] || rm -f "$output/$name.err"
  return $code
}

# ends_within PROCESS SECONDS: whether it does.
ends_within() {
  local until=$((SECONDS + $2))
  while kill -0 "$1" 2> /dev/null; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.1
  done
}

# The reason of a failure in one line: the last line of stderr, or of stdout.
reason() {
  local code=$1 file
  [ "$code" = 124 ] || [ "$code" = 137 ] && { echo "it did not end in time"; return; }
  for file in "$output/$2.err" "$output/$2.txt"; do
    [ -s "$file" ] && { echo "exit code $code: $(tail -n 1 "$file" | cut -c 1-300)"; return; }
  done
  echo "exit code $code"
}

# check NAME LIMIT COMMAND...: ok when the command ends with 0.
check() {
  local name=$1 code
  run "$@"
  code=$?
  if [ $code = 0 ]; then tell ok "$name" "see $name.txt"; else tell FAIL "$name" "$(reason $code "$name")"; fi
  return $code
}

# What an administrator sets on a GPU and this run must leave alone.
settings_of() {
  tr ',{' '\n\n' < "$1" | grep -A 1 -E '^"(persistence_mode|compute_mode|mig_mode|ecc_mode|power|virtualization|display_state|addressing_mode)":' \
    | grep -E '"value"|_mode|power|virtualization|display_state'
}

{
  echo "kernel $(uname -srm)"
  cat "$(value_of proc_root | grep . || echo /proc)/driver/nvidia/version" 2>/dev/null
  grep -m 1 'model name' /proc/cpuinfo
  grep -m 1 MemTotal /proc/meminfo
  echo "user $(id -u)"
  # Whoever has a GPU open keeps it initialised.
  echo "programs with a GPU open: $(for fd in $(find /proc/[0-9]*/fd -lname '/dev/nvidia[0-9]*' 2>/dev/null); do echo "${fd%/fd/*}"; done \
    | sort -u | while read -r process; do cat "$process/comm" 2>/dev/null; done | sort | uniq -c | tr -s ' \n' ' ')"
} > "$output/node.txt"

check version 10 "$executable" version

# The time that a start takes depends on whether somebody else has the GPUs open. The process that has them open in the second try
# keeps them until the end: without persistence mode each of the next commands would initialise every GPU, seconds each.
run probe 75 "$executable" probe nvml "${config[@]}"
code=$?
while IFS= read -r line; do tell FAIL probe "${line#FAIL }"; done < <(grep '^FAIL' "$output/probe.txt")
if [ $code = 0 ]; then tell ok probe "$(grep -c '^ok   call' "$output/probe.txt") functions called, see probe.txt"
elif ! grep -q '^FAIL' "$output/probe.txt"; then tell FAIL probe "$(reason $code probe)"
fi
# nvmlInit and a handle of each GPU, which is what initialises it.
start_of() { awk '/ (init|handle-[0-9]+) / { sum += $3 } / shutdown / { exit } END { printf "%.1f ms", sum }' "$output/$1.txt"; }
timeout -k 5 "$most_seconds" "$executable" probe nvml --hold "$most_seconds" "${config[@]}" > "$work/holder" 2>&1 &
holder=$!
children+=("$holder")
for _ in $(seq 300); do grep -q ' held' "$work/holder" && break; kill -0 "$holder" 2>/dev/null || break; sleep 0.1; done
if grep -q ' held' "$work/holder"; then
  run probe-held 30 "$executable" probe nvml --hold 0 "${config[@]}"
  code=$?
  [ $code = 0 ] && tell ok start "$(start_of probe) alone, $(start_of probe-held) beside another process" \
    || tell FAIL start "$(reason $code probe-held)"
else
  tell FAIL start "no second process could open the driver: $(tail -n 1 "$work/holder" | cut -c 1-300)"
fi

# doctor names what is wrong with the node, each finding a line of its own here.
run doctor 40 "$executable" doctor --json "${config[@]}"
code=$?
if [ -s "$output/doctor.txt" ] && grep -q '"checks":' "$output/doctor.txt"; then
  while IFS= read -r finding; do
    id=$(sed -E 's/.*"id":"([^"]*)".*/\1/' <<< "$finding")
    tell FAIL doctor "$id: $(sed -E 's/.*"seen":"(([^"\\]|\\.)*)".*/\1/' <<< "$finding" | cut -c 1-300)"
  done < <(sed 's/{"id":/\n&/g' "$output/doctor.txt" | grep '"status":"fail","seen"')
  if [ $code = 0 ]; then tell ok doctor "$(grep -o '"status":"warn","seen"' "$output/doctor.txt" | grep -c .) warnings, see doctor.txt"; fi
else
  tell FAIL doctor "$(reason $code doctor)"
fi

# look_at_devices NAME FILE: the devices that FILE, with the JSON of a fingerprint, offers and the health of each; GPUs that the kernel
# lists and FILE does not have are missing.
look_at_devices() {
  local name=$1 file=$2 count unhealthy sick folder address
  local missing=()
  count=$(grep -o '"id":"' "$file" 2>/dev/null | grep -c .)
  unhealthy=$(grep -o '"healthy":false' "$file" 2>/dev/null | grep -c .)
  for folder in "$(value_of proc_root | grep . || echo /proc)"/driver/nvidia/gpus/*/; do
    [ -d "$folder" ] && ! grep -qsE '^(GPU Excluded|Blacklisted):[[:space:]]*Yes' "$folder/information" || continue
    address=$(basename "$folder")
    grep -qi "\"pci_bus_id\":\"$address\"" "$file" || missing+=("$address")
  done
  if [ "$count" = 0 ]; then tell FAIL "$name" "the driver is loaded and there is no GPU"
  elif [ "$unhealthy" != 0 ]; then
    sick=$(grep -oE '"healthy":false,"health_description":"([^"\\]|\\.)*"(,"pci_bus_id":"[^"]*")?' "$file" \
      | sed -E 's/^"healthy":false,"health_description":"(.*)","pci_bus_id":"(.*)"$/\2: \1/; s/^"healthy":false,"health_description":"(.*)"$/\1/' \
      | sort -u | head -n 3 | paste -s -d ';' - | cut -c 1-400)
    tell FAIL "$name" "$unhealthy of $count are unhealthy: $sick"
  elif [ ${#missing[@]} = 0 ]; then tell ok "$name" "$count, all healthy"
  fi
  [ ${#missing[@]} = 0 ] || tell FAIL "$name" "the kernel lists GPUs that are missing: ${missing[*]}"
}

check fingerprint 40 "$executable" fingerprint --json "${config[@]}"
code=$?
devices=$(grep -o '"id":"' "$output/fingerprint.txt" 2>/dev/null | grep -c .)
[ $code != 0 ] || look_at_devices devices "$output/fingerprint.txt"
settings_of "$output/fingerprint.txt" > "$work/before"

check stats 30 "$executable" stats --json --count 3 "${config[@]}"
samples=$(grep -c '"instances":{"' "$output/stats.txt")
[ "$samples" = 3 ] && tell ok samples "3" || tell FAIL samples "$samples of 3 have a device"

if check capture 40 "$executable" capture "${config[@]}" --output "$output/capture.json"; then
  check replay 20 "$executable" fingerprint --json --scenario "$output/capture.json"
  [ "$(grep -o '"id":"' "$output/replay.txt" | grep -c .)" = "$devices" ] && tell ok replayed "$devices devices" \
    || tell FAIL replayed "$(grep -o '"id":"' "$output/replay.txt" | grep -c .) devices of $devices"
fi

run nvidia-smi 60 "$executable" doctor --json --compare-with-nvidia-smi "${config[@]}"
finding=$(sed 's/{"id":/\n&/g' "$output/nvidia-smi.txt" | grep '"id":"nvidia-smi"')
status=$(sed -E 's/.*"status":"([a-z]+)","seen".*/\1/' <<< "$finding")
seen=$(sed -E 's/.*"seen":"(([^"\\]|\\.)*)".*/\1/' <<< "$finding" | cut -c 1-300)
case "$status" in
  pass|warn) tell ok nvidia-smi "$seen" ;;
  fail) tell FAIL nvidia-smi "$seen" ;;
  *) tell FAIL nvidia-smi "there was no comparison: $(reason 1 nvidia-smi)" ;;
esac
# The differences alone: the checks are in doctor.txt.
grep -o '"nvidia_smi":{.*' "$output/nvidia-smi.txt" | sed 's/{"gpu":/\n&/g' > "$work/differences"
mv "$work/differences" "$output/nvidia-smi.txt"

library=$(value_of nvml_library)
library=${library:+$(dirname "$library")/libcuda.so.1}
run cuda 20 "$executable" cuda-probe ${library:+"$library"}
code=$?
if [ $code != 0 ]; then tell FAIL cuda "$(reason $code cuda)"
elif grep -q '"error"' "$output/cuda.txt"; then tell FAIL cuda "$(sed -E 's/.*"error":"(([^"\\]|\\.)*)".*/\1/' "$output/cuda.txt" | cut -c 1-300)"
else tell ok cuda "$(grep -o '"uuid"' "$output/cuda.txt" | grep -c .) devices"
fi

# A step of a training, seen from the task: a program that is on the machine anyway.
torch='import time, torch
a = torch.randn(4096, 4096, device="cuda")
for _ in range(200): b = a @ a
torch.cuda.synchronize()'
find_program() {
  [ -n "$program" ] && return
  if timeout 15 python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2> /dev/null; then
    printf '%s\n' "$torch" > "$work/step.py"
    program="python3 $work/step.py"
    return
  fi
  local name
  for name in bandwidthTest deviceQuery nvbandwidth; do
    program=$(PATH="$PATH:/usr/local/cuda/extras/demo_suite" command -v "$name") && return
  done
  program=
}
# The median of 3 runs in milliseconds; nothing when one failed.
time_program() {
  local began runs=() _
  for _ in 1 2 3; do
    [ "$(left)" -gt 12 ] || return 1
    began=$(date +%s%N)
    timeout -k 2 10 bash -c "$program" > "$output/program.txt" 2>&1 || return 1
    runs+=($((($(date +%s%N) - began) / 1000000)))
  done
  printf '%s\n' "${runs[@]}" | sort -n | sed -n 2p
}
find_program
off=
if [ -n "$program" ]; then off=$(time_program) || tell FAIL program "it failed or took more than 10 s: $(tail -n 1 "$output/program.txt" | cut -c 1-200)"; fi

# The plugin as Nomad runs it, with a sample a second.
limit=$(($(left) - 10))
[ "$seconds" -lt "$limit" ] || seconds=$((limit > 10 ? limit - 5 : 1))
timeout -k 5 "$((seconds + 30))" "$executable" host --json --samples "$seconds" "${config[@]}" > "$output/host.txt" 2> "$output/host.err" &
host=$!
children+=("$host")
on=
most=0
plugin=
ticks=0
time_while_served() { sleep 2; time_program > "$work/on" || echo failed > "$work/on"; }
if [ -n "$off" ]; then time_while_served & children+=($!); fi
while kill -0 "$host" 2> /dev/null && [ "$(left)" -gt -20 ]; do
  # The plugin is the child of the program that timeout started.
  if [ -z "$plugin" ]; then
    for parent in $(cat "/proc/$host/task/$host/children" 2> /dev/null); do
      plugin=$(cat /proc/"$parent"/task/*/children 2> /dev/null | tr -s ' \n' ' ' | cut -d ' ' -f 1)
    done
  fi
  if [ -n "$plugin" ] && [ -r "/proc/$plugin/status" ]; then
    memory=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$plugin/status" 2> /dev/null)
    [ "${memory:-0}" -gt "$most" ] && most=$memory
    now=$(sed 's/.*) //' "/proc/$plugin/stat" 2> /dev/null | awk '{print $12 + $13}')
    [ -n "$now" ] && ticks=$now
  fi
  sleep 0.5
done
if kill -0 "$host" 2> /dev/null; then code=124; else wait "$host"; code=$?; fi
[ -s "$output/host.err" ] || rm -f "$output/host.err"
samples=$(grep -c '"step":"Stats".*"ok":true' "$output/host.txt")
grep '"step":"Fingerprint".*"ok":true' "$output/host.txt" > "$work/offered"
grep '"step":"Stats".*"ok":true' "$output/host.txt" > "$work/samples"
offered=$(grep -o '"id":"' "$work/offered" | grep -c .)
# A device is unhealthy in a sample when it became so while the plugin ran.
sed 's/"Health":{"Cause":/\n&/g' "$work/samples" | grep -E '"State":\{"value":"(unhealthy|reported)"' \
  | sed -E 's/^"Health":\{"Cause":\{"value":"(([^"\\]|\\.)*)".*/\1/' | sort | uniq -c | sed -E 's/^ +//' | head -n 3 > "$work/sick"
least=$(awk -F '"summary":' 'NR == 1 || NF - 1 < least { least = NF - 1 } END { print least + 0 }' "$work/samples")
[ ! -s "$work/offered" ] || look_at_devices plugin-devices "$work/offered"
if [ $code != 0 ]; then
  tell FAIL plugin "$(grep '"ok":false' "$output/host.txt" | head -n 1 | sed -E 's/.*"step":"([^"]*)".*"error":"([^"]*)".*/\1: \2/' | grep . || reason $code host)"
elif grep -q '"step":"Stats".*no device' "$output/host.txt"; then tell FAIL plugin "it offered no device"
elif [ "$samples" != "$seconds" ]; then tell FAIL plugin "$samples samples of $seconds"
elif [ "$least" -lt "$offered" ]; then tell FAIL plugin "a sample has $least of $offered devices"
elif [ -s "$work/sick" ]; then tell FAIL plugin "devices were unhealthy in samples: $(paste -s -d ';' "$work/sick" | cut -c 1-300)"
else
  tell ok plugin "$samples samples, CPU $(awk -v t="$ticks" -v h="$(getconf CLK_TCK)" 'BEGIN { printf "%.1f", t / h }') s, at most $((most / 1024)) MiB of memory"
fi
if [ -n "$off" ]; then
  for _ in $(seq 60); do [ -s "$work/on" ] && break; [ "$(left)" -gt 2 ] || break; sleep 0.5; done
  on=$(cat "$work/on" 2> /dev/null)
  if [[ "$on" =~ ^[0-9]+$ ]]; then tell ok program "$off ms with the plugin off, $on ms with it on (median of 3)"
  else tell FAIL program "it failed while the plugin ran: $(tail -n 1 "$output/program.txt" | cut -c 1-200)"
  fi
elif [ -z "$program" ]; then tell skip program "no CUDA program was found; name one with --program"
fi

run fingerprint-after 30 "$executable" fingerprint --json "${config[@]}"
code=$?
if [ $code = 0 ]; then look_at_devices devices-after "$output/fingerprint-after.txt"
else tell FAIL devices-after "$(reason $code fingerprint-after)"
fi
if [ $code = 0 ] && settings_of "$output/fingerprint-after.txt" | cmp -s - "$work/before" && [ -s "$work/before" ]; then
  tell ok settings "the same as before"
else
  tell FAIL settings "they could not be read, or are not the same as before: compare fingerprint.txt with fingerprint-after.txt"
fi

# Stand-ins for what tells this machine from others, the same in all files.
number=0
: > "$work/scrub"
while IFS= read -r uuid; do
  number=$((number + 1))
  printf 's/%s/00000000-0000-0000-0000-%012d/g\n' "$uuid" "$number" >> "$work/scrub"
done < <(cat "$output"/*.txt "$output"/*.err 2> /dev/null | grep -ohE '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}' | sort -u)
{
  echo 's/serial number [0-9A-Za-z]+/serial number 0/g'
  host_name=$(uname -n)
  [ ${#host_name} -gt 3 ] && printf 's/%s/node/g\n' "$(sed 's/[].[^$*\/+?(){}|]/\\&/g' <<< "$host_name")"
  printf 's#%s#WORK#g\n' "$work"
} >> "$work/scrub"
for file in "$output"/*.txt "$output"/*.err; do [ -f "$file" ] && sed -E -i -f "$work/scrub" "$file"; done

{
  echo "# GPU report"
  echo
  echo "$failed failed, $((SECONDS - started)) s, $(date -u +%Y-%m-%dT%H:%MZ)"
  echo
  for section in checks version node probe probe-held cuda nvidia-smi; do
    [ -s "$output/$section.txt" ] || continue
    printf '## %s\n\n```text\n' "$section"
    cut -c 1-400 "$output/$section.txt"
    printf '```\n\n'
  done
} > "$output/summary.md"
echo
echo "$failed failed. The report is in $output; attach the folder to an issue, summary.md first."
[ "$failed" = 0 ]
