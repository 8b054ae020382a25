// From a line of a form table to encodings: operand and address sizes, registers, addressing modes, prefixes, and the
// places where an operand can lie – in one page, across two, in a read-only one, half in nothing.
#include "operands.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int effort = 8; // states per encoding

group new_group(const char *name) {
    group g = {.cases = (uint16_t)effort, .segments = {USER_DATA, USER_CODE, USER_DATA, USER_DATA, USER_DATA, USER_DATA}};
    snprintf(g.name, sizeof g.name, "%s", name);
    set_register(&g, ESP, STACK + 0x800, 0x1c);
    return g;
}

static void add_override(group *g, override o) {
    if (g->override_count == sizeof g->overrides / sizeof g->overrides[0]) fprintf(stderr, "overrides: %s\n", g->name), exit(1);
    g->overrides[g->override_count++] = o;
}
void set_register(group *g, int reg, uint32_t value, uint32_t mask) {
    add_override(g, (override){(uint8_t)reg, 0, value, mask});
}
void set_half(group *g, int reg, uint32_t value, uint32_t mask) {
    add_override(g, (override){(uint8_t)reg, 1, value, mask});
}

void add_code(group *g, const void *code, int count) {
    if (g->size + count > (int)sizeof g->code) fprintf(stderr, "code: %s\n", g->name), exit(1);
    memcpy(g->code + g->size, code, (size_t)count);
    g->size = (uint8_t)(g->size + count);
}

void add_recipe(group *g, const char *recipe) {
    static const char *names[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "fl"};
    while (recipe && *recipe && *recipe != '|') {
        if (*recipe == ' ' || *recipe == ',') { recipe++; continue; }
        int reg = 0;
        bool half = *recipe != 'e' && *recipe != 'f';
        while (reg < 9 && strncmp(recipe, names[reg] + half, strlen(names[reg] + half))) reg++;
        char *end;
        if (reg == 9) fprintf(stderr, "recipe: %s: %s\n", g->name, recipe), exit(1);
        uint32_t value = strtoul(strchr(recipe, '=') + 1, &end, 16), mask = 0;
        if (*end == '&') mask = strtoul(end + 1, &end, 16);
        add_override(g, (override){(uint8_t)reg, half && reg != EFLAGS, value, mask});
        recipe = end;
    }
}

void place_code(group *g) {
    switch (choose(8)) {
    case 0: // across a page border
        if (g->size > 1) { g->address = CODE + PAGE - 1 - choose(g->size - 1u); break; }
        __attribute__((fallthrough));
    default: g->address = CODE + 0x800 + choose(64);
    }
}

static unsigned taken(const group *g) {
    unsigned mask = 0;
    for (int i = 1; i < g->override_count; i++) // [0] is ESP's default, which may give way
        if (g->overrides[i].reg < 8) mask |= 1u << g->overrides[i].reg;
    return mask;
}

static void put32(group *g, uint32_t v) { add_code(g, &v, 4); }
static void put16(group *g, uint32_t v) { uint16_t w = (uint16_t)v; add_code(g, &w, 2); }
static void put8(group *g, uint32_t v) { uint8_t b = (uint8_t)v; add_code(g, &b, 1); }

static void add_memory16(group *g, int reg, uint32_t target, uint32_t jitter, int mode) {
    static const int first[8] = {EBX, EBX, EBP, EBP, ESI, EDI, EBP, EBX}, second[8] = {ESI, EDI, ESI, EDI, -1, -1, -1, -1};
    unsigned busy = taken(g);
    int mod, rm, tries = 0;
    do {
        int m = mode >= 0 && tries == 0 ? mode : (int)choose(24);
        mod = m / 8, rm = m % 8;
        if (mod == 0 && rm == 6) break;
        if (tries++ > 200) { mod = 0, rm = 6; break; }
    } while ((busy >> first[rm] & 1) || (second[rm] >= 0 && (busy >> second[rm] & 1)));
    put8(g, (uint32_t)(mod << 6 | reg << 3 | rm));
    if (mod == 0 && rm == 6) { put16(g, target); return; }
    uint32_t displacement = mod == 0 ? 0 : mod == 1 ? (uint32_t)(int8_t)choose(256) : choose(65536);
    uint32_t index = second[rm] >= 0 ? choose(65536) : 0;
    if (second[rm] >= 0) set_half(g, second[rm], index, 0);
    set_half(g, first[rm], target - index - displacement, jitter);
    if (mod == 1) put8(g, displacement);
    if (mod == 2) put16(g, displacement);
}

