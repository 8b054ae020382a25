// Why this exists: a race against libvterm is fair only when both remember what scrolls away, and libvterm leaves that to
// its user. This is the memory that its users write (a ring of copied lines), in C, so that the peer does not pay for a
// call into Swift on every line.
#pragma once
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

struct lgtui_peer {
    VTerm *terminal;
    VTermScreen *screen;
    VTermScreenCell **lines;
    int capacity, count, next;
};

static inline int lgtui_peer_push(int columns, const VTermScreenCell *cells, void *user) {
    struct lgtui_peer *peer = (struct lgtui_peer *)user;
    size_t size = (size_t)columns * sizeof *cells;
    VTermScreenCell *line = peer->lines[peer->next];
    if (line == NULL) line = (VTermScreenCell *)malloc(size);
    if (line == NULL) return 0;
    memcpy(line, cells, size);
    peer->lines[peer->next] = line;
    peer->next = (peer->next + 1) % peer->capacity;
    if (peer->count < peer->capacity) peer->count++;
    return 1;
}

static inline void lgtui_peer_ignore(const char *bytes, size_t length, void *user) {
    (void)bytes;
    (void)length;
    (void)user;
}

static inline struct lgtui_peer *lgtui_peer_new(int rows, int columns, int scrollback) {
    static const VTermScreenCallbacks callbacks = {.sb_pushline = lgtui_peer_push};
    struct lgtui_peer *peer = (struct lgtui_peer *)calloc(1, sizeof *peer);
    if (peer == NULL) return NULL;
    peer->lines = (VTermScreenCell **)calloc((size_t)scrollback, sizeof *peer->lines);
    peer->terminal = vterm_new(rows, columns);
    if (peer->lines == NULL || peer->terminal == NULL) return NULL;
    peer->capacity = scrollback;
    vterm_set_utf8(peer->terminal, 1);
    vterm_output_set_callback(peer->terminal, lgtui_peer_ignore, NULL);
    peer->screen = vterm_obtain_screen(peer->terminal);
    vterm_screen_set_callbacks(peer->screen, &callbacks, peer);
    // Its cheapest way of keeping track of changes, told once a chunk as its users do.
    vterm_screen_set_damage_merge(peer->screen, VTERM_DAMAGE_SCROLL);
    vterm_screen_enable_altscreen(peer->screen, 1);
    vterm_screen_reset(peer->screen, 1);
    return peer;
}

static inline void lgtui_peer_feed(struct lgtui_peer *peer, const char *bytes, size_t length) {
    vterm_input_write(peer->terminal, bytes, length);
    vterm_screen_flush_damage(peer->screen);
}

static inline size_t lgtui_peer_scrollback_bytes(const struct lgtui_peer *peer, int columns) {
    return (size_t)peer->count * (size_t)columns * sizeof(VTermScreenCell);
}

static inline void lgtui_peer_free(struct lgtui_peer *peer) {
    vterm_free(peer->terminal);
    for (int i = 0; i < peer->capacity; i++) free(peer->lines[i]);
    free(peer->lines);
    free(peer);
}
