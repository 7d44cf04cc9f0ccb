#!/bin/sh
# Makes a Debian package of a program that was built: package.sh PROGRAM FOLDER. `make package` calls it.
set -eu
export LC_ALL=C.UTF-8 TZ=UTC0
program=$(realpath "$1")
folder=$2
here=$(dirname "$(realpath "$0")")
source=$(realpath "$here/../../..")
root=$folder/root

# `0.1.0+63bc904` becomes `0.1.0+git20261128091500.63bc904`, for a newer package must have the higher version.
commit=$("$program" --version | sed -n 's/^[^+]*+//p' | tr -- '-_' '..')
version=$("$program" --version | sed 's/+.*//')
if [ -n "$commit" ]; then
    version=$version+git$(git -C "$source" log -1 --date=format-local:%Y%m%d%H%M%S --format=%cd).$commit
fi
SOURCE_DATE_EPOCH=$(git -C "$source" log -1 --format=%ct 2>/dev/null || date +%s)
export SOURCE_DATE_EPOCH
architecture=$(dpkg --print-architecture)

rm -rf "$root" "$folder/debian"
mkdir -p "$root/DEBIAN" "$folder/debian"
documents=$root/usr/share/doc/acuity
completions=$root/usr/share

# The program, without symbols.
install -D "$program" "$root/usr/bin/acuity"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/acuity"

# What it prints about itself: its manual and what shells complete.
manual() {
    "$program" help "$@" | awk -v name="acuity${*:+ $*}" -f "$here/manual.awk"
    for command in $("$program" help "$@" | awk '/^SUBCOMMANDS:/ { on = 1 } on && /^  [a-z]/ { print $1 }'); do
        manual "$@" "$command"
    done
}
install -d "$root/usr/share/man/man1"
{
    printf '.TH ACUITY 1 "" "Acuity %s"\n.nh\n.SH NAME\n' "$version"
    printf 'acuity \\- declare, train and score networks that deblur images\n'
    printf '.SH SYNOPSIS\n.B acuity\n[command] [options]\n'
    manual
    printf '.SH SEE ALSO\nThe language: acuity reference. A function: acuity \\-e \\(aq?train\\(aq. '
    printf 'Scripts to begin with: /usr/share/acuity/experiments.\n'
} | gzip -9n >"$root/usr/share/man/man1/acuity.1.gz"
install -d "$completions/bash-completion/completions" "$completions/zsh/vendor-completions" \
    "$completions/fish/vendor_completions.d"
"$program" --generate-completion-script bash >"$completions/bash-completion/completions/acuity"
"$program" --generate-completion-script zsh >"$completions/zsh/vendor-completions/_acuity"
"$program" --generate-completion-script fish >"$completions/fish/vendor_completions.d/acuity.fish"

# Documents. Slim images of containers leave /usr/share/doc out, so the experiments stand elsewhere.
install -d "$documents" "$root/usr/share/acuity"
cp -r "$source/experiments" "$root/usr/share/acuity/"
# Photographs that were fetched stay where they are.
rm -rf "$root"/usr/share/acuity/experiments/landscapes/*/ "$root/usr/share/acuity/experiments/landscapes/complete"
ln -s ../../acuity/experiments "$documents/examples"
cp -r "$source/Documentation" "$documents/"
gzip -9nc "$source/README.md" >"$documents/README.md.gz"
sed 's/^$/./; s/^/ /' "$source/LICENSE" >"$folder/licence"
sed -e "/^@LICENSE@$/{r $folder/licence" -e 'd}' "$here/copyright" >"$documents/copyright"
chmod -R u=rwX,go=rX "$root"

# Packages whose libraries it is linked with, as the system that builds it has them.
printf 'Source: acuity\n\nPackage: acuity\nArchitecture: any\n' >"$folder/debian/control"
libraries=$(cd "$folder" && dpkg-shlibdeps -O -eroot/usr/bin/acuity | sed -n 's/^shlibs:Depends=//p')
[ -n "$libraries" ] || { echo "package.sh: dpkg-shlibdeps names no libraries" >&2; exit 1; }
cat >"$root/DEBIAN/control" <<CONTROL
Package: acuity
Version: $version
Architecture: $architecture
Maintainer: The Acuity maintainers <${DEBEMAIL:-acuity@localhost}>
Installed-Size: $(du -k -s --apparent-size "$root/usr" | cut -f 1)
Depends: $libraries
Recommends: gnuplot-nox | gnuplot, graphviz
Suggests: ffmpeg, vim-tiny | editor
Section: science
Priority: optional
Description: scriptable prompt for image-deblurring research
 Acuity declares networks and how they share weights in a small language,
 trains and scores them on the CPU, and writes the ablation table as a CSV that
 can be regenerated.
 .
 gnuplot draws curves (plot), Graphviz architectures (diagram), ffmpeg decodes
 videos (blur_frames).
CONTROL
(cd "$root" && find usr -type f -exec md5sum {} + | LC_ALL=C sort -k 2) >"$root/DEBIAN/md5sums"

package=$folder/acuity_${version}_$architecture.deb
rm -f "$folder"/acuity_*.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
rm -rf "$root" "$folder/debian" "$folder/licence"
ls -l "$package" | awk '{ printf "%s, %.1f MB\n", $NF, $5 / 1e6 }'
