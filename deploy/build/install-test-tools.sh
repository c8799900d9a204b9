#!/bin/sh
# Installs what the tests drive besides Python and Node.js packages: Chromium, a Redis server, Prometheus and nginx.
# On Debian and Ubuntu as root it installs their packages; elsewhere it says what is missing.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }

wanted=
have chromium || have chromium-browser || have google-chrome || wanted="$wanted chromium"
have redis-server || wanted="$wanted redis-server"
have promtool || wanted="$wanted prometheus"
have nginx || [ -x /usr/sbin/nginx ] || wanted="$wanted nginx"
[ -z "$wanted" ] && exit 0

if ! have apt-get || [ "$(id -u)" != 0 ]; then
  echo "The tests need these programs, which are not here:$wanted" >&2
  echo "Install them (on Debian: sudo apt-get install$wanted), then run make test again." >&2
  exit 1
fi

echo "Installing what the tests need from Debian's packages:$wanted ..."
export DEBIAN_FRONTEND=noninteractive
# Debian starts a server right after installing it; the tests start their own, so none may start here.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
fi
apt-get update -qq </dev/null
# shellcheck disable=SC2086 # a list of words is wanted
apt-get install -y -qq --no-install-recommends $wanted </dev/null >/dev/null
echo "Chromium, Redis, Prometheus and nginx are in place."
