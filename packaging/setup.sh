# SPDX-License-Identifier: Apache-2.0
# Shared by ./run and ./test: installs what is missing, builds, and says what it is doing. Sourced, never run.
# Everything here may be run twice; nothing reaches the network when all packages are there.

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
die() { printf '\n%s\n' "horad: $*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo > /dev/null; then sudo "$@"
  else die "need root to install packages: run as root, install sudo, or install by hand: $*"
  fi
}

# Prints the packages of packaging/packages.txt, one a line; with "tests" those of the tests, too.
listed_packages() {
  if [ "${1:-}" = tests ]; then grep -v '^ *#' packaging/packages.txt; else grep -v '^ *#' packaging/packages.txt | grep -v '# tests:'; fi |
    sed 's/ *#.*//' | grep -v '^$'
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]; }

node_is_new_enough() {
  command -v node > /dev/null && command -v npm > /dev/null && [ "$(node -p 'process.versions.node.split(".")[0]' 2> /dev/null || echo 0)" -ge 18 ]
}

install_packages() {
  command -v dpkg-query > /dev/null || die "this is not Debian: install what packaging/packages.txt lists, see CONTRIBUTING.md"
  local missing=() package
  for package in $(listed_packages "${1:-}"); do
    case $package in nodejs | npm) node_is_new_enough && continue ;; esac
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -q || die "could not update the package lists: is there a network, and does /etc/apt name a Debian 12 mirror?"
  as_root apt-get install -y -q --no-install-recommends "${missing[@]}" || die "Debian packages could not be installed (the lines above say why)"
}

# Precompiled headers remember the times of the system's headers; an upgraded package makes them unusable, which the build tool cannot see.
drop_stale_headers() {
  local stamp=build/$1/.system-headers want
  want=$(dpkg-query -W -f '${Package} ${Version}\n' '*-dev' 'clang*' 2> /dev/null | sha256sum)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" != "$want" ] && find "build/$1" -name '*.pch' -delete
  echo "$want" > "$stamp"
}

# build PRESET [TARGET...]: configures when needed and builds.
build() {
  local preset=$1
  shift
  say "Building (preset $preset)"
  local made=build/$preset/build.ninja  # not the cache: that is there after a configuration that failed, too
  if ! [ -f "$made" ] || [ CMakePresets.json -nt "$made" ]; then
    cmake --preset "$preset" > "build-$preset.log" 2>&1 || { tail -n 25 "build-$preset.log" >&2; die "configuring failed"; }
    rm -f "build-$preset.log"
  fi
  drop_stale_headers "$preset"
  cmake --build --preset "$preset" ${1:+--target "$@"} || die "the build failed: the first error above says where"
}

# Web packages are installed once per lockfile. None of them needs its install script: what is native comes as a package of its own.
install_web_packages() {
  local stamp=web/node_modules/.horad-lock want
  want=$(sha256sum web/package-lock.json | cut -d' ' -f1)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  say "Installing the web packages (npm)"
  (cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --prefer-offline) || die "npm could not install the web packages"
  echo "$want" > "$stamp"
}

build_web() {
  install_web_packages
  local stamp=web/console/dist/.horad-source want
  want=$(find web -name node_modules -prune -o -name dist -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  say "Building the console"
  (cd web && npm run --silent build) || die "the console could not be built"
  echo "$want" > "$stamp"
}
