#!/usr/bin/env python3
"""A terminal's screen as a picture: ansi_svg.py COLUMNS <CAPTURE >PICTURE.svg

CAPTURE is what `tmux capture-pane -e -p` prints: lines of UTF-8 with SGR sequences (ECMA-48, 8.3.117). Each character stands where
its cell is, whatever font the reader has: those of two columns one by one, the others in words that are drawn to their length. Bars are
drawn as rectangles.
"""
import re
import sys
import unicodedata
from xml.sax.saxutils import escape

CELL, LINE, SIZE, BASE, MARGIN = 8.4, 18, 14, 13.5, 10
BACK, FORE = "#1b1e24", "#d5d8de"
PALETTE = ["#4b515c", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d5d8de",
           "#7a8290", "#ff8b94", "#b5e890", "#ffd68a", "#82c4ff", "#de9bf0", "#7fd6e0", "#ffffff"]
FONTS = "'DejaVu Sans Mono','Noto Sans Mono CJK SC','Noto Sans CJK SC','Microsoft YaHei','PingFang SC',monospace"
SEQUENCE = re.compile(r"\x1b\[([0-9;:]*)m|\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()].|[\x00-\x1f]")


class Look:
    """What SGR sequences have set."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.fore = self.back = None
        self.bold = self.dim = self.underline = self.reverse = False

    def colours(self):
        fore, back = self.fore or FORE, self.back or BACK
        return (back, fore) if self.reverse else (fore, back)

    def key(self):
        return (*self.colours(), self.bold, self.dim, self.underline)

    def apply(self, text):
        codes = [int(code or 0) for code in re.split("[;:]", text)]
        while codes:
            self.take(codes.pop(0), codes)

    def take(self, code, rest):
        if code == 0:
            self.reset()
        elif code in (1, 2, 4, 7):
            setattr(self, {1: "bold", 2: "dim", 4: "underline", 7: "reverse"}[code], True)
        elif code == 22:
            self.bold = self.dim = False
        elif code in (24, 27):
            setattr(self, {24: "underline", 27: "reverse"}[code], False)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            self.fore = PALETTE[code - 30 if code < 90 else code - 82]
        elif 40 <= code <= 47 or 100 <= code <= 107:
            self.back = PALETTE[code - 40 if code < 100 else code - 92]
        elif code in (38, 48):
            setattr(self, "fore" if code == 38 else "back", indexed(rest))
        elif code in (39, 49):
            setattr(self, "fore" if code == 39 else "back", None)


def indexed(rest):
    """The colour behind 38 or 48: 5;N or 2;R;G;B."""
    kind = rest.pop(0) if rest else 5
    if kind == 2:
        red, green, blue = (rest.pop(0) if rest else 0 for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    number = rest.pop(0) if rest else 7
    if number < 16:
        return PALETTE[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    number -= 16
    return "#" + "".join(f"{0 if level == 0 else 55 + 40 * level:02x}" for level in (number // 36, number // 6 % 6, number % 6))


def columns_of(char):
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cells_of(line, look):
    """(text, columns, look) of each cell of a line; look goes on into the next line."""
    cells, at = [], 0
    while at < len(line):
        found = SEQUENCE.match(line, at)
        if found:
            if found.group(1) is not None:
                look.apply(found.group(1))
            at = found.end()
            continue
        width = columns_of(line[at])
        if width:
            cells.append([line[at], width, look.key()])
        elif cells:
            cells[-1][0] += line[at]
        at += 1
    return cells


def number(value):
    return f"{value:.1f}".rstrip("0").rstrip(".")


def rectangle(column, columns, y, height, colour):
    return f'<rect x="{number(MARGIN + column * CELL)}" y="{number(y)}" width="{number(columns * CELL + 0.2)}" height="{number(height)}" fill="{colour}"/>'


def words_of(cells):
    """(column, text, columns, look) of what is drawn in one piece."""
    words, column = [], 0
    for text, width, look in cells:
        last = words[-1] if words else None
        joins = last and width == 1 and last[3] == look and last[0] + last[2] == column and last[4]
        if text == " " or "▁" <= text <= "█":
            pass
        elif joins:
            last[1] += text
            last[2] += 1
        else:
            words.append([column, text, width, look, width == 1])
        column += width
    return words


def draw_word(column, text, columns, look, top):
    fore, _, bold, dim, underline = look
    wide = columns == 2 and columns_of(text[0]) == 2
    place = column + 1 if wide else column
    more = ' text-anchor="middle"' if wide else f' textLength="{number(columns * CELL)}"'
    more += ' font-weight="bold"' if bold else ""
    more += ' opacity="0.65"' if dim else ""
    more += ' text-decoration="underline"' if underline else ""
    return f'<text x="{number(MARGIN + place * CELL)}" y="{number(top + BASE)}" fill="{fore}"{more}>{escape(text)}</text>'


def draw_line(cells, top):
    pieces, column, run = [], 0, None
    for text, width, look in cells + [["", 0, None]]:
        back = look and look[1]
        if run and run[2] != back:
            if run[2] != BACK:
                pieces.append(rectangle(run[0], run[1], top, LINE, run[2]))
            run = None
        if back:
            run = run or [column, 0, back]
            run[1] += width
        column += width
    column = 0
    for text, width, look in cells:
        if "▁" <= text <= "█":
            height = LINE * (ord(text) - ord("▁") + 1) / 8
            pieces.append(rectangle(column, 1, top + LINE - height, height, look[0]))
        column += width
    pieces += [draw_word(*word[:4], top) for word in words_of(cells)]
    return pieces


def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit("usage: ansi_svg.py COLUMNS <CAPTURE >PICTURE.svg")
    columns = int(sys.argv[1])
    lines = sys.stdin.buffer.read().decode("utf-8").rstrip("\n").split("\n")
    width, height = 2 * MARGIN + columns * CELL, 2 * MARGIN + len(lines) * LINE
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}">',
           f'<rect width="100%" height="100%" rx="6" fill="{BACK}"/>',
           f'<g font-family="{FONTS}" font-size="{SIZE}" xml:space="preserve">']
    look = Look()
    for at, line in enumerate(lines):
        out += draw_line(cells_of(line, look), MARGIN + at * LINE)
    out += ["</g>", "</svg>"]
    sys.stdout.buffer.write(("\n".join(out) + "\n").encode("utf-8"))


main()
