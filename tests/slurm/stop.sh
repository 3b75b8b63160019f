#!/usr/bin/env bash
# Stop what start.sh started, by recorded pid.  usage: stop.sh FOLDER [--wipe]
set -euo pipefail
FOLDER=$(cd "${1:?usage: stop.sh FOLDER [--wipe]}" 2>/dev/null && pwd) || exit 0
[ -f "$FOLDER/slurm.conf" ] || exit 0
export SLURM_CONF=$FOLDER/slurm.conf
is() { tr '\0' ' ' 2>/dev/null <"/proc/$2/cmdline" | grep -q "^${1%%.*} "; } # name pid; false for a zombie or another program
stop() { # name
  local record=$FOLDER/pid/$1 pid tries=75
  [ -s "$record" ] || return 0
  pid=$(cat "$record")
  rm -f "$record"
  is "$1" "$pid" || return 0
  kill "$pid"
  while is "$1" "$pid" && ((tries-- > 0)); do sleep 0.2; done
  if is "$1" "$pid"; then
    kill -9 "$pid"
    echo "slurm: $1 (pid $pid) had to be killed"
  fi
}
if timeout 5 scontrol ping >/dev/null 2>&1; then # no job may outlive its slurmd
  squeue -h -o %A | sort -u | xargs -r timeout 20 scancel || true
  for _ in $(seq 50); do
    [ -n "$(squeue -h 2>/dev/null)" ] || break
    sleep 0.2
  done
fi
for environment in $(grep -lzaF "PATH=$FOLDER/bin:" /proc/[0-9]*/environ 2>/dev/null); do # nor any of its processes
  if grep -qzaE '^SLURM_JOB_ID=' "$environment" 2>/dev/null; then
    pid=${environment#/proc/}
    kill -9 "${pid%/environ}" 2>/dev/null || true
  fi
done
stop slurmctld
for record in "$FOLDER"/pid/slurmd.*; do if [ -e "$record" ]; then stop "$(basename "$record")"; fi; done
for name in slurmdbd mariadbd munged; do stop "$name"; done
if [ "${2:-}" = --wipe ]; then rm -rf "$FOLDER"; fi