void add_memory(group *g, int reg, bool short_addresses, uint32_t target, uint32_t jitter, uint32_t base, int mode) {
    target -= base;
    if (short_addresses) { add_memory16(g, reg, target, jitter, mode); return; }
    unsigned busy = taken(g);
    for (int tries = 0;; tries++) {
        int m = mode >= 0 && tries == 0 ? mode : tries > 200 ? 5 : (int)choose(24);
        int mod = m / 8, rm = m % 8;
        uint32_t displacement = mod == 0 ? 0 : mod == 1 ? (uint32_t)(int8_t)choose(256) : (uint32_t)dice64();
        if (mod == 0 && rm == 5) { put8(g, (uint32_t)(reg << 3 | 5)), put32(g, target); return; }
        if (rm != 4) {
            if (busy >> rm & 1) continue;
            put8(g, (uint32_t)(mod << 6 | reg << 3 | rm));
            set_register(g, rm, target - displacement, jitter);
        } else {
            int scale = (int)choose(4), index = (int)choose(8), b = (int)choose(8);
            bool no_base = mod == 0 && b == 5;
            if (index != 4 && ((busy >> index & 1) || index == b)) continue;
            if (!no_base && (busy >> b & 1)) continue;
            // A stack pointer as base stays on the stack, since the instruction may use it as one.
            if (b == ESP && arena_offset(target) < arena_offset(STACK)) continue;
            put8(g, (uint32_t)(mod << 6 | reg << 3 | 4)), put8(g, (uint32_t)(scale << 6 | index << 3 | b));
            uint32_t step = index == 4 ? 0 : (uint32_t)dice64();
            if (index != 4) set_register(g, index, step, 0);
            step <<= scale;
            if (no_base) { put32(g, target - step); return; }
            set_register(g, b, target - step - displacement, jitter);
        }
        if (mod == 1) put8(g, displacement);
        if (mod == 2) put32(g, displacement);
        return;
    }
}

// A form taken apart.
typedef struct {
    const form *f;
    uint8_t opcode[3];
    int opcode_size, digit; // digit: -2 none, -1 register operand
    bool modrm, memory_only, sized;
    char immediates[4]; // b w v s
} parts;

static parts take_apart(const form *f) {
    parts p = {.f = f, .digit = -2};
    const char *c = f->code;
    for (; *c && *c != '/'; c += 2) {
        unsigned byte;
        sscanf(c, "%2x", &byte);
        p.opcode[p.opcode_size++] = (uint8_t)byte;
    }
    if (*c == '/') p.modrm = true, p.digit = c[1] == 'r' ? -1 : c[1] - '0';
    const char *operands = strchr(f->text, ' ');
    int immediates = 0;
    p.sized = operands && (strchr(operands, 'v') || strstr(operands, "eA"));
    for (const char *o = operands ? operands : ""; *o; o++) {
        bool first = o[-(o != f->text)] == ' ' || o[-(o != f->text)] == ',';
        if (!first) continue;
        if (*o == 'M') p.memory_only = true;
        if (*o == 'I') p.immediates[immediates++] = o[1];
    }
    return p;
}

static void add_immediates(group *g, const parts *p, bool half) {
    static unsigned turn;
    for (const char *i = p->immediates; *i; i++) {
        uint64_t state = dice64();
        uint32_t value = interesting32(&state);
        switch (*i) {
        case 'b': put8(g, value); break;
        case 's': put8(g, turn++ % 8 ? turn % 35 : value); break;
        case 'w': put16(g, value); break;
        default: half ? put16(g, value) : put32(g, value);
        }
    }
}

static void add_prefixes(group *g, bool half, bool short_addresses, int extra) {
    uint8_t p[3];
    int n = 0;
    if (half) p[n++] = 0x66;
    if (short_addresses) p[n++] = 0x67;
    if (extra) p[n++] = (uint8_t)extra;
    for (int i = n - 1; i > 0; i--) {
        int j = (int)choose((uint32_t)i + 1);
        uint8_t t = p[i];
        p[i] = p[j], p[j] = t;
    }
    add_code(g, p, n);
}

