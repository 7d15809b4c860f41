# shellcheck shell=bash
#
# Gets a Postgres for ./run and ./test. To be sourced:
#
#   start_postgres DIR [--throw-away]   exports ConnectionStrings__Postgres; says what it did in $POSTGRES_IS, or says what to do and returns 1
#   stop_postgres                       ends what start_postgres started, and nothing else; safe to call at any moment, also twice
#   free_port                           prints a port of 127.0.0.1 that nobody listens on
#
# It takes, in this order: the server that ConnectionStrings__Postgres names; PostgreSQL's programs on this machine, for a private
# server with its data under DIR; a container; Debian's package, where it may be installed. --throw-away is for tests: no fsync,
# and the data goes when the server stops. The database is empty at every start, because the simulated Vipps begins empty too: it would
# not know the payments of yesterday.

# shellcheck disable=SC2034 # For who sources this.
POSTGRES_IS=''          # one line for a person
_pg_kind=''             # cluster or container, once there is something to stop
_pg_folder=''           # DIR, or its stand-in
_pg_remove=''           # set when the folder goes at the end
_pg_sockets=''          # a socket's path may have at most 107 characters, so it is not under DIR
_pg_bin=''
_pg_user=''             # who runs the server when we are root, which PostgreSQL refuses to be
_pg_child=''
_pg_container=''

declare -F note >/dev/null || note() { printf '  %s\n' "$*"; }
declare -F complain >/dev/null || complain() { printf '  %s\n' "$@" >&2; }

start_postgres() {
  local folder=$1 throw_away=${2:-}
  if [[ -n ${ConnectionStrings__Postgres:-} ]]; then
    POSTGRES_IS='Postgres, as ConnectionStrings__Postgres says'
    return 0
  fi
  if _pg_find_programs; then
    _pg_start_cluster "$folder" "$throw_away"
  elif _pg_docker_answers; then
    _pg_start_container
  elif _pg_may_install; then
    _pg_install && _pg_start_cluster "$folder" "$throw_away"
  else
    complain 'There is no Postgres here, and no right to install one. Do one of these, then start again:' \
      '  - install it:            sudo apt-get install postgresql   (any system: https://www.postgresql.org/download)' \
      '  - start Docker:          a container is then used by itself' \
      "  - name a server you have: export ConnectionStrings__Postgres='Host=…;Database=…;Username=…;Password=…'"
    return 1
  fi
}

stop_postgres() {
  local kind=$_pg_kind
  _pg_kind=''
  case $kind in
    cluster)
      _pg_end_server
      rm -rf -- "$_pg_sockets"
      rm -f -- "$_pg_folder/owner"
      [[ -z $_pg_remove ]] || rm -rf -- "$_pg_folder"
      ;;
    container)
      docker rm -f "$_pg_container" >/dev/null 2>&1
      ;;
  esac
  return 0
}

# Fast at first (INT), then without ceremony (QUIT).
_pg_end_server() {
  local signal server
  [[ -n $_pg_child ]] || return 0
  # Not always our child: runuser and su stay in between.
  server=$(_pg_pid)
  for signal in INT QUIT KILL; do
    kill -s "$signal" "${server:-$_pg_child}" 2>/dev/null || break
    for _ in {1..100}; do
      kill -0 "${server:-$_pg_child}" 2>/dev/null || break 2
      sleep 0.1
    done
  done
  wait "$_pg_child" 2>/dev/null
  _pg_child=''
}

free_port() {
  local port
  # Below the range from which the kernel gives ports to outgoing connections.
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 12000))
    port_is_free "$port" && echo "$port" && return 0
  done
  return 1
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

_pg_find_programs() {
  local folder
  for folder in "$(dirname "$(command -v initdb 2>/dev/null || echo /nowhere/initdb)")" \
    "$(pg_config --bindir 2>/dev/null)" \
    $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -rV); do
    # initdb on the PATH is often a link; its neighbours are where it really stands.
    [[ -x $folder/initdb ]] && folder=$(dirname "$(readlink -f "$folder/initdb")")
    if [[ -x $folder/initdb && -x $folder/pg_ctl && -x $folder/postgres ]]; then
      _pg_bin=$folder
      return 0
    fi
  done
  return 1
}

