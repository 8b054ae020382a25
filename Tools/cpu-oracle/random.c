// States from seeds. CaseState.swift in Tests/OracleTests is the twin of this file: a change here is a change there,
// and a new recording.
#include "oracle.h"
#include <string.h>

// SplitMix64: tiny, and the same in every language that has 64-bit multiplication.
uint64_t random64(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

static uint64_t dice = 0x6C67747569; // fixed: a recording can be made again
uint64_t dice64(void) { return random64(&dice); }
uint32_t choose(uint32_t bound) { return (uint32_t)(random64(&dice) >> 33) % bound; }

// The values at which carries, signs and widths change their minds.
static const uint32_t edges[16] = {
    0,      1,      0xffffffff, 0x80000000, 0x7fffffff, 0x80,       0x7f,       0xff,
    0x8000, 0x7fff, 0xffff,     0x00008080, 0x7f7f7f7f, 0x80808080, 0xffff0000, 0x99999999,
};

uint32_t interesting32(uint64_t *state) {
    uint64_t r = random64(state);
    uint32_t low = (uint32_t)r, high = (uint32_t)(r >> 32);
    switch (high & 7) {
    case 0:
    case 1: return edges[low & 15];
    case 2: return edges[low & 15] + ((low >> 8) & 3) - 2;
    case 3: return (low & 32 ? 0xffffffff : 0) ^ (1u << (low & 31));
    default: return low;
    }
}

static uint32_t interesting_float32(uint64_t *state) {
    uint64_t r = random64(state);
    uint32_t low = (uint32_t)r, sign = low & 0x80000000;
    switch ((r >> 32) & 15) {
    case 0: return sign;
    case 1: return sign | 0x7f800000;
    case 2: return sign | 0x7f800000 | (low & 0x7fffff); // NaN of either kind
    case 3: return sign | (low & 0x7fffff);              // denormal
    case 4: return sign | 0x3f800000;
    case 5: return sign | 0x7f7fffff;
    case 6: return sign | 0x00800000;
    case 7: return sign | (0x3f800000 + ((low & 0x1f) << 23)); // powers of two around integer borders
    default: return low;
    }
}

static uint64_t interesting_float64(uint64_t *state) {
    uint64_t r = random64(state), low = random64(state), sign = low & 1ull << 63;
    switch (r & 15) {
    case 0: return sign;
    case 1: return sign | 0x7ffull << 52;
    case 2: return sign | 0x7ffull << 52 | (low & 0xfffffffffffffull);
    case 3: return sign | (low & 0xfffffffffffffull);
    case 4: return sign | 0x3ffull << 52;
    case 5: return sign | 0x7fefffffffffffffull;
    case 6: return sign | 1ull << 52;
    case 7: return sign | (0x3ffull + (low & 63)) << 52;
    case 8: return sign | (0x3ffull + (low & 63)) << 52 | (low >> 8 & 0xfffffffffffffull);
    default: return low;
    }
}

// 80 bits have more ways to be strange than any other format: explicit integer bit, so unnormals, pseudo-everything.
static float80 interesting_float80(uint64_t *state, int kind) {
    uint64_t r = random64(state), m = random64(state), top = 1ull << 63;
    uint16_t sign = (uint16_t)(r & 0x8000), spread = (uint16_t)(r >> 32);
    // Half of the mantissas are short or have long runs of ones, so that exact results, ties and carries happen.
    switch ((r >> 16) & 7) {
    case 0: m = top; break;
    case 1: m = top | (m & 0xffull << 55); break;
    case 2: m = ~0ull << (m & 63); break;
    case 3: m = top | m >> (m & 63); break;
    default: break;
    }
    float80 f = {m | top, (uint16_t)(sign | 0x3fff)};
    switch (kind) {
    case F_MODERATE: f.exponent = sign | (0x3fff - 40 + spread % 100); return f;
    case F_SMALL: f.exponent = sign | (0x3fff - 70 + spread % 70); return f;
    case F_NEAR: f.exponent = sign | (0x3fff - 2 + spread % 5); return f;
    }
    switch ((r >> 20) & 31) {
    case 0:
    case 1: f.mantissa = 0, f.exponent = sign; break;                       // zero
    case 2: f.mantissa = top; break;                                        // one
    case 3: f.mantissa = top, f.exponent = sign | 0x7fff; break;            // infinity
    case 4: f.mantissa = m | 3ull << 62, f.exponent = sign | 0x7fff; break; // quiet NaN
    case 5: f.mantissa = (m & ~(1ull << 62)) | top | 1, f.exponent = sign | 0x7fff; break; // signalling NaN
    case 6: f.mantissa = m & ~top, f.exponent = sign; break;                // denormal
    case 7: f.exponent = sign; break;                                       // pseudo-denormal
    case 8: f.mantissa = m & ~top, f.exponent = sign | (spread & 0x7fff); break; // unnormal
    case 9: f.mantissa = m & ~top, f.exponent = sign | 0x7fff; break;       // pseudo-NaN, pseudo-infinity
    case 10: f.exponent = sign | 0x7ffe; break;
    case 11: f.exponent = sign | 1; break;
    case 12: f.exponent = sign | (1 + (spread & 0x7f)); break;
    case 13: f.exponent = sign | (0x7ffe - (spread & 0x7f)); break;
    case 14:
    case 15:
    case 16: f.exponent = sign | (0x3fff - 2 + (spread & 0x7f) % 70); break; // around the borders of the integers
    case 17: f.exponent = sign | (0x3fff - 0x400 + (spread & 0x7ff)); break; // around the range of doubles
    case 18: f.exponent = sign | (0x3fff - 0x80 + (spread & 0xff)); break;   // around the range of floats
    case 19:
    case 20: f.exponent = sign | (spread & 0x7fff) % 0x7fff; break;
    default: f.exponent = sign | (0x3fff - 4 + (spread & 7)); break;
    }
    return f;
}

static void put(uint8_t *to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> 8 * i);
}

