# PostgreSQL with TimescaleDB and pgvector: found, or installed. Sourced by scripts that have sourced lib.sh.
# A server that already has TimescaleDB is taken as it is; nothing that is installed is ever replaced.
# shellcheck shell=bash

# Every PostgreSQL server's folder of programs on this machine, newest first.
server_folders() {
  local folder
  {
    command -v pg_config >/dev/null && pg_config --bindir
    for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin; do printf '%s\n' "$folder"; done
  } | sort -ruV | while read -r folder; do
    [[ -x $folder/postgres && -x $folder/initdb && -x $folder/pg_config ]] && printf '%s\n' "$folder"
  done || true
}

# has_extension BIN NAME: the control file (installed last) and the library of the version it names are there.
has_extension() {
  local control library version
  control=$("$1/pg_config" --sharedir)/extension/$2.control
  [[ -f $control ]] || return 1
  version=$(sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" "$control")
  library=$("$1/pg_config" --pkglibdir)
  [[ -f $library/$2-$version.so || -f $library/$2.so ]]
}

# Prints the programs' folder of the first server with TimescaleDB.
server_with_timescaledb() {
  local folder
  for folder in $(server_folders); do
    has_extension "$folder" timescaledb && printf '%s\n' "$folder" && return
  done
  return 1
}

_choices="Set DATABASE_URL to a PostgreSQL 14 or newer with TimescaleDB, or start the one in compose.yaml (docker compose up -d database), or install PostgreSQL with TimescaleDB and pgvector here"

# The distribution's PostgreSQL, without the cluster on port 5432 that Debian would create and start with it.
_install_postgresql() {
  local switch=/etc/postgresql-common/createcluster.d/touchline.conf rc=0
  as_root mkdir -p "${switch%/*}"
  echo "create_main_cluster = false" | as_root tee "$switch" >/dev/null
  _apt_install "$@" || rc=$?
  as_root rm -f "$switch"
  return "$rc"
}

# private_apt ARGUMENT…: apt-get on lists and settings of our own; the machine's sources stay as they are.
private_apt() {
  apt-get -q -o Dir::State="$build/apt/state" -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$build/apt/cache" \
    -o Dir::Etc::sourcelist="$build/apt/sources.list" -o Dir::Etc::sourceparts="$build/apt/none" \
    -o APT::Sandbox::User="$(id -un)" "$@"
}

# The signed sources of Debian 13 for PACKAGE…, from the archive this machine uses already.
_fetch_sources() {
  local line lines
  mkdir -p "$build/apt/state/lists/partial" "$build/apt/cache/archives/partial" "$build/apt/none"
  lines=$(/usr/bin/python3 "$root/app/db/apt_sources.py" bookworm trixie) || {
    echo "no enabled entry of /etc/apt/sources.list or sources.list.d serves 'bookworm main'"
    return 1
  }
  while read -r line; do
    printf '%s\n' "$line" >"$build/apt/sources.list"
    private_apt update </dev/null || continue
    (cd "$build" && private_apt source --download-only "$@" </dev/null) && return
  done <<<"$lines"
  echo "none of this machine's archives has the sources of Debian 13: $*"
  return 1
}

# unpack PACKAGE: a fresh $build/PACKAGE with Debian's patches. apt has checked the files against the signed lists.
_unpack() {
  rm -rf "${build:?}/$1" "${build:?}/$1-stage"
  dpkg-source --no-check -x "$build/$1"_*.dsc "$build/$1"
}

_build_timescaledb() { # Debian's own options (debian/rules): the Apache edition, no telemetry; the tests are not built
  _unpack timescaledb
  cmake -S "$build/timescaledb" -B "$build/timescaledb/out" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPG_CONFIG="$1/pg_config" \
    -DAPACHE_ONLY=1 -DUSE_TELEMETRY=OFF -DSEND_TELEMETRY_DEFAULT=OFF -DREGRESS_CHECKS=OFF -DTAP_CHECKS=OFF
  cmake --build "$build/timescaledb/out" --parallel "$(nproc)"
  DESTDIR=$build/timescaledb-stage cmake --install "$build/timescaledb/out"
}

_build_vector() {
  _unpack pgvector
  make -C "$build/pgvector" -j "$(nproc)" PG_CONFIG="$1/pg_config" OPTFLAGS= # no -march=native: the result is for any such CPU
  make -C "$build/pgvector" PG_CONFIG="$1/pg_config" DESTDIR="$build/pgvector-stage" install
}

# _install_stage STAGE: the control file last and at once, as it is what says that an extension is there.
_install_stage() {
  local control
  control=$(cd "$1" && find . -name '*.control' | cut -c 2-)
  (cd "$1" && tar -cf - --owner=0 --group=0 --exclude="${control##*/}" .) | as_root tar -C / -xf - -p --no-overwrite-dir
  as_root install -m 644 "$1$control" "$control.new"
  as_root mv -f "$control.new" "$control"
}

# build_extension BIN NAME PACKAGE "what": afterwards the server in BIN has NAME.
build_extension() {
  local bin=$1 name=$2 package=$3 what=$4
  has_extension "$bin" "$name" && return
  build=$home/build
  mkdir -p "$build"
  if ! compgen -G "$build/${package}_*.dsc" >/dev/null || [[ ! -f $build/$package.fetched ]]; then
    slow "fetching the source of $package that Debian 13 ships" _fetch_sources "$package"
    : >"$build/$package.fetched"
  fi
  local version
  version=$(sed -n 's/^Version: \([0-9.]*\).*/\1/p' "$build/$package"_*.dsc | head -n 1)
  slow "building $what $version for $("$bin/pg_config" --version | cut -d ' ' -f 1,2) (about 20 s on two cores)" "_build_$name" "$bin"
  slow "installing $what into $("$bin/pg_config" --pkglibdir)" _install_stage "$build/$package-stage"
  has_extension "$bin" "$name" || die "$what was built, but $bin/pg_config does not lead to it: see $setup_log"
  rm -rf "${build:?}/$package" "${build:?}/$package-stage"
}

# Afterwards there is a database to use: DATABASE_URL, or a server with both extensions on this machine.
ensure_database() {
  local bin major release
  [[ -n ${DATABASE_URL:-} ]] && return
  if bin=$(server_with_timescaledb); then
    has_extension "$bin" vector && return
    is_debian && can_be_root || { step "the PostgreSQL in $bin has TimescaleDB but no pgvector: going on without"; return; }
  fi
  is_debian || die "no PostgreSQL with TimescaleDB was found, and this is not Debian. $_choices, then start again."
  can_be_root || die "no PostgreSQL with TimescaleDB was found, and installing it needs root or sudo without a password. $_choices, or run this once as root, which installs all three."
  release=$(. /etc/os-release && echo "${VERSION_ID:-99}") # testing has no number
  ((${release%%.*} >= 12)) || die "Debian $release is too old: Touchline installs its database on Debian 12 and newer. $_choices."
  if [[ -n $bin ]]; then
    major=$("$bin/pg_config" --version | grep -o '[0-9]*' | head -n 1)
  else
    case ${release%%.*} in
      12) major=15 ;;
      13) major=17 ;;
      *)
        [[ -n $(apt-cache depends postgresql 2>/dev/null) ]] || slow "reading the package lists" apt_as_root update
        major=$(apt-cache depends postgresql | sed -n 's/^ *Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1)
        [[ -n $major ]] || die "apt knows no package postgresql: check that this machine's sources hold Debian's main."
        ;;
    esac
    bin=/usr/lib/postgresql/$major/bin
    if [[ ! -x $bin/postgres ]]; then
      slow "installing PostgreSQL $major" _install_postgresql "postgresql-$major"
    fi
  fi
  if ((${release%%.*} >= 13)); then
    has_extension "$bin" timescaledb || apt_packages "TimescaleDB" "postgresql-$major-timescaledb"
    has_extension "$bin" vector || apt_packages "pgvector" "postgresql-$major-pgvector"
    return
  fi
  # Debian 12 has neither: Debian 13's sources, built against this server. The headers must not pull the server
  # itself to a newer minor release, which would restart clusters of others.
  local installed
  installed=$(dpkg-query -W -f '${Version}' "postgresql-$major" 2>/dev/null || true)
  if ! apt-cache show "postgresql-server-dev-$major=$installed" >/dev/null 2>&1; then installed=; fi
  apt_packages "building TimescaleDB" build-essential cmake dpkg-dev python3 libssl-dev libkrb5-dev "postgresql-server-dev-$major${installed:+=$installed}"
  build_extension "$bin" timescaledb timescaledb TimescaleDB
  build_extension "$bin" vector pgvector pgvector
}