_pg_start_cluster() {
  local port tries
  _pg_choose_folder "$1" "$2" || return 1
  _pg_kind=cluster
  _pg_sockets=$(mktemp -d /tmp/pspgw.XXXXXX) || return 1
  _pg_give_to_owner "$_pg_sockets"
  if [[ ! -s $_pg_folder/data/PG_VERSION ]]; then
    rm -rf -- "$_pg_folder/data"
    if ! _pg_as_owner "$_pg_bin/initdb" -D "$_pg_folder/data" -U postgres --auth=trust -E UTF8 --locale=C \
      >"$_pg_folder/initdb.log" 2>&1; then
      complain 'PostgreSQL could not make a private cluster:' "$(tail -n 8 "$_pg_folder/initdb.log")"
      return 1
    fi
  fi
  _pg_empty_database || return 1

  local options=(-c listen_addresses=127.0.0.1 -c "unix_socket_directories=$_pg_sockets" -c max_connections=300)
  [[ $2 != --throw-away ]] || options+=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
  for tries in 1 2 3; do
    port=$(free_port) || return 1
    # A child of ours, so that its end is seen, but in a process group of its own: Ctrl-C must not reach it before the gateway has ended.
    set -m
    _pg_as_owner "$_pg_bin/postgres" -D "$_pg_folder/data" -c "port=$port" "${options[@]}" </dev/null >"$_pg_folder/server.log" 2>&1 &
    _pg_child=$!
    set +m
    if _pg_is_ready; then
      export ConnectionStrings__Postgres="Host=127.0.0.1;Port=$port;Database=pspgateway;Username=postgres"
      POSTGRES_IS="Postgres $(<"$_pg_folder/data/PG_VERSION"), a private server on port $port"
      return 0
    fi
    # Somebody may have taken the port between the look and the start; nothing else is worth another try.
    grep -q 'could not bind' "$_pg_folder/server.log" || break
  done
  complain "PostgreSQL did not start (try $tries):" "$(tail -n 8 "$_pg_folder/server.log")"
  return 1
}