static void make_window(uint64_t *state, int kind, uint8_t *w) {
    switch (kind) {
    case W_INTEGER:
        for (int i = 0; i < WINDOW_BYTES; i += 4) put(w + i, interesting32(state), 4);
        break;
    case W_ALPHABET: // long equal runs for the comparing string instructions
        for (int i = 0; i < WINDOW_BYTES; i += 8) {
            uint64_t r = random64(state);
            put(w + i, (r >> 60) < 12 ? 0x4141414141414141ull : (r & 0x0101010101010101ull) + 0x4040404040404040ull, 8);
        }
        break;
    case W_FLOAT32:
        for (int i = 0; i < WINDOW_BYTES; i += 4) put(w + i, interesting_float32(state), 4);
        break;
    case W_FLOAT64:
        for (int i = 0; i < WINDOW_BYTES; i += 8) put(w + i, interesting_float64(state), 8);
        break;
    case W_FLOAT80:
        for (int i = 0; i < 120; i += 10) {
            float80 f = interesting_float80(state, F_ANY);
            put(w + i, f.mantissa, 8);
            put(w + i + 8, f.exponent, 2);
        }
        put(w + 120, 0, 8);
        break;
    }
}

static void make_x87(const group *g, uint64_t *state, x87_state *f) {
    uint64_t r = random64(state);
    f->control = (uint16_t)((r & g->control_and) | g->control_or | 0x40);
    if ((f->control & 0x300) == 0x100) f->control |= 0x200; // precision 01 is reserved
    f->status = (uint16_t)(((r >> 16) & g->status_and) | g->status_or) & 0x7f7f;
    if (f->status & ~f->control & 0x3f) f->status |= 0x8080; // summary and busy follow from the rest
    uint8_t empty = (uint8_t)(((r >> 32) & (r >> 40) & g->empty_and) | g->empty_or);
    int top = f->status >> 11 & 7;
    f->valid = 0;
    for (int i = 0; i < 8; i++) {
        int physical = (top + i) & 7;
        f->reg[physical] = interesting_float80(state, g->kinds[i < 2 ? i : 2]);
        if (!(empty >> i & 1)) f->valid |= (uint8_t)(1 << physical);
    }
    f->eip = 0x01234567, f->data = 0x089ABCDE, f->opcode = 0x123;
}

void make_state(const group *g, int index, machine *m) {
    uint64_t state = (uint64_t)g->seed << 32 | (uint32_t)index;
    random64(&state);
    for (int i = 0; i < 8; i++) m->gpr[i] = interesting32(&state);
    m->eflags = 0x302 | ((uint32_t)random64(&state) & 0xcd5); // IF and TF always, the rest as it falls
    if (g->flags & G_SEQUENCE) m->eflags &= ~0x100u;
    for (int i = 0; i < g->override_count; i++) {
        const override *o = &g->overrides[i];
        uint32_t value = o->value + ((uint32_t)random64(&state) & o->mask);
        if (o->reg == EFLAGS) m->eflags = (m->eflags & ~o->mask) | o->value;
        else if (o->half) m->gpr[o->reg] = (m->gpr[o->reg] & 0xffff0000) | (value & 0xffff);
        else m->gpr[o->reg] = value;
    }
    m->eip = g->address;
    memcpy(m->seg, g->segments, sizeof m->seg);
    if (g->window_kind == W_EXPLICIT) g->fill(m->window, g->explicit_bytes);
    else make_window(&state, g->window_kind, m->window);
    if (g->flags & G_X87) make_x87(g, &state, &m->x87);
    else memset(&m->x87, 0, sizeof m->x87);
}

void fill_arena(uint8_t *bytes) {
    uint64_t state = 0x0A11CE;
    for (int i = 0; i < ARENA_BYTES; i += 4) put(bytes + i, interesting32(&state), 4);
    memset(bytes, 0xcc, 2 * PAGE); // a stray jump in the code pages meets a breakpoint
}
