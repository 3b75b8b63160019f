#!/usr/bin/env bash
# Start a real Slurm (slurmctld, several slurmd, slurmdbd with MariaDB, munge) on loopback, without systemd or cgroups.
# usage: start.sh FOLDER      as root; then: source FOLDER/env      stop it with stop.sh FOLDER
# environment:  NODES=3 CPUS=4 MEMORY=4000 (MiB a node)  PORT=17000 (takes PORT to PORT+NODES+1, and for srun PORT+100 to PORT+300)
#               OWNER=pid (the cluster is stopped and its folder removed when that process is gone)
set -euo pipefail
trap 'echo "slurm: line $LINENO failed: $BASH_COMMAND" >&2' ERR
FOLDER=$(mkdir -p "${1:?usage: start.sh FOLDER}" && cd "$1" && pwd)
HERE=$(cd "$(dirname "$0")" && pwd)
NODES=${NODES:-3} CPUS=${CPUS:-4} MEMORY=${MEMORY:-4000} PORT=${PORT:-17000}
HOST=$(hostname -s) USER_NAME=$(id -un)
say() { echo "slurm: $*"; }
fail() {
  echo "slurm: $*" >&2
  exit 1
}
alive() { [ -s "$FOLDER/pid/$1" ] && tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$FOLDER/pid/$1")/cmdline" | grep -q "^${1%%.*} "; }
start() { # name command...
  local name=$1
  shift
  if alive "$name"; then return; fi
  setsid "$@" >>"$FOLDER/log/$name.out" 2>&1 </dev/null &
  echo $! >"$FOLDER/pid/$name"
}
wait_for() { # seconds what command...
  local tries=$(($1 * 5)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((tries-- > 0)) || fail "no $what; see the logs in $FOLDER/log"
    sleep 0.2
  done
}
[ "$(id -u)" = 0 ] || fail "must run as root: slurmd starts jobs as their users"
for program in munged slurmctld slurmd sbatch slurmdbd mariadbd mariadb mariadb-install-db; do
  command -v "$program" >/dev/null || fail "$program is missing: run $HERE/install.sh"
done

mkdir -p "$FOLDER"/{pid,log,run,ctld,spool,bin}
chmod 755 "$FOLDER" "$FOLDER/run" "$FOLDER/log" "$FOLDER/pid"
mkdir -p "$FOLDER/munge" && chmod 700 "$FOLDER/munge"
[ -s "$FOLDER/munge/key" ] || (umask 077 && head -c 128 /dev/urandom >"$FOLDER/munge/key")

# A GPU on each node, for jobs that ask for one: any device file will do. Short times, so that what goes wrong is seen soon.
echo "NodeName=n[1-$NODES] Name=gpu File=/dev/null" >"$FOLDER/gres.conf"
cat >"$FOLDER/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$HOST(127.0.0.1)
SlurmUser=$USER_NAME
SlurmctldPort=$PORT
SrunPortRange=$((PORT + 100))-$((PORT + 300))
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=$FOLDER/run/munge.sock
CredType=cred/munge
StateSaveLocation=$FOLDER/ctld
SlurmctldPidFile=$FOLDER/run/slurmctld.pid
SlurmctldLogFile=$FOLDER/log/slurmctld.log
SlurmdSpoolDir=$FOLDER/spool/%n
SlurmdPidFile=$FOLDER/run/slurmd.%n.pid
SlurmdLogFile=$FOLDER/log/slurmd.%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
GresTypes=gpu
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2,bf_continue
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,UsePss
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((PORT + 1))
AccountingStoragePass=$FOLDER/run/munge.sock
MinJobAge=3600
MaxArraySize=1001
KillWait=3
SlurmdTimeout=15
ReturnToService=2
NodeName=n[1-$NODES] NodeHostname=$HOST NodeAddr=127.0.0.1 Port=[$((PORT + 2))-$((PORT + 1 + NODES))] CPUs=$CPUS RealMemory=$MEMORY Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes=n[1-$NODES] Default=YES MaxTime=1-00:00:00 DefMemPerCPU=100 State=UP
CONF
(umask 077 && cat >"$FOLDER/slurmdbd.conf" <<CONF
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$((PORT + 1))
SlurmUser=$USER_NAME
AuthType=auth/munge
AuthInfo=socket=$FOLDER/run/munge.sock
CommunicationParameters=NoInAddrAny
PidFile=$FOLDER/run/slurmdbd.pid
LogFile=$FOLDER/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=slurm_acct
CONF
)
# Snakemake's job steps do without SLURM_CONF, which clusters have no need of; so the commands get it from wrappers on the PATH.
for command in sacct sacctmgr salloc sbatch scancel scontrol sinfo sprio squeue srun sshare sstat; do
  printf '#!/bin/sh\nSLURM_CONF=%s exec %s "$@"\n' "$FOLDER/slurm.conf" "$(PATH=/usr/bin:/bin command -v $command)" >"$FOLDER/bin/$command"
  chmod 755 "$FOLDER/bin/$command"
done
cat >"$FOLDER/env" <<CONF
export SLURM_CONF=$FOLDER/slurm.conf
case ":\$PATH:" in *":$FOLDER/bin:"*) ;; *) export PATH="$FOLDER/bin:\$PATH" ;; esac
CONF
export SLURM_CONF=$FOLDER/slurm.conf MYSQL_UNIX_PORT=$FOLDER/run/mysql.sock

