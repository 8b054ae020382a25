// Recordings on disk. A case is written as what differs from its initial state, a group as its recipe; gzip does the rest.
// RecordedCases.swift in Tests/OracleTests reads this format, and README.md here describes it.
#include "oracle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *out;
static unsigned groups, cases;
static unsigned by_vector[32];

static void bytes(const void *p, size_t n) {
    if (fwrite(p, 1, n, out) != n) perror("recording"), exit(1);
}
static void u8(uint32_t v) { uint8_t b = (uint8_t)v; bytes(&b, 1); }
static void u16(uint32_t v) { uint16_t b = (uint16_t)v; bytes(&b, 2); }
static void u32(uint32_t v) { bytes(&v, 4); }

void encode_open(const char *path) {
    char command[512];
    snprintf(command, sizeof command, "gzip -9n > '%s'", path);
    out = popen(command, "w");
    if (!out) perror(path), exit(1);
    groups = cases = 0;
    memset(by_vector, 0, sizeof by_vector);
    bytes("LGORACL1", 8);
}

void encode_close(void) {
    u8(0); // a group without a name ends the file
    if (pclose(out)) fprintf(stderr, "recorder: gzip failed\n"), exit(1);
    printf("%u groups, %u cases:", groups, cases);
    for (int i = 0; i < 32; i++)
        if (by_vector[i]) printf(" #%d:%u", i, by_vector[i]);
    printf("\n");
}

static void write_group(const group *g) {
    u8(strlen(g->name));
    bytes(g->name, strlen(g->name));
    u8(g->size);
    bytes(g->code, g->size);
    u8(g->flags);
    u32(g->address);
    u32(g->seed);
    u16(g->cases);
    if (g->flags & G_SEQUENCE) u16(g->undefined);
    for (int i = 0; i < 6; i++) u8(g->segments[i]);
    u8(g->override_count);
    for (int i = 0; i < g->override_count; i++) {
        const override *o = &g->overrides[i];
        u8(o->reg | o->half << 4), u32(o->value), u32(o->mask);
    }
    u8(g->window_kind), u8(g->explicit_bytes), u32(g->window);
    if (g->flags & G_X87) {
        u16(g->control_and), u16(g->control_or), u16(g->status_and), u16(g->status_or);
        u8(g->empty_and), u8(g->empty_or);
        bytes(g->kinds, 3);
    }
}

enum { HAS_EIP = 0x80, HAS_SEGMENTS = 1, HAS_MEMORY = 2, HAS_X87 = 4, HAS_HIGH_FLAGS = 8 };

// Runs of changed bytes; gaps of up to three bytes are swallowed, since a run costs three bytes itself.
static int memory_runs(const uint8_t *expected, uint16_t (*runs)[2]) {
    int count = 0;
    for (int page = 0; page < ARENA_BYTES; page += PAGE) {
        if (!memcmp(expected + page, arena + page, PAGE)) continue;
        for (int i = page; i < page + PAGE; i++) {
            if (expected[i] == arena[i]) continue;
            if (count && i - (runs[count - 1][0] + runs[count - 1][1]) <= 3 && i - runs[count - 1][0] < 255)
                runs[count - 1][1] = (uint16_t)(i - runs[count - 1][0] + 1);
            else if (count == 255) fprintf(stderr, "recorder: too many runs\n"), exit(1);
            else runs[count][0] = (uint16_t)i, runs[count][1] = 1, count++;
        }
    }
    return count;
}

static uint32_t x87_changes(const x87_state *a, const x87_state *b) {
    uint32_t mask = 0;
    for (int i = 0; i < 8; i++)
        if (a->reg[i].mantissa != b->reg[i].mantissa || a->reg[i].exponent != b->reg[i].exponent) mask |= 1u << i;
    if (a->control != b->control) mask |= 1 << 8;
    if (a->status != b->status) mask |= 1 << 9;
    if (a->valid != b->valid) mask |= 1 << 10;
    if (a->eip != b->eip) mask |= 1 << 11;
    if (a->data != b->data) mask |= 1 << 12;
    if (a->opcode != b->opcode) mask |= 1 << 13;
    return mask;
}

