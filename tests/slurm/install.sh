#!/usr/bin/env bash
# Debian's Slurm, with what its accounting needs. Without it, or without root, the tests here are skipped and say so.
set -euo pipefail
PACKAGES="slurmctld slurmd slurm-client slurmdbd munge mariadb-server-core mariadb-client-core"
for program in slurmctld slurmd sbatch slurmdbd munged mariadbd mariadb mariadb-install-db; do
  command -v "$program" >/dev/null || missing=1
done
[ -n "${missing:-}" ] || exit 0
# shellcheck disable=SC2086
(apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $PACKAGES) >/dev/null 2>&1 ||
  echo "Slurm cannot be installed here (apt-get, as root): its tests are skipped"
