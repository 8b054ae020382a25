// Why this exists: curses hides wide characters behind a feature macro that must be set before its header is read.
#pragma once
#define NCURSES_WIDECHAR 1
#define _XOPEN_SOURCE_EXTENDED 1
#include <curses.h>
#include <term.h>