static void write_case(const group *g, const machine *before, const outcome *o, const uint8_t *expected) {
    const machine *after = &o->after;
    uint16_t runs[256][2];
    int run_count = memory_runs(expected, runs);
    uint32_t next = o->vector == 1 ? g->address + g->size : g->address;
    uint32_t flags = before->eflags ^ (after->eflags & ~0x10000u); // RF is the kernel's business
    uint32_t changed = 0, segments = 0, x87 = 0;
    for (int i = 0; i < 8; i++)
        if (before->gpr[i] != after->gpr[i] && !(g->flags & G_RESULTS && i < 4)) changed |= 1u << i;
    for (int i = 0; i < 6; i++)
        if (before->seg[i] != after->seg[i]) segments |= 1u << i;
    if (g->flags & G_X87) x87 = x87_changes(&before->x87, &after->x87);

    if (g->window_kind == W_EXPLICIT) bytes(before->window, g->explicit_bytes);
    u8(o->vector | (after->eip != next ? HAS_EIP : 0));
    u8((segments ? HAS_SEGMENTS : 0) | (run_count ? HAS_MEMORY : 0) | (x87 ? HAS_X87 : 0) | (flags >> 16 ? HAS_HIGH_FLAGS : 0));
    u8(changed);
    u16(flags);
    if (flags >> 16) u16(flags >> 16);
    if (after->eip != next) u32(after->eip);
    if (o->vector >= 10 && o->vector <= 14) u16(o->error);
    if (o->vector == 14) u32(o->cr2);
    for (int i = 0; i < 8; i++)
        if (changed >> i & 1) u32(after->gpr[i]);
    if (segments) {
        u8(segments);
        for (int i = 0; i < 6; i++)
            if (segments >> i & 1) u16(after->seg[i]);
    }
    if (run_count) {
        u8(run_count);
        for (int i = 0; i < run_count; i++) u16(runs[i][0]), u8(runs[i][1]), bytes(arena + runs[i][0], runs[i][1]);
    }
    if (!x87) return;
    const x87_state *f = &after->x87;
    u16(x87);
    for (int i = 0; i < 8; i++)
        if (x87 >> i & 1) bytes(&f->reg[i].mantissa, 8), bytes(&f->reg[i].exponent, 2);
    if (x87 >> 8 & 1) u16(f->control);
    if (x87 >> 9 & 1) u16(f->status);
    if (x87 >> 10 & 1) u8(f->valid);
    if (x87 >> 11 & 1) u32(f->eip);
    if (x87 >> 12 & 1) u32(f->data);
    if (x87 >> 13 & 1) u16(f->opcode);
}

static void place(uint8_t *memory, uint32_t address, const uint8_t *from, int count) {
    for (int i = 0; i < count; i++) {
        int offset = arena_offset(address + (uint32_t)i);
        if (offset >= 0) memory[offset] = from[i];
    }
}

void record_group(group *g) {
    static uint8_t expected[ARENA_BYTES];
    g->seed = (uint32_t)dice64();
    write_group(g);
    groups++;
    for (int i = 0; i < g->cases; i++) {
        machine before;
        outcome result;
        make_state(g, i, &before);
        memcpy(expected, pristine, ARENA_BYTES);
        if (g->window_kind)
            place(expected, g->window, before.window, g->window_kind == W_EXPLICIT ? g->explicit_bytes : WINDOW_BYTES);
        place(expected, g->address, g->code, g->size);
        memcpy(arena, expected, ARENA_BYTES);
        run_case(g, &before, &result);
        write_case(g, &before, &result, expected);
        cases++;
        by_vector[result.vector & 31]++;
    }
}
