// Every instruction of the one-byte and 0F maps that ring 3 can execute on integers, one line each.
// Left out, because a younger processor gives these bytes another meaning: C4/C5 with a register operand (VEX), 62 with
// one (EVEX), F3 0F BC/BD (TZCNT, LZCNT). Left out because the kernel answers: CD 80, 0F 05, 0F 34.
#include "operands.h"
#include <stdio.h>
#include <string.h>

static const form forms[] = {
    // Multiplication and division. Small high halves, so that not every division overflows.
    {"F6/4", "mul Eb", 0, "|eax=0&f0f"},
    {"F6/5", "imul Eb", 0, "|eax=0&f0f"},
    {"F7/4", "mul Ev", 0, "|eax=0&fffff"},
    {"F7/5", "imul Ev", 0, "|eax=fffff000&1fff"},
    {"F6/6", "div Eb", F_DEEP, "eax=0&fff|ax=0&7f"},
    {"F6/7", "idiv Eb", F_DEEP, "ax=fc00&7ff|ax=ff80&ff|"},
    {"F7/6", "div Ev", F_DEEP, "edx=0&ffff|edx=0|edx=0&7"},
    {"F7/7", "idiv Ev", F_DEEP, "edx=ffff8000&ffff|edx=ffffffff&1|edx=fffffffc&7"},
    {"0FAF/r", "imul Gv,Ev", F_DEEP, NULL},
    {"69/r", "imul Gv,Ev,Iv", F_DEEP, NULL},
    {"6B/r", "imul Gv,Ev,Ib", F_DEEP, NULL},

    {"F6/0", "test Eb,Ib", 0, NULL},
    {"F6/1", "test Eb,Ib", 0, NULL},
    {"F7/0", "test Ev,Iv", 0, NULL},
    {"F7/1", "test Ev,Iv", 0, NULL},
    {"F6/2", "not Eb", F_LOCK, NULL},
    {"F7/2", "not Ev", F_LOCK, NULL},
    {"F6/3", "neg Eb", F_LOCK, NULL},
    {"F7/3", "neg Ev", F_LOCK, NULL},
    {"84/r", "test Eb,Gb", 0, NULL},
    {"85/r", "test Ev,Gv", 0, NULL},
    {"A8", "test AL,Ib", 0, NULL},
    {"A9", "test eAX,Iv", 0, NULL},
    {"FE/0", "inc Eb", F_LOCK, NULL},
    {"FE/1", "dec Eb", F_LOCK, NULL},
    {"FF/0", "inc Ev", F_LOCK, NULL},
    {"FF/1", "dec Ev", F_LOCK, NULL},

    // Moves.
    {"88/r", "mov Eb,Gb", F_ADDRESSING, NULL},
    {"89/r", "mov Ev,Gv", F_ADDRESSING, NULL},
    {"8A/r", "mov Gb,Eb", F_ADDRESSING, NULL},
    {"8B/r", "mov Gv,Ev", F_ADDRESSING, NULL},
    {"8D/r", "lea Gv,M", F_ADDRESSING, NULL},
    {"C6/0", "mov Eb,Ib", 0, NULL},
    {"C7/0", "mov Ev,Iv", 0, NULL},
    {"86/r", "xchg Eb,Gb", F_LOCK, NULL},
    {"87/r", "xchg Ev,Gv", F_LOCK, NULL},
    {"0FB6/r", "movzx Gv,Eb", 0, NULL},
    {"0FB7/r", "movzx Gv,Ew", 0, NULL},
    {"0FBE/r", "movsx Gv,Eb", 0, NULL},
    {"0FBF/r", "movsx Gv,Ew", 0, NULL},
    {"8F/0", "pop Ev", F_ADDRESSING, NULL},
    {"FF/6", "push Ev", F_ADDRESSING, NULL},
    {"68", "push Iv", 0, NULL},
    {"6A", "push Ibv", 0, NULL},
    {"60", "pusha v", 0, NULL},
    {"61", "popa v", 0, NULL},
    {"C9", "leave v", 0, "ebp=30000900&1c|ebp=30000ffe&3"},
    {"98", "cbw v", F_NO_REPEAT, NULL},
    {"99", "cwd v", F_NO_REPEAT, NULL},
    {"9E", "sahf", F_DEEP, NULL},
    {"9F", "lahf", F_DEEP, NULL},
    {"F5", "cmc", 0, NULL},
    {"F8", "clc", 0, NULL},
    {"F9", "stc", 0, NULL},
    {"FC", "cld", 0, NULL},
    {"FD", "std", 0, NULL},

    // Decimal adjustments.
    {"27", "daa", F_DEEP, "|eax=0&ff|eax=0&ff"},
    {"2F", "das", F_DEEP, "|eax=0&ff|eax=0&ff"},
    {"37", "aaa", F_DEEP, "|eax=0&ffff"},
    {"3F", "aas", F_DEEP, "|eax=0&ffff"},
    {"D4", "aam Ib", F_DEEP, NULL},
    {"D5", "aad Ib", F_DEEP, NULL},
    {"D40A", "aam 10", 0, NULL},
    {"D400", "aam 0", 0, NULL},
    {"D50A", "aad 10", 0, NULL},
    {"D6", "salc", 0, NULL},
    {"D7", "xlat", F_PLAIN, "ebx=20000400&ff"},
    {"67D7", "xlat a16", F_PLAIN, "bx=8400&ff"},
    {"26D7", "xlat es", F_PLAIN, "ebx=20000400&ff"},
    {"66D7", "xlat o16", F_PLAIN, "ebx=20000400&ff"},
    {"64D7", "xlat fs", F_PLAIN, "ebx=20001ff0&1f"},

    // Bits.
    {"0FA3/r", "bt Ev,Gv", F_DEEP, NULL},
    {"0FAB/r", "bts Ev,Gv", F_LOCK, NULL},
    {"0FB3/r", "btr Ev,Gv", F_LOCK, NULL},
    {"0FBB/r", "btc Ev,Gv", F_LOCK, NULL},
    {"0FBA/4", "bt Ev,Ib", 0, NULL},
    {"0FBA/5", "bts Ev,Ib", F_LOCK, NULL},
    {"0FBA/6", "btr Ev,Ib", F_LOCK, NULL},
    {"0FBA/7", "btc Ev,Ib", F_LOCK, NULL},
    {"0FBC/r", "bsf Gv,Ev", F_DEEP, NULL},
    {"0FBD/r", "bsr Gv,Ev", F_DEEP, NULL},
    {"0FA4/r", "shld Ev,Gv,Is", F_DEEP, NULL},
    {"0FAC/r", "shrd Ev,Gv,Is", F_DEEP, NULL},
    {"0FA5/r", "shld Ev,Gv,CL", F_DEEP, "ecx=0&1f|ecx=0&ff"},
    {"0FAD/r", "shrd Ev,Gv,CL", F_DEEP, "ecx=0&1f|ecx=0&ff"},

    // Exchanges.
    {"0FC0/r", "xadd Eb,Gb", F_LOCK, NULL},
    {"0FC1/r", "xadd Ev,Gv", F_LOCK, NULL},
    {"0FB0/r", "cmpxchg Eb,Gb", F_LOCK | F_DEEP, "|eax=0&1|eax=7f&3"},
    {"0FB1/r", "cmpxchg Ev,Gv", F_LOCK | F_DEEP, "|eax=0&1|eax=7fffffff&1"},

    {"63/r", "arpl Ew,Gw", F_DEEP, NULL},
    {"62/r", "bound Gv,M", F_NO_REG | F_DEEP, NULL},
    {"C8", "enter Iw,Ib", F_DEEP, "ebp=30000e00&fc|ebp=30001000&1f"},

    // Jumps that look at ECX.
    {"E0", "loopne Jb", F_PLAIN, "ecx=0&3|"},
    {"E1", "loope Jb", F_PLAIN, "ecx=0&3|"},
    {"E2", "loop Jb", F_PLAIN, "ecx=0&3|"},
    {"E3", "jecxz Jb", F_PLAIN, "ecx=0&1|"},
    {"FF/2", "call Ev", 0, NULL},
    {"FF/4", "jmp Ev", 0, NULL},
    {"C3", "ret v", F_NO_REPEAT, NULL},
    {"C2", "ret Iw,v", F_NO_REPEAT, NULL},
    {"90", "nop", F_NO_REPEAT, NULL},
    {"F390", "pause", F_PLAIN, NULL},
    {"0F19/r", "hint nop Ev", 0, NULL},
    {"0F1A/r", "hint nop Ev", 0, NULL},
    {"0F1B/r", "hint nop Ev", 0, NULL},
    {"0F1C/r", "hint nop Ev", 0, NULL},
    {"0F1D/r", "hint nop Ev", 0, NULL},
    {"0F1E/r", "hint nop Ev", 0, NULL},
    {"0F1F/r", "nop Ev", 0, NULL},
    {"0F18/r", "hint nop Ev", 0, NULL},
    {"9B", "fwait", 0, NULL},
};

