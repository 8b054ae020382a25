#!/usr/bin/env python3
"""Prints rain.txt: a rain of characters in the manner of cmatrix, as a program would write it, and the screen that the
program meant. It moves as curses would (absolutely, relatively, by \\b\\n, by writing what is there already), so that all of
these have to lead to the same place."""

import random

WIDTH, HEIGHT, FRAMES = 80, 24, 34
GLYPHS = "abcdefghijklmnopqrstuvwxyz0123456789+*=<>:" + "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂ"
SELECT = {
    "": r"\e[39;49m\e[0m", "head": r"\e[0m\e[1m\e[37m", "bright": r"\e[0m\e[1m\e[32m", "green": r"\e[0m\e[32m",
    "tail": r"\e[0m\e[2;32m",
}
EXPECT = {"": "", "head": " fg=7 bold", "bright": " fg=2 bold", "green": " fg=2", "tail": " fg=2 faint"}
chance = random.Random(1)


class Screen:
    def __init__(self):
        self.cells = [[(" ", "")] * WIDTH for _ in range(HEIGHT)]
        self.style, self.cursor, self.output = "", None, []

    def put(self, row, column, glyph, style):
        if self.cells[row][column] == (glyph, style):
            return
        self.move(row, column, style)
        if self.style != style:
            self.output.append(SELECT[style])
            self.style = style
        self.output.append(glyph)
        self.cells[row][column] = (glyph, style)
        self.cursor = (row, column + 1) if column + 1 < WIDTH else None

    def move(self, row, column, style):
        if self.cursor == (row, column):
            return
        at_row, at_column = self.cursor or (-1, -1)
        between = self.cells[at_row][at_column:column] if at_row == row and 0 < column - at_column < 3 else []
        if between and self.style == style and all(s == style and g != " " for g, s in between) and chance.random() < 0.5:
            self.output += [glyph for glyph, _ in between]
        elif (at_row, at_column) == (row - 1, column + 1) and chance.random() < 0.5:
            self.output.append(r"\b\n")
        elif at_row == row and column > at_column:
            self.output.append(r"\e[C" if column == at_column + 1 else rf"\e[{column - at_column}C")
        elif column == 0 and at_row == row - 1 and self.cursor:
            self.output.append(r"\r\n")
        else:
            self.output.append(rf"\e[{row + 1};{column + 1}H")


def rain(screen):
    drops, frames = [], []
    for frame in range(FRAMES):
        screen.output = []
        for column in range(0, WIDTH, 2):
            is_free = all(d[0] != column or d[1] - d[2] >= 2 for d in drops)
            if chance.random() < 0.035 and is_free:
                drops.append([column, -1, chance.randint(3, HEIGHT - 4), chance.choice([1, 1, 1, 2])])
        for drop in sorted(drops, key=lambda d: d[0]):
            column, _, length, slowness = drop
            if frame % slowness:
                continue
            drop[1] += 1
            row = drop[1]
            if row < HEIGHT:
                screen.put(row, column, chance.choice(GLYPHS), "head")
            for behind, style in ((1, chance.choice(["bright", "green"])), (length - 2, "tail")):
                if 0 <= row - behind < HEIGHT and behind < length and (behind == 1 or length > 4):
                    glyph = screen.cells[row - behind][column][0]
                    screen.put(row - behind, column, glyph if glyph != " " else chance.choice(GLYPHS), style)
            if 0 <= row - length < HEIGHT:
                screen.put(row - length, column, " ", "")
        drops = [d for d in drops if d[1] - d[2] < HEIGHT]
        frames.append("".join(screen.output))
    return frames


def feed(text):
    while text:
        cut = len(text) if len(text) <= 150 else text.rfind(r"\e[", 1, 150)
        print("feed " + text[:cut])
        text = text[cut:]


def main():
    screen = Screen()
    frames = rain(screen)
    print("# Many small moves, printed by rain.py, which keeps a screen of its own: what is expected here is what that program")
    print("# meant to draw, not what our terminal made of it.\n")
    print("=== a rain of characters in the manner of cmatrix")
    print("size 80x24")
    print(r"feed \e[?1049h\e[22;0;0t\e[1;24r\e(B\e[m\e[4l\e[?7h\e[?25l\e[H\e[2J")
    for frame in frames:
        feed(frame)
    print(r"feed \e[24;80H\e[?25h")
    for row in screen.cells:
        print("|" + "".join(glyph for glyph, _ in row) + "|")
    print("cursor 24;80")
    for number, row in enumerate(screen.cells):
        start = 0
        for end in range(1, WIDTH + 1):
            if end < WIDTH and EXPECT[row[end][1]] == EXPECT[row[start][1]]:
                continue
            if EXPECT[row[start][1]]:
                print(f"style {number + 1};{start + 1}-{end}{EXPECT[row[start][1]]}")
            start = end
    print("modes +alternateScreen +cursorSaved")


main()