# The server writes its state into the last line of its pid file; pg_ctl looks there too.
_pg_is_ready() {
  for _ in {1..300}; do
    [[ $(sed -n 8p "$_pg_folder/data/postmaster.pid" 2>/dev/null) != ready* ]] || return 0
    kill -0 "$_pg_child" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# The single-user mode needs neither psql nor a server that already listens.
_pg_empty_database() {
  printf '%s\n' 'drop database if exists pspgateway;' 'create database pspgateway;' |
    _pg_as_owner "$_pg_bin/postgres" --single -F -D "$_pg_folder/data" postgres >"$_pg_folder/single.log" 2>&1 &&
    ! grep -q 'ERROR' "$_pg_folder/single.log" && return 0
  complain 'PostgreSQL could not make the database:' "$(tail -n 8 "$_pg_folder/single.log")"
  return 1
}

# DIR itself; a stand-in when another ./run uses it, or when the server's user cannot get there (a repository under /root).
_pg_choose_folder() {
  local sockets
  _pg_folder=$1
  _pg_remove=${2:+yes}
  if ((EUID == 0)); then
    _pg_user=$(id -u postgres >/dev/null 2>&1 && echo postgres || echo nobody)
  fi

  if ! _pg_can_use "$_pg_folder"; then
    [[ -z $_pg_remove ]] || rmdir "$_pg_folder" 2>/dev/null
    _pg_folder=$(mktemp -d /var/tmp/pspgateway-postgres.XXXXXX) || return 1
    _pg_remove=yes
    _pg_can_use "$_pg_folder" && _pg_claim
    return
  fi
  if ! _pg_claim; then
    note "Another ./run uses $1: this one takes a Postgres of its own."
    _pg_folder=$1-$$
    _pg_remove=yes
    _pg_can_use "$_pg_folder" && _pg_claim || return 1
  fi

  if [[ -n $(_pg_pid) ]]; then
    # Left behind by a ./run that was killed; line 5 of the pid file is its socket folder.
    sockets=$(sed -n 5p "$_pg_folder/data/postmaster.pid")
    _pg_as_owner "$_pg_bin/pg_ctl" stop -D "$_pg_folder/data" -m fast -w -t 20 >/dev/null 2>&1
    [[ $sockets != /tmp/pspgw.* ]] || rm -rf -- "$sockets"
  fi
  # Data of another version is of no use, and no loss: nothing in it lasts.
  if [[ -s $_pg_folder/data/PG_VERSION && $("$_pg_bin/postgres" --version) != *" $(<"$_pg_folder/data/PG_VERSION")"[.\ ]* ]]; then
    rm -rf -- "$_pg_folder/data"
  fi
}

_pg_can_use() {
  mkdir -p "$1" 2>/dev/null && _pg_give_to_owner "$1" && _pg_as_owner test -w "$1" -a -x "$1" 2>/dev/null
}

# One ./run at a time: the file is made in one step, or not at all. The claim of one that is dead is worth nothing.
_pg_claim() {
  local file=$_pg_folder/owner owner
  for _ in 1 2; do
    (set -o noclobber; echo $$ >"$file") 2>/dev/null && return 0
    owner=$(cat "$file" 2>/dev/null)
    [[ -z $owner ]] || ! kill -0 "$owner" 2>/dev/null || return 1
    rm -f -- "$file"
  done
  return 1
}

_pg_give_to_owner() { ((EUID != 0)) || chown -R "$_pg_user" "$1"; }

# The process id of the cluster's server, if it runs.
_pg_pid() {
  local pid
  pid=$(head -n 1 "$_pg_folder/data/postmaster.pid" 2>/dev/null)
  [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null && echo "$pid"
}

_pg_as_owner() (
  # The server's user may not be allowed where we stand.
  cd / || exit 1
  export LC_ALL=C
  if ((EUID != 0)); then
    exec "$@"
  elif command -v setpriv >/dev/null; then
    exec setpriv --reuid "$_pg_user" --regid "$(id -g "$_pg_user")" --init-groups "$@"
  elif command -v runuser >/dev/null; then
    exec runuser -u "$_pg_user" -- "$@"
  else
    # shellcheck disable=SC2016 # For the inner shell.
    exec su -s /bin/sh "$_pg_user" -c '"$0" "$@"' -- "$@"
  fi
)

_pg_docker_answers() { command -v docker >/dev/null && timeout 2 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

_pg_start_container() {
  local port name=pspgateway-$$
  port=$(free_port) || return 1
  note 'Postgres: starting a container; the first time it is downloaded.'
  _pg_kind=container
  _pg_container=$name
  if ! docker run --rm -d --name "$name" -p "127.0.0.1:$port:5432" -e POSTGRES_HOST_AUTH_METHOD=trust -e POSTGRES_DB=pspgateway \
    postgres:17 -c max_connections=300 >/dev/null; then
    complain 'Docker could not start postgres:17; what it said stands above.'
    return 1
  fi
  for _ in {1..120}; do
    # By TCP: the image's first start serves its own socket before it is ready.
    if docker exec "$name" pg_isready -q -h 127.0.0.1 >/dev/null 2>&1; then
      export ConnectionStrings__Postgres="Host=127.0.0.1;Port=$port;Database=pspgateway;Username=postgres"
      POSTGRES_IS="Postgres 17, a container on port $port"
      return 0
    fi
    sleep 0.5
  done
  complain 'The container with Postgres was not ready in 60 s:' "$(docker logs --tail 8 "$name" 2>&1)"
  return 1
}

_pg_may_install() { command -v apt-get >/dev/null && { ((EUID == 0)) || sudo -n true 2>/dev/null; }; }

_pg_install() {
  local log as_root=()
  ((EUID == 0)) || as_root=(sudo -n)
  log=$(mktemp)
  note 'Postgres: installing the package postgresql with apt-get, which takes a minute …'
  # Our cluster is a private one: the package shall not start its own.
  if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
    "${as_root[@]}" mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  if { "${as_root[@]}" apt-get update -q &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
      -o Dpkg::Options::=--force-confold postgresql; } </dev/null >"$log" 2>&1 && _pg_find_programs; then
    rm -f -- "$log"
    return 0
  fi
  complain 'apt-get could not install postgresql:' "$(tail -n 8 "$log")"
  rm -f -- "$log"
  return 1
}
