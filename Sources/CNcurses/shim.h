// Why this exists: curses hides wide characters behind a feature macro that must be set before its header is read, and
// says some things (attributes, the standard window) in macros and global variables that Swift cannot import or will
// not touch from concurrent code.
#pragma once
#define NCURSES_WIDECHAR 1
#define _XOPEN_SOURCE_EXTENDED 1
#include <curses.h>
#include <term.h>
#include <stdio.h>
#include <wchar.h>

// Behind a feature macro too; declared as wcwidth(3) documents it.
extern int wcwidth(wchar_t character);

static const attr_t lgtui_bold = A_BOLD;
static const attr_t lgtui_dim = A_DIM;
static const attr_t lgtui_italic = A_ITALIC;
static const attr_t lgtui_underline = A_UNDERLINE;
static const attr_t lgtui_blink = A_BLINK;
static const attr_t lgtui_reverse = A_REVERSE;
static const attr_t lgtui_invisible = A_INVIS;

// A screen on this process's terminal; NULL when TERM names none that curses knows.
static inline SCREEN *lgtui_newterm(void) { return newterm(NULL, stdout, stdin); }

static inline WINDOW *lgtui_stdscr(void) { return stdscr; }
static inline int lgtui_colors(void) { return COLORS; }
static inline int lgtui_color_pairs(void) { return COLOR_PAIRS; }

// setcchar with the pair as an int: its short parameter ends at 32767, palettes do not.
static inline int lgtui_setcchar(cchar_t *cell, const wchar_t *text, attr_t attributes, int pair) {
    return setcchar(cell, text, attributes, 0, &pair);
}
