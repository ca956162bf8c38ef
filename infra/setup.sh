# Sourced by infra/up and infra/test: what a machine needs before the project runs. Says what it does on standard error,
# so that standard output stays the command's own.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

runtime_packages=(
    libpq-dev libhiredis-dev libcurl4-openssl-dev libssl-dev libexpat1-dev zlib1g-dev libsqlite3-dev pkg-config
    postgresql redis-server)
test_packages=(
    python3 python3-venv binutils openssl curl chromium chromium-driver buildah runc mmdebstrap nginx libfcgi-dev gcc
    wrk strace rclone s3cmd)

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Installs the Debian packages named, those that are missing only.
install_packages() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null; then
        say "not a Debian system: these packages must be there by your own means: $*"
        return
    fi
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == "install ok installed" ]] || missing+=("$package")
    done
    [[ ${#missing[@]} -eq 0 ]] && return
    say "installing Debian packages: ${missing[*]}"
    local as_root=()
    if [[ $(id -u) -ne 0 ]]; then
        command -v sudo >/dev/null ||
            fail "packages are missing and there is no sudo; run as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq >&2 ||
        fail "apt-get update failed: check the network and /etc/apt/sources.list, then run this again"
    # Debian would start a server of its own for each of these; the emulator starts its own, private ones.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
        fail "apt-get could not install: ${missing[*]} (its message is above)"
}

# Builds everything in the release configuration; the first time this takes some minutes.
build() {
    command -v swift >/dev/null ||
        fail "there is no swift on the PATH; install a Swift 6.2 or newer toolchain from swift.org, then run this again"
    say "building (the first time takes some minutes)"
    swift build -c release "$@" >&2 || fail "the build failed; the compiler's message is above"
}
