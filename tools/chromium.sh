# shellcheck shell=bash
#
# Gets a Chromium for the tests of the pages. To be sourced, after postgres.sh:
#
#   get_chromium    installs Debian's package where there is none and it may; without one those tests are skipped, which is no failure

get_chromium() {
  local log as_root=()
  [[ -z ${PSPGATEWAY_CHROMIUM:-} ]] || return 0
  command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null && return 0
  _pg_may_install || return 0
  ((EUID == 0)) || as_root=(sudo -n)
  log=$(mktemp)
  note 'Chromium: installing the package chromium with apt-get, which takes a minute …'
  if ! { "${as_root[@]}" apt-get update -q &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core; } </dev/null >"$log" 2>&1; then
    note 'Chromium: apt-get could not install it; the tests of the pages are skipped.'
  fi
  rm -f -- "$log"
}