static void finish_group(group *g, const parts *p) {
    if (p->f->flags & F_PAIR) put8(g, 0x90), g->flags |= G_PAIR;
    if (p->f->flags & F_RESULTS) g->flags |= G_RESULTS;
    place_code(g);
    record_group(g);
}

static int reg_field(const parts *p) { return p->digit >= 0 ? p->digit : (int)choose(8); }

static void register_form(const parts *p, const char *recipe, bool half, int prefix, int reg, int rm, int cases) {
    group g = new_group(p->f->text);
    g.cases = (uint16_t)cases;
    add_recipe(&g, recipe);
    add_prefixes(&g, half, choose(16) == 0, prefix);
    add_code(&g, p->opcode, p->opcode_size);
    put8(&g, 0xc0u | (uint32_t)reg << 3 | (uint32_t)rm);
    add_immediates(&g, p, half);
    finish_group(&g, p);
}

typedef struct {
    int prefix, cases, mode;
    uint32_t target, jitter, base;
    uint16_t data_segment, fs;
} spot;

static void memory_form(const parts *p, const char *recipe, bool half, bool short_addresses, spot s) {
    group g = new_group(p->f->text);
    g.cases = (uint16_t)s.cases;
    if (s.fs) g.segments[SEG_FS] = s.fs;
    if (s.data_segment != 0xffff) g.segments[SEG_DS] = s.data_segment;
    add_recipe(&g, recipe);
    add_prefixes(&g, half, short_addresses, s.prefix);
    add_code(&g, p->opcode, p->opcode_size);
    add_memory(&g, reg_field(p), short_addresses, s.target, s.jitter, s.base, s.mode);
    add_immediates(&g, p, half);
    g.window_kind = W_INTEGER;
    g.window = s.target;
    finish_group(&g, p);
}

static spot somewhere(bool short_addresses, int cases) {
    spot s = {.cases = cases, .mode = -1, .jitter = 15, .data_segment = 0xffff};
    switch (choose(5)) {
    case 0: s.target = (short_addresses ? LOW : DATA) + PAGE - 8; break; // operands may straddle two pages
    case 1: s.target = LOW + 0x400 + choose(0x400) * 4; break;
    case 2: s.target = short_addresses ? LOW + 0x900 : STACK + 0xa00 + choose(64); break;
    default: s.target = (short_addresses ? LOW : DATA) + 0x400 + choose(0x800);
    }
    return s;
}

// Prefixes and places that go wrong, two or three states each.
static void odd_memory_forms(const parts *p, const char *recipe, bool half) {
    static const int overrides[6] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
    int few = effort / 2;
    spot s = somewhere(false, few);
    s.prefix = 0xf0; // legal or #UD
    memory_form(p, recipe, half, false, s);
    s = somewhere(false, few);
    s.prefix = overrides[choose(6)];
    memory_form(p, recipe, half, false, s);
    s = somewhere(true, few);
    s.prefix = overrides[choose(6)];
    memory_form(p, recipe, half, true, s);
    s = (spot){.cases = few, .mode = -1, .target = ROM + 0x100 + choose(64), .jitter = 15, .data_segment = 0xffff};
    memory_form(p, recipe, half, false, s);
    s = (spot){.cases = few, .mode = -1, .target = DATA + 2 * PAGE - 7, .jitter = 7, .data_segment = 0xffff};
    memory_form(p, recipe, half, false, s);
    s = (spot){.cases = 2, .mode = -1, .target = DATA - 4, .jitter = 4, .data_segment = 0xffff};
    memory_form(p, recipe, half, false, s);
    // A segment with a base, well inside it and around its limit.
    s = (spot){.cases = few, .mode = -1, .target = DATA + 0x700, .jitter = 15, .base = DATA, .prefix = 0x64,
               .fs = LIMITED, .data_segment = 0xffff};
    memory_form(p, recipe, half, false, s);
    s.target = DATA + 0x17f8;
    memory_form(p, recipe, half, false, s);
    // Below the reach of an expand-down segment; through a null one.
    s = (spot){.cases = 2, .mode = 1, .target = DATA - 3, .jitter = 3, .data_segment = EXPAND_DOWN};
    memory_form(p, recipe, half, false, s);
    s = (spot){.cases = 2, .mode = 3, .target = DATA + 0x500, .jitter = 3, .data_segment = 0};
    memory_form(p, recipe, half, false, s);
}

