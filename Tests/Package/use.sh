#!/bin/sh
# Uses an installed Acuity as a person does who has nothing else: use.sh VERSION-OF-THE-PACKAGE. Ends at what fails.
set -eu
cd "$HOME"

step() { echo "- $*"; }
# Fails unless standard input has a line that is, or a part that matches, an expression.
expect() {
    cat >said
    grep -qE -- "$1" said || { echo "expected “$1”, got:" >&2; cat said >&2; exit 1; }
}
# Fails unless a file begins like a PNG picture.
picture() { head -c 8 "$1" | od -An -c | expect '211 +P +N +G'; }

step "there is no Swift, and every library is found"
if command -v swift; then exit 1; fi
ldd /usr/bin/acuity >libraries
if grep -E 'not found|libswift|libFoundation' libraries; then exit 1; fi

step "acuity --version, of package $1"
acuity --version >version
expect "^$(cut -d + -f 1 version)(\+|$)" <<END
$1
END

step "help"
acuity --help | expect '^SUBCOMMANDS:'
acuity help deblur | expect '^ARGUMENTS:'
acuity -e '?nested' | expect '^block nested\(x, order = 4\)'
zcat /usr/share/man/man1/acuity.1.gz | expect '^.B run$'
test -r /usr/share/doc/acuity/copyright -a -r /usr/share/doc/acuity/examples/quickstart.acu
zcat /usr/share/doc/acuity/README.md.gz | expect '^# Acuity'
bash -c '. /usr/share/bash-completion/completions/acuity; complete -p acuity' | expect acuity

step "the paper's network has 6971875 parameters"
acuity -e 'parameters(gao2019(sharing = selective))' | expect '^6971875$'

step "the prompt, in a terminal"
count=$(acuity -e 'parameters(gao2019(widths = [8, 16], scales = 2))')
printf 'widths = [8, 16]\nparameters(gao2019(widths = widths, scales = 2))\n' |
    script --quiet --return --command acuity /dev/null | expect "$count.?$"

step "the experiment, with few steps"
cp -r /usr/share/acuity/experiments .
acuity run experiments/quickstart.acu --set steps=10 --set scene_count=8 --set 'widths=[8, 16, 24]' >/dev/null 2>log ||
    { cat log >&2; exit 1; }
wc -l <results/quickstart.csv | expect '^5$'
picture results/quickstart.png

step "a diagram and a plot, by Graphviz and gnuplot"
cat >draw.acu <<'END'
net = gao2019(widths = [8, 16], scales = 2, modules = 1)
diagram(net, to = "results/diagram.png")
diagram(net, to = "results/diagram.svg")
model = train(net, scenes(4, size = 32), steps = 20, batch = 1, patch = 32, seed = 1)
plot(model, to = "results/plot.png")
plot(model, to = "results/plot.svg")
save(model, to = "model.safetensors")
END
acuity run draw.acu >/dev/null 2>log || { cat log >&2; exit 1; }
picture results/diagram.png
picture results/plot.png
# Words are drawn, which takes a font.
expect '<text.*extract' <results/diagram.svg
expect 'svg' <results/plot.svg

step "a photograph deblurred by that model, into PNG and JPEG, and scored"
photograph=experiments/photographs/really-blurred/clock_motion.png
acuity deblur model.safetensors "$photograph" --to out >/dev/null 2>&1
acuity deblur model.safetensors "$photograph" --to out --format jpg >/dev/null 2>&1
picture out/clock_motion.png
acuity compare out/clock_motion.jpg out/clock_motion.png --csv | expect '^psnr|,psnr'

step "a mistake ends with exit status 1, a wrong command line with 2"
status=0; acuity -e 'gao2019(transfrom = 1)' 2>said.mistake || status=$?
test "$status" = 1
expect 'did you mean `transform`' <said.mistake
status=0; acuity --nonsense 2>said.mistake || status=$?
test "$status" = 2
