# What the scripts share: saying what happens, apt, Python and the virtual environment. Sourced, never run.
# Every step looks for its result first, so a second start does nothing and an interrupted one is resumed.
# shellcheck shell=bash
set -euo pipefail
root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
home=${TOUCHLINE_HOME:-.touchline}
case $home in /*) ;; *) home=$root/$home ;; esac
venv=$root/.venv
setup_log=$home/setup.log
# Where compiled modules are not to be kept, each of the many processes of a service compiles everything anew: half of its start.
unset PYTHONDONTWRITEBYTECODE

step() { printf '→ %s\n' "$*" >&2; }
die() { printf '✗ %s\n' "$*" >&2; exit 1; }

# One set-up at a time in a clone; a second one waits and then finds everything done.
setup_begin() {
  mkdir -p "$home" || die "cannot create $home: choose another folder with TOUCHLINE_HOME"
  exec 9>"$home/setup.lock" || die "cannot write in $home: run as its owner, or choose another folder with TOUCHLINE_HOME"
  if command -v flock >/dev/null && ! flock -n 9; then
    step "waiting for another set-up of this clone"
    flock 9
  fi
}
setup_end() { exec 9>&-; }

# slow "what" command…: runs it with its output in the log, a sign of life every 15 s, and the log's end on failure.
# INT and TERM reach the command, so that an interrupted set-up leaves nothing running.
slow() {
  local what=$1 begun=$SECONDS next=15 pid rc=0
  shift
  step "$what"
  printf '\n== %s\n' "$what" >>"$setup_log"
  set -m # a process group of its own, so that an interruption reaches all of it
  { umask 022 && "$@"; } >>"$setup_log" 2>&1 </dev/null 9>&- &
  pid=$!
  set +m
  trap 'kill -TERM -- "-$pid" 2>/dev/null; wait "$pid" || true; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - begun >= next)); then
      printf '  … %d s\n' "$((SECONDS - begun))" >&2
      next=$((next + 15))
    fi
  done
  wait "$pid" || rc=$?
  trap - INT TERM
  ((rc == 0)) && return
  tail -n 25 "$setup_log" >&2
  die "failed (exit $rc): $what. The whole output is in $setup_log; put it right and start again, what is done is kept."
}

is_debian() { [[ -r /etc/os-release ]] && [[ $(. /etc/os-release && echo "${ID:-}") == debian ]] && command -v apt-get >/dev/null; }
can_be_root() { ((EUID == 0)) || sudo -n true 2>/dev/null; }
as_root() { if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi; }
apt_as_root() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@"; }

# Prints those of the named packages that are not installed (NAME=VERSION asks for NAME).
missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "${package%%=*}" 2>/dev/null) == installed ]] || printf '%s ' "$package"
  done
}

_apt_install() {
  apt_as_root update || echo "the package lists could not be renewed; trying with those that are here"
  apt_as_root install -y --no-install-recommends "$@"
}

# apt_packages PURPOSE PACKAGE…: the packages are installed afterwards, or the script ends saying what to install.
apt_packages() {
  local purpose=$1 missing
  shift
  is_debian || die "$purpose needs what Debian calls: $*. This is not Debian: install them with your package manager, then start again."
  read -ra missing <<<"$(missing_packages "$@")"
  ((${#missing[@]})) || return 0
  can_be_root || die "$purpose needs packages, and neither root nor sudo without a password is at hand. Install them once as root: apt-get install ${missing[*]}"
  slow "installing packages for $purpose: ${missing[*]}" _apt_install "${missing[@]}"
}

# A Python that can make the environment and build what comes as source.
_python_fits() {
  "$1" -c 'import sys, os, sysconfig, venv, ensurepip
sys.exit(sys.version_info < (3, 11) or not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))' >/dev/null 2>&1
}
find_python() {
  local candidate
  for candidate in python3.11 python3 python3.13 python3.12 /usr/bin/python3; do
    if _python_fits "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

# ensure_venv LOCK: .venv holds exactly what LOCK names, by hash, and the command `touchline`.
ensure_venv() {
  local lock=$1 python want
  local stamp=$venv/.installed-$lock
  want="$(sha256sum <"$lock") $root"
  [[ -x $venv/bin/python && -x $venv/bin/touchline && -f $stamp && $(<"$stamp") == "$want" ]] && return
  python=$(find_python) || {
    is_debian || die "no Python 3.11 or newer with venv and its headers was found: install one (python3, python3-venv, python3-dev), then start again."
    apt_packages "Python" python3 python3-venv python3-dev
    python=$(find_python) || die "Debian's python3 is older than 3.11: Touchline needs Debian 12 or newer, or a python3.11 on PATH."
  }
  if ! command -v cc >/dev/null || ! command -v pg_config >/dev/null; then
    apt_packages "building psycopg2" gcc libc6-dev libpq-dev
  fi
  rm -f "$stamp"
  if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    slow "creating .venv with $("$python" --version)" "$python" -m venv --clear "$venv"
  fi
  slow "installing $(grep -c '^[a-zA-Z0-9].*==' "$lock") Python packages from $lock (about a minute)" \
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes -r "$lock"
  # A wrapper, and not an installed package: it finds the clone from its own place, so a moved clone still works.
  cat >"$venv/bin/touchline" <<'WRAPPER'
#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")
PYTHONPATH="$(dirname -- "$(dirname -- "$here")")${PYTHONPATH:+:$PYTHONPATH}" exec "$here/python" -P -m app "$@"
WRAPPER
  chmod +x "$venv/bin/touchline"
  printf '%s\n' "$want" >"$stamp"
}
