// Building groups: one line of a form table becomes many encodings and recipes.
#pragma once
#include "oracle.h"

enum form_flag {
    F_LOCK = 1,     // may be locked when the destination is memory
    F_NO_REG = 2,   // the register form is something else on a younger processor, or is listed by itself
    F_NO_MEM = 4,
    F_PAIR = 8,     // see G_PAIR
    F_RESULTS = 32, // see G_RESULTS
    F_DEEP = 64,    // arithmetic that deserves four times the states
    F_ADDRESSING = 128, // walk all addressing modes
    F_PLAIN = 256,  // no prefix variations
    F_NO_REPEAT = 512, // F2 and F3 select another instruction on a younger processor
};

// `code`: opcode bytes in hex, "/r" or "/digit" follows when there is a ModRM byte ("0FBA/4").
// `text`: mnemonic and operands in the letters of the opcode map (Intel SDM volume 2, appendix A.2): E and M take the
// ModRM byte's r/m (M: memory only), G its reg; b w v are sizes; Ib Iw Iv Is are immediates (Is: a shift count).
// `recipe`: variants separated by '|', each a list "reg=value&mask" in hex; empty: random registers.
typedef struct {
    const char *code, *text;
    int flags;
    const char *recipe;
} form;

group new_group(const char *name);
void set_register(group *g, int reg, uint32_t value, uint32_t mask);
void set_half(group *g, int reg, uint32_t value, uint32_t mask);
void add_code(group *g, const void *code, int count);
void add_recipe(group *g, const char *recipe); // one variant
void place_code(group *g);                      // picks the address: call after the code is complete

// Appends ModRM, SIB and displacement for a memory operand at `target` (plus a random 0…`jitter`), and the register
// overrides that make it true. `base` is the segment's base, `mode` 0…23 fixes mod and r/m, -1 leaves it to chance.
void add_memory(group *g, int reg, bool short_addresses, uint32_t target, uint32_t jitter, uint32_t base, int mode);

void record_form(const form *f);
void record_code(const char *name, const char *hex, const char *recipe, int cases, int flags);