static void plain_form(const parts *p, const char *recipe, bool half, int prefix, int cases) {
    group g = new_group(p->f->text);
    g.cases = (uint16_t)cases;
    add_recipe(&g, recipe);
    add_prefixes(&g, half, choose(16) == 0, prefix);
    add_code(&g, p->opcode, p->opcode_size);
    add_immediates(&g, p, half);
    finish_group(&g, p);
}

static void record_variant(const parts *p, const char *recipe, bool half) {
    int flags = p->f->flags, depth = flags & F_DEEP ? 3 : 1;
    bool prefixes = !(flags & F_PLAIN), one_byte = p->opcode[0] != 0x0f && !(flags & F_NO_REPEAT);
    if (!p->modrm) {
        int groups = p->immediates[0] ? 6 : 2;
        for (int i = 0; i < groups * depth; i++) plain_form(p, recipe, half, 0, p->immediates[0] ? effort : 3 * effort);
        if (prefixes) plain_form(p, recipe, half, 0xf0, 2);
        if (prefixes && one_byte) plain_form(p, recipe, half, 0xf2 + (int)choose(2), effort);
        return;
    }
    if (!p->memory_only && !(flags & F_NO_REG)) {
        int turn = (int)choose(8);
        for (int i = 0; i < 8 * depth; i++) register_form(p, recipe, half, 0, reg_field(p), (i + turn) & 7, effort);
        if (p->digit < 0) { // source and destination the same
            int r = (int)choose(8);
            register_form(p, recipe, half, 0, r, r, effort);
        }
        if (prefixes) register_form(p, recipe, half, 0xf0, reg_field(p), (int)choose(8), 2);
        if (prefixes && one_byte) register_form(p, recipe, half, 0xf2 + (int)choose(2), reg_field(p), (int)choose(8), effort);
    } else if (p->memory_only && !(flags & F_NO_REG)) { // #UD
        register_form(p, recipe, half, 0, reg_field(p), (int)choose(8), 2);
    }
    if (flags & F_NO_MEM) return;
    for (int i = 0; i < 5 * depth; i++) memory_form(p, recipe, half, false, somewhere(false, effort));
    for (int i = 0; i < 3 * depth; i++) memory_form(p, recipe, half, true, somewhere(true, effort));
    if (prefixes) odd_memory_forms(p, recipe, half);
    if (flags & F_ADDRESSING)
        for (int i = 0; i < 24 * 8; i++) {
            bool short_addresses = i % 3 == 0;
            spot s = somewhere(short_addresses, 3);
            s.mode = i / 8;
            memory_form(p, recipe, half, short_addresses, s);
        }
}

void record_form(const form *f) {
    parts p = take_apart(f);
    for (const char *recipe = f->recipe ? f->recipe : ""; recipe;) {
        record_variant(&p, recipe, false);
        if (p.sized) record_variant(&p, recipe, true);
        recipe = strchr(recipe, '|');
        if (recipe) recipe++;
    }
    if (!p.sized && !(f->flags & F_PLAIN)) { // the prefix that changes nothing here
        if (!p.modrm) plain_form(&p, f->recipe, true, 0, effort);
        else if (!p.memory_only && !(f->flags & F_NO_REG)) register_form(&p, f->recipe, true, 0, reg_field(&p), (int)choose(8), effort);
    }
}

void record_code(const char *name, const char *hex, const char *recipe, int cases, int flags) {
    group g = new_group(name);
    g.cases = (uint16_t)cases;
    g.flags = (uint8_t)flags;
    for (; *hex; hex++) {
        unsigned byte;
        if (*hex == ' ') continue;
        sscanf(hex++, "%2x", &byte);
        put8(&g, byte);
    }
    add_recipe(&g, recipe);
    place_code(&g);
    record_group(&g);
}