// The eight operations that share one row of the map each.
static void arithmetic(void) {
    static const char *names[8] = {"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"};
    static const struct { int opcode; const char *operands; } columns[] = {
        {0, "Eb,Gb"}, {1, "Ev,Gv"}, {2, "Gb,Eb"}, {3, "Gv,Ev"}, {4, "AL,Ib"}, {5, "eAX,Iv"}};
    char code[8], text[24];
    form f = {code, text, 0, NULL};
    for (int op = 0; op < 8; op++) {
        for (int c = 0; c < 6; c++) {
            snprintf(code, sizeof code, c < 4 ? "%02X/r" : "%02X", op * 8 + columns[c].opcode);
            snprintf(text, sizeof text, "%s %s", names[op], columns[c].operands);
            record_form(&f);
        }
        static const struct { int opcode; const char *operands; } groups[] = {
            {0x80, "Eb,Ib"}, {0x81, "Ev,Iv"}, {0x82, "Eb,Ib"}, {0x83, "Ev,Ib"}};
        for (int c = 0; c < 4; c++) {
            snprintf(code, sizeof code, "%02X/%d", groups[c].opcode, op);
            snprintf(text, sizeof text, "%s %s", names[op], groups[c].operands);
            record_form(&f);
        }
    }
}

static void shifts(void) {
    static const char *names[8] = {"rol", "ror", "rcl", "rcr", "shl", "shr", "sal", "sar"};
    static const struct { int opcode; const char *operands; const char *recipe; } columns[] = {
        {0xc0, "Eb,Is", ""}, {0xc1, "Ev,Is", ""}, {0xd0, "Eb,1", ""}, {0xd1, "Ev,1", ""},
        {0xd2, "Eb,CL", "ecx=0&f|ecx=0&ff"}, {0xd3, "Ev,CL", "ecx=0&1f|ecx=0&ff"}};
    char code[8], text[24];
    for (int op = 0; op < 8; op++)
        for (int c = 0; c < 6; c++) {
            form f = {code, text, c < 2 ? F_DEEP : 0, columns[c].recipe};
            snprintf(code, sizeof code, "%02X/%d", columns[c].opcode, op);
            snprintf(text, sizeof text, "%s %s", names[op], columns[c].operands);
            record_form(&f);
        }
}

