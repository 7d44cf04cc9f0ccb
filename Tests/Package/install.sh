#!/bin/sh
# Installs a package in a new system of this machine's release, which has nothing but what every system has, and uses
# it there as an ordinary user: install.sh PACKAGE FOLDER. Needs root.
#
# It is all done in a mount namespace of its own, so that what is mounted goes with the script, however that ends.
set -eu
[ "$(id -u)" = 0 ] || { echo "install.sh: only root can make a system of its own; try sudo" >&2; exit 1; }
if [ -z "${ACUITY_IN_NAMESPACE:-}" ]; then
    ACUITY_IN_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$@"
fi
package=$(realpath "$1")
folder=$2
here=$(dirname "$(realpath "$0")")
. /etc/os-release

components=main
[ "$ID" != ubuntu ] || components=main,universe
rm -rf --one-file-system "$folder"
mkdir -p "$folder"
folder=$(realpath "$folder")
remove() {
    umount --quiet "$folder/dev/pts" "$folder/proc" || true
    rm -rf --one-file-system "$folder"
}
trap remove EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

echo "a new system: $ID $VERSION_CODENAME"
if ! debootstrap --variant=minbase --components="$components" "$VERSION_CODENAME" "$folder" \
    >"$folder.log" 2>&1; then
    tail -20 "$folder.log" >&2
    exit 1
fi
mount -t proc proc "$folder/proc"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$folder/dev/pts"
ln -sf pts/ptmx "$folder/dev/ptmx"

inside() { chroot "$folder" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=xterm-256color "$@"; }
cp "$package" "$folder/tmp/acuity.deb"
echo "installing"
if ! { inside apt-get update && inside DEBIAN_FRONTEND=noninteractive apt-get install -y /tmp/acuity.deb; } \
    >>"$folder.log" 2>&1; then
    tail -20 "$folder.log" >&2
    exit 1
fi
inside useradd --create-home user
install -m 755 "$here/use.sh" "$folder/tmp/use.sh"
inside HOME=/home/user runuser --user user -- /tmp/use.sh "$(dpkg-deb --field "$package" Version)"

# Pictures to look at, and nothing left in the system.
rm -rf "$folder.results"
cp -r "$folder/home/user/results" "$folder.results"
inside apt-get purge -y acuity >>"$folder.log" 2>&1
left=$(find "$folder/usr" "$folder/etc" -xdev -iname '*acuity*')
[ -z "$left" ] || { echo "purging leaves $left" >&2; exit 1; }
echo "the package installs, works and is removed; its pictures are in $folder.results"
