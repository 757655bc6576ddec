#!/bin/sh
# Does what Heroku's apt buildpack does, without being root: fetches the Aptfile's packages and what they need beyond
# the image's, unpacks them below BUILD_FOLDER/.apt, and writes the environment for the next buildpack.
#   apt_buildpack.sh BUILD_FOLDER CACHE_FOLDER EXPORT_FILE
set -eu
build=$1 cache=$2 export=$3
mkdir -p "$cache/archives/partial" "$cache/lists/partial" "$build/.apt" "$build/.profile.d"
apt() { apt-get -qq -o Debug::NoLocking=true -o Dir::Cache="$cache" -o Dir::State::Lists="$cache/lists" "$@"; }
apt update
grep -v '^#' "$build/Aptfile" | while read -r package; do apt -y -d --reinstall install "$package"; done
for archive in "$cache"/archives/*.deb; do dpkg -x "$archive" "$build/.apt"; done

libraries=usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
for root in "$build" "\$HOME"; do
    cat <<EOF
export PATH="$root/.apt/usr/bin:\$PATH"
export LD_LIBRARY_PATH="$root/.apt/$libraries:$root/.apt/usr/lib:\${LD_LIBRARY_PATH-}"
export LIBRARY_PATH="$root/.apt/$libraries:$root/.apt/usr/lib:\${LIBRARY_PATH-}"
export CPATH="$root/.apt/usr/include:$root/.apt/usr/include/${libraries#usr/lib/}:\${CPATH-}"
export PKG_CONFIG_PATH="$root/.apt/$libraries/pkgconfig:$root/.apt/usr/lib/pkgconfig:\${PKG_CONFIG_PATH-}"
EOF
done >"$export.both"
head -n 5 "$export.both" >"$export"
tail -n 5 "$export.both" >"$build/.profile.d/000_apt.sh"
find "$build/.apt" -name '*.pc' -path '*/pkgconfig/*' -exec sed -i "s!^prefix=!prefix=$build/.apt!" {} +