static void registers(void) {
    static const struct { int opcode; const char *text; int flags; } rows[] = {
        {0x40, "inc Zv", 0}, {0x48, "dec Zv", 0}, {0x50, "push Zv", 0}, {0x58, "pop Zv", 0},
        {0x90, "xchg Zv,eAX", F_NO_REPEAT}, {0xb0, "mov Zb,Ib", 0}, {0xb8, "mov Zv,Iv", 0}};
    char code[16];
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (int i = 0; i < 8; i++) {
            form f = {code, rows[r].text, rows[r].flags | F_PLAIN, NULL};
            snprintf(code, sizeof code, "%02X", rows[r].opcode + i);
            record_form(&f);
        }
    for (int i = 0; i < 8; i++) {
        form f = {code, "bswap Z", F_PLAIN, NULL};
        snprintf(code, sizeof code, "0F%02X", 0xc8 + i);
        record_form(&f);
        snprintf(code, sizeof code, "660F%02X", 0xc8 + i); // undefined, but not refused
        record_form(&f);
    }
}

static void conditions(void) {
    static const char *cc[16] = {"o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"};
    char code[8], text[24];
    form f = {code, text, 0, NULL};
    for (int i = 0; i < 16; i++) {
        snprintf(code, sizeof code, "0F%02X/r", 0x40 + i), snprintf(text, sizeof text, "cmov%s Gv,Ev", cc[i]);
        record_form(&f);
        snprintf(code, sizeof code, "0F%02X/%d", 0x90 + i, (int)choose(8)), snprintf(text, sizeof text, "set%s Eb", cc[i]);
        record_form(&f);
        snprintf(code, sizeof code, "%02X", 0x70 + i), snprintf(text, sizeof text, "j%s Ib", cc[i]);
        record_form(&f);
        snprintf(code, sizeof code, "0F%02X", 0x80 + i), snprintf(text, sizeof text, "j%s Iv", cc[i]);
        record_form(&f);
    }
    static const form jumps[] = {{"E8", "call Iv", F_NO_REPEAT, NULL}, {"E9", "jmp Iv", F_NO_REPEAT, NULL},
                                 {"EB", "jmp Ibv", F_NO_REPEAT, NULL}};
    for (int i = 0; i < 3; i++) record_form(&jumps[i]);
    // The counting jumps, with either counter and truncated targets.
    static const char *names[4] = {"loopne", "loope", "loop", "jecxz"};
    for (int i = 0; i < 4; i++)
        for (int prefixes = 0; prefixes < 4; prefixes++) {
            char hex[16];
            snprintf(hex, sizeof hex, "%s%s%02X%02X", prefixes & 1 ? "66" : "", prefixes & 2 ? "67" : "", 0xe0 + i, (int)choose(256));
            record_code(names[i], hex, "ecx=0&3", 2 * effort, 0);
            record_code(names[i], hex, "cx=0&1", 2 * effort, 0);
        }
}

