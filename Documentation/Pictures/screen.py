"""A terminal's screen, as `tmux capture-pane -e -p` prints it, as a PNG picture.

Usage: python3 screen.py CAPTURE PICTURE [first line] [line after the last]; needs Pillow and the font DejaVu Sans Mono.
"""
import re, sys
from PIL import Image, ImageDraw, ImageFont
W, H = 9, 18
font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", 15)
base = [(0,0,0),(205,49,49),(13,188,121),(229,229,16),(36,114,200),(188,63,188),(17,168,205),(229,229,229)]
def colour(p, i, default):
    if p[i+1] == 2: return tuple(p[i+2:i+5]), i+5
    n = p[i+2]
    if n < 16: c = base[n % 8]
    elif n < 232: n -= 16; c = tuple(0 if v == 0 else 55+40*v for v in (n//36, n//6%6, n%6))
    else: c = (8+10*(n-232),)*3
    return c, i+3
lines = open(sys.argv[1], encoding="utf8").read().rstrip("\n").split("\n")
first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
last = int(sys.argv[4]) if len(sys.argv) > 4 else len(lines)
lines = lines[first:last]
FG, BG = (220,220,220), (24,24,28)
cols = max(len(re.sub(r"\x1b\[[0-9;]*m", "", l)) for l in lines)
im = Image.new("RGB", (cols*W+16, len(lines)*H+16), BG); d = ImageDraw.Draw(im)
fg, bg = FG, BG
for y, line in enumerate(lines):
    x = 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        m = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if m:
            p = [int(v or 0) for v in m[1].split(";")]; i = 0
            while i < len(p):
                if p[i] == 38: fg, i = colour(p, i, FG)
                elif p[i] == 48: bg, i = colour(p, i, BG)
                else:
                    if p[i] == 0: fg, bg = FG, BG
                    elif p[i] == 39: fg = FG
                    elif p[i] == 49: bg = BG
                    elif 30 <= p[i] <= 37: fg = base[p[i]-30]
                    elif 90 <= p[i] <= 97: fg = base[p[i]-90]
                    elif p[i] == 7: fg, bg = bg, fg
                    i += 1
            continue
        for c in part:
            X, Y = 8+x*W, 8+y*H
            d.rectangle([X, Y, X+W-1, Y+H-1], fill=bg)
            if c == "▄": d.rectangle([X, Y+H//2, X+W-1, Y+H-1], fill=fg)
            elif c == "▀": d.rectangle([X, Y, X+W-1, Y+H//2-1], fill=fg)
            elif c == "█": d.rectangle([X, Y, X+W-1, Y+H-1], fill=fg)
            elif c != " ": d.text((X, Y), c, font=font, fill=fg)
            x += 1
im.save(sys.argv[2])