if [ -n "${OWNER:-}" ]; then
  setsid bash -c 'tail --pid="$1" -f /dev/null; bash "$2/stop.sh" "$3" --wipe' owner "$OWNER" "$HERE" "$FOLDER" >/dev/null 2>&1 </dev/null &
fi

start munged munged --foreground --force --socket="$FOLDER/run/munge.sock" --key-file="$FOLDER/munge/key" \
  --log-file="$FOLDER/munge/log" --pid-file="$FOLDER/munge/pid" --seed-file="$FOLDER/munge/seed"
wait_for 120 munge munge -n -S "$FOLDER/run/munge.sock"
if [ ! -d "$FOLDER/db/mysql" ]; then
  mariadb-install-db --no-defaults --user="$USER_NAME" --datadir="$FOLDER/db" --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve >"$FOLDER/log/mariadb-install.out" 2>&1
fi
start mariadbd mariadbd --no-defaults --user="$USER_NAME" --datadir="$FOLDER/db" --socket="$FOLDER/run/mysql.sock" --skip-networking \
  --pid-file="$FOLDER/run/mariadb.pid" --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 --innodb-flush-log-at-trx-commit=0
wait_for 120 MariaDB mariadb --no-defaults -uroot -S "$FOLDER/run/mysql.sock" -e 'select 1'
start slurmdbd slurmdbd -D
wait_for 120 slurmdbd timeout 5 sacctmgr -n list cluster
if [ -z "$(sacctmgr -nP list account test)" ]; then
  sacctmgr -iQ add cluster test >/dev/null
  sacctmgr -iQ add account test cluster=test >/dev/null
  sacctmgr -iQ add user "$USER_NAME" account=test cluster=test >/dev/null
fi
start slurmctld slurmctld -D
wait_for 120 slurmctld timeout 5 scontrol ping
for index in $(seq "$NODES"); do start "slurmd.n$index" slurmd -D -N "n$index"; done
all_idle() { [ "$(sinfo -hN -t idle,mixed,alloc -o %N | sort -u | wc -l)" = "$NODES" ] && ! sinfo -h -o %T | grep -qE 'unknown|\*|down'; }
wait_for 120 nodes all_idle
wait_for 120 "first job" timeout 10 srun --mem=50 -t 1 true
first_row() { [ -n "$(sacct -nX)" ]; }
wait_for 120 "first job in sacct" first_row
say "$NODES nodes are up; run: source $FOLDER/env"