// MOV between the accumulator and a direct address.
static void direct_moves(void) {
    static const char *names[4] = {"mov AL,Ob", "mov eAX,Ov", "mov Ob,AL", "mov Ov,eAX"};
    static const uint32_t places[] = {DATA + 0x123, DATA + PAGE - 2, ROM + 0x10, DATA + 2 * PAGE - 1, LOW + 0x321, LOW + PAGE - 1, 0};
    for (int op = 0; op < 4; op++)
        for (int half = 0; half < 2; half++)
            for (int place = 0; place < 7; place++)
                for (int short_addresses = 0; short_addresses < 2; short_addresses++) {
                    char hex[32];
                    uint32_t a = places[place];
                    if (short_addresses && a > 0xffff) continue;
                    int n = snprintf(hex, sizeof hex, "%s%s%02X%02X%02X", half ? "66" : "", short_addresses ? "67" : "",
                                     0xa0 + op, a & 255, a >> 8 & 255);
                    if (!short_addresses) snprintf(hex + n, sizeof hex - (size_t)n, "%02X%02X", a >> 16 & 255, a >> 24);
                    record_code(names[op], hex, "", effort, 0);
                }
}

static void strings(void) {
    static const struct { int opcode; const char *name; bool compares; } rows[] = {
        {0xa4, "movsb", 0}, {0xa5, "movsv", 0}, {0xa6, "cmpsb", 1}, {0xa7, "cmpsv", 1}, {0xaa, "stosb", 0},
        {0xab, "stosv", 0}, {0xac, "lodsb", 0}, {0xad, "lodsv", 0}, {0xae, "scasb", 1}, {0xaf, "scasv", 1}};
    static const int repeats[3] = {0, 0xf3, 0xf2};
    // Both pointers inside the window; overlapping; at the end of the mapped pages; into read-only memory; across a page.
    static const char *recipes[] = {"esi=20000430&f,edi=20000440&1f,ecx=0&1f", "esi=20000410&3,edi=20000412&3,ecx=0&1f",
                                    "esi=20001ff0&f,edi=20000450,ecx=0&f", "esi=20000440&f,edi=20001ff0&f,ecx=0&f",
                                    "esi=20000ff0&f,edi=20003040,ecx=0&3", "esi=20000ff0&f,edi=30000ff8&f,ecx=0&7",
                                    "esi=20000420&3,edi=20000450&3,ecx=0&7f"};
    static const char *short_recipes[] = {"si=8430&f,di=8440&1f,cx=0&1f", "si=9ff0&f,di=8450,cx=0&f",
                                          "si=8440&f,di=7ff8&f,cx=0&7", "si=0&3,di=ffff,cx=0&3"};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (int half = 0; half <= (rows[r].opcode & 1); half++)
            for (int repeat = 0; repeat < 3; repeat++)
                for (int recipe = 0; recipe < 11; recipe++)
                    for (int accumulator = 0; accumulator < 1 + rows[r].compares; accumulator++) {
                        bool short_addresses = recipe >= 7;
                        group g = new_group(rows[r].name);
                        uint8_t prefix[4];
                        int n = 0;
                        if (half) prefix[n++] = 0x66;
                        if (short_addresses) prefix[n++] = 0x67;
                        if (repeats[repeat]) prefix[n++] = (uint8_t)repeats[repeat], g.flags |= G_REPEAT;
                        if (recipe == 6) prefix[n++] = 0x26 + 8 * (uint8_t)choose(4);
                        add_code(&g, prefix, n);
                        add_code(&g, &rows[r].opcode, 1);
                        add_recipe(&g, short_addresses ? short_recipes[recipe - 7] : recipes[recipe]);
                        if (accumulator) set_register(&g, EAX, 0x41414141, 0);
                        g.window = (short_addresses ? LOW : DATA) + 0x410;
                        g.window_kind = rows[r].compares ? W_ALPHABET : W_INTEGER;
                        g.cases = (uint16_t)(recipe < 2 ? 2 * effort : effort);
                        place_code(&g);
                        record_group(&g);
                    }
}

// The pair of doublewords that CMPXCHG8B compares is equal to EDX:EAX half the time.
static void fill_pair(uint8_t *bytes, int count) {
    memset(bytes, 0, (size_t)count);
    bytes[0] = (uint8_t)choose(2), bytes[4] = (uint8_t)choose(2);
}

static void compare_exchange_8(void) {
    for (int i = 0; i < 16; i++) {
        group g = new_group("cmpxchg8b Mq");
        set_register(&g, EAX, 0, 1), set_register(&g, EDX, 0, 1);
        uint8_t lock = 0xf0;
        if (i & 1) add_code(&g, &lock, 1);
        if (i & 2) add_code(&g, "\x67", 1);
        if (i % 5 == 4) add_code(&g, "\x66", 1);
        add_code(&g, "\x0f\xc7", 2);
        g.window = i == 12 ? ROM + 0x40 : i & 2 ? LOW + 0x654 : i == 13 ? DATA + 2 * PAGE - 4 : DATA + PAGE - 12 + (uint32_t)i;
        add_memory(&g, 1, i & 2, g.window, 0, 0, -1);
        g.window_kind = W_EXPLICIT, g.explicit_bytes = 8, g.fill = fill_pair;
        g.cases = (uint16_t)(3 * effort);
        place_code(&g);
        record_group(&g);
    }
    record_code("cmpxchg8b reg", "0FC7C9", "", 2, 0);
    record_code("cmpxchg8b reg", "F00FC7C8", "", 2, 0);
}

// Bit offsets that reach far from the operand, both ways; only the bit-string forms do this.
static void bit_strings(void) {
    static const int opcodes[4] = {0xa3, 0xab, 0xb3, 0xbb};
    static const char *names[4] = {"bt Ev,Gv", "bts Ev,Gv", "btr Ev,Gv", "btc Ev,Gv"};
    for (int op = 0; op < 4; op++)
        for (int i = 0; i < 24; i++) {
            group g = new_group(names[op]);
            bool half = i & 1, short_addresses = i % 5 == 0, lock = op && i % 4 == 3;
            if (half) add_code(&g, "\x66", 1);
            if (short_addresses) add_code(&g, "\x67", 1);
            if (lock) add_code(&g, "\xf0", 1);
            uint8_t code[2] = {0x0f, (uint8_t)opcodes[op]};
            add_code(&g, code, 2);
            int offset = (int)choose(4); // EAX…EBX; EBX may be the base too, which is worth a case
            set_register(&g, offset, 0xfffff000, 0x1fff);
            add_memory(&g, offset, short_addresses, (short_addresses ? LOW : DATA) + PAGE, 7, 0, -1);
            g.cases = (uint16_t)(2 * effort);
            place_code(&g);
            record_group(&g);
        }
}

void record_integer_forms(void) {
    arithmetic();
    shifts();
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) record_form(&forms[i]);
    registers();
    conditions();
    direct_moves();
    strings();
    compare_exchange_8();
    bit_strings();
}
