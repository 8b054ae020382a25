// All of D8…DF: every register form there is a byte for, every memory form with the operands it takes, under rounding,
// precision and exception controls, with full, empty and mixed register stacks. Environments are recorded with their
// instruction and data pointers; which of those mean something is for the replay to say.
#include "operands.h"
#include <stdio.h>
#include <string.h>

static const char *memory_names[8][8] = {
    {"fadd m32", "fmul m32", "fcom m32", "fcomp m32", "fsub m32", "fsubr m32", "fdiv m32", "fdivr m32"},
    {"fld m32", NULL, "fst m32", "fstp m32", "fldenv", "fldcw", "fnstenv", "fnstcw"},
    {"fiadd m32", "fimul m32", "ficom m32", "ficomp m32", "fisub m32", "fisubr m32", "fidiv m32", "fidivr m32"},
    {"fild m32", NULL, "fist m32", "fistp m32", NULL, "fld m80", NULL, "fstp m80"},
    {"fadd m64", "fmul m64", "fcom m64", "fcomp m64", "fsub m64", "fsubr m64", "fdiv m64", "fdivr m64"},
    {"fld m64", NULL, "fst m64", "fstp m64", "frstor", NULL, "fnsave", "fnstsw m"},
    {"fiadd m16", "fimul m16", "ficom m16", "ficomp m16", "fisub m16", "fisubr m16", "fidiv m16", "fidivr m16"},
    {"fild m16", NULL, "fist m16", "fistp m16", "fbld", "fild m64", "fbstp", "fistp m64"}};

static const char *register_names[8][8] = {
    {"fadd", "fmul", "fcom", "fcomp", "fsub", "fsubr", "fdiv", "fdivr"},
    {"fld", "fxch", "fnop", "fstp1", NULL, NULL, NULL, NULL},
    {"fcmovb", "fcmove", "fcmovbe", "fcmovu", "", "", "", ""},
    {"fcmovnb", "fcmovne", "fcmovnbe", "fcmovnu", NULL, "fucomi", "fcomi", ""},
    {"fadd to", "fmul to", "fcom2", "fcomp3", "fsubr to", "fsub to", "fdivr to", "fdiv to"},
    {"ffree", "fxch4", "fst", "fstp", "fucom", "fucomp", "", ""},
    {"faddp", "fmulp", "fcomp5", "", "fsubrp", "fsubp", "fdivrp", "fdivp"},
    {"ffreep", "fxch7", "fstp8", "fstp9", NULL, "fucomip", "fcomip", ""}};

static const char *d9_names[32] = {
    "fchs", "fabs", "", "", "ftst", "fxam", "", "", "fld1", "fldl2t", "fldl2e", "fldpi", "fldlg2", "fldln2", "fldz", "",
    "f2xm1", "fyl2x", "fptan", "fpatan", "fxtract", "fprem1", "fdecstp", "fincstp", "fprem", "fyl2xp1", "fsqrt", "fsincos",
    "frndint", "fscale", "fsin", "fcos"};

static const char *register_name(int op, int modrm) {
    const char *name = register_names[op][modrm >> 3 & 7];
    if (name) return name;
    if (op == 1) return modrm < 0xe0 ? "" : d9_names[modrm - 0xe0];
    if (op == 2) return "";
    if (op == 3) {
        static const char *db[8] = {"feni", "fdisi", "fnclex", "fninit", "fsetpm", "", "", ""};
        return db[modrm & 7];
    }
    return modrm == 0xe0 ? "fnstsw AX" : "";
}

// How the x87 is prepared.
enum manner { ALL_MASKED, NEAR, UNMASKED, STACK_MIXED, STACK_EMPTY, STACK_FULL, PENDING, MODERATE, SMALL, MANNERS };

static void prepare(group *g, int manner) {
    g->flags |= G_X87;
    g->control_and = 0x0f00, g->control_or = 0x3f; // any rounding, any precision
    g->status_and = 0x7f00;                         // any top of stack, any condition codes
    g->empty_and = 0xfc;
    switch (manner) {
    case NEAR: g->kinds[0] = g->kinds[1] = F_NEAR, g->status_and |= 0x3f; break;
    case MODERATE: g->kinds[0] = g->kinds[1] = F_MODERATE; break;
    case SMALL: g->kinds[0] = F_SMALL, g->kinds[1] = F_MODERATE; break;
    case UNMASKED: g->control_and = 0x0f3f, g->control_or = 0; break;
    case STACK_MIXED: g->empty_and = 0xff, g->empty_or = (uint8_t)(1 + choose(3)), g->control_and = choose(2) ? 0x0f3f : 0x0f00;
        g->control_or = g->control_and & 0x3f ? 0 : 0x3f; break;
    case STACK_EMPTY: g->empty_or = 0xff; break;
    case STACK_FULL: g->empty_and = 0; g->control_and = 0x0f01, g->control_or = 0x3e; break;
    case PENDING: g->control_and = 0x0f3f, g->control_or = 0, g->status_and = 0x7f7f; break;
    }
}

static void register_form(int op, int modrm, int manner, int cases) {
    char name[40];
    const char *known = register_name(op, modrm);
    if (*known) snprintf(name, sizeof name, "%s", known);
    else snprintf(name, sizeof name, "%02X %02X", 0xd8 + op, modrm);
    group g = new_group(name);
    uint8_t code[2] = {(uint8_t)(0xd8 + op), (uint8_t)modrm};
    if (choose(24) == 0) add_code(&g, "\x66", 1);
    add_code(&g, code, 2);
    prepare(&g, manner);
    g.cases = (uint16_t)cases;
    place_code(&g);
    record_group(&g);
}

static void register_forms(void) {
    static const uint8_t deep[] = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
    for (int op = 0; op < 8; op++)
        for (int modrm = 0xc0; modrm < 0x100; modrm++) {
            const char *name = register_name(op, modrm);
            int scale = effort;
            if (!*name) { register_form(op, modrm, ALL_MASKED, 2); continue; }
            bool single = op == 1 && modrm >= 0xe0, function = single && memchr(deep, modrm, sizeof deep);
            // Eight registers share a form, so ST(1) gets the most states and the others enough to tell them apart.
            if (single && modrm < 0xf0) scale *= 2;
            else if (function) scale *= 12;
            else if ((modrm & 7) == 1) scale *= 6;
            register_form(op, modrm, ALL_MASKED, 3 * scale);
            register_form(op, modrm, NEAR, scale);
            register_form(op, modrm, UNMASKED, scale);
            register_form(op, modrm, STACK_MIXED, scale / 2 + 1);
            register_form(op, modrm, STACK_EMPTY, 2);
            register_form(op, modrm, STACK_FULL, effort / 2);
            register_form(op, modrm, PENDING, effort / 2);
            if (function) register_form(op, modrm, MODERATE, 2 * scale), register_form(op, modrm, SMALL, 2 * scale);
        }
}

static void fill_decimal(uint8_t *bytes, int count) {
    for (int i = 0; i < count; i++) bytes[i] = (uint8_t)(choose(10) << 4 | choose(10));
    bytes[9] = (uint8_t)(choose(2) << 7);
    switch (choose(8)) {
    case 0: memset(bytes, 0, 9); break;
    case 1: bytes[choose(9)] = (uint8_t)choose(256); break; // not decimal: the result is undefined, the flags are not
    case 2: bytes[9] |= (uint8_t)choose(128); break;
    }
}

// Control words, status words and environments: mostly all exceptions masked.
static void fill_control(uint8_t *bytes, int count) {
    for (int i = 0; i < count; i++) bytes[i] = (uint8_t)choose(256);
    if (choose(2)) bytes[0] |= 0x3f;
    if ((bytes[1] & 3) == 1) bytes[1] |= 2;
}

static void fill_environment(uint8_t *bytes, int count) {
    fill_control(bytes, count);
    if (count > 28) // registers follow: let half of them be plain numbers
        for (int i = count - 80; i + 10 <= count; i += 10)
            if (choose(2)) bytes[i + 7] |= 0x80, bytes[i + 8] = (uint8_t)choose(256), bytes[i + 9] = (uint8_t)(0x3f | (choose(2) << 7));
}

static void memory_form(int op, int reg, int manner, int cases, bool half, bool short_addresses, uint32_t target, bool write_fault) {
    char name[40];
    const char *known = memory_names[op][reg];
    if (known) snprintf(name, sizeof name, "%s", known);
    else snprintf(name, sizeof name, "%02X /%d", 0xd8 + op, reg);
    group g = new_group(name);
    uint8_t opcode = (uint8_t)(0xd8 + op);
    if (half) add_code(&g, "\x66", 1);
    if (short_addresses) add_code(&g, "\x67", 1);
    add_code(&g, &opcode, 1);
    prepare(&g, manner);
    g.cases = (uint16_t)cases;
    g.window = target;
    uint32_t jitter = 0;
    static const uint8_t by_opcode[8] = {W_FLOAT32, W_FLOAT32, W_INTEGER, W_INTEGER, W_FLOAT64, W_FLOAT64, W_INTEGER, W_INTEGER};
    g.window_kind = by_opcode[op];
    if (op == 3 && reg >= 5) g.window_kind = W_FLOAT80;
    if (op == 1 && reg == 5) g.window_kind = W_EXPLICIT, g.explicit_bytes = 2, g.fill = fill_control;
    if (op == 1 && reg == 4) g.window_kind = W_EXPLICIT, g.explicit_bytes = half ? 14 : 28, g.fill = fill_environment;
    if (op == 5 && reg == 4) g.window_kind = W_EXPLICIT, g.explicit_bytes = half ? 94 : 108, g.fill = fill_environment;
    if (op == 7 && reg == 4) g.window_kind = W_EXPLICIT, g.explicit_bytes = 10, g.fill = fill_decimal;
    if (write_fault) jitter = 7;
    add_memory(&g, reg, short_addresses, target, jitter, 0, -1);
    place_code(&g);
    record_group(&g);
}

static void memory_forms(void) {
    for (int op = 0; op < 8; op++)
        for (int reg = 0; reg < 8; reg++) {
            if (!memory_names[op][reg]) {
                if (op == 3 && reg == 1) continue; // FISTTP came later
                if (op == 5 && reg == 1) continue;
                if (op == 7 && reg == 1) continue;
                memory_form(op, reg, ALL_MASKED, 2, false, false, DATA + 0x440, false);
                continue;
            }
            bool image = (op == 1 || op == 5) && (reg == 4 || reg == 6); // long, so fewer
            int scale = image ? 1 : effort;
            for (int i = 0; i < 4; i++) {
                bool short_addresses = i == 1;
                uint32_t target = short_addresses ? LOW + 0x500 + choose(256) : i == 2 ? DATA + PAGE - choose(10) : DATA + 0x600 + choose(256);
                memory_form(op, reg, ALL_MASKED, 4 * scale, false, short_addresses, target, false);
                memory_form(op, reg, NEAR, scale, i == 3, false, target, false);
                memory_form(op, reg, UNMASKED, 2 * scale, i == 3, false, target, false);
                memory_form(op, reg, STACK_MIXED, scale, i == 3, false, target, false);
                if (image) memory_form(op, reg, ALL_MASKED, 4, true, i == 1, target, false);
                if (op == 3 || op == 7 || op == 2) memory_form(op, reg, MODERATE, 2 * scale, false, false, target, false);
            }
            memory_form(op, reg, STACK_EMPTY, 2, false, false, DATA + 0x700, false);
            memory_form(op, reg, STACK_FULL, effort / 2, false, false, DATA + 0x700, false);
            memory_form(op, reg, PENDING, effort / 2, false, false, DATA + 0x700, false);
            memory_form(op, reg, ALL_MASKED, 2, false, false, ROM + 0x20, false);
            memory_form(op, reg, UNMASKED, 3, false, false, ROM + 0x20, false);
            memory_form(op, reg, ALL_MASKED, 3, false, false, DATA + 2 * PAGE - 9, true);
            if (image) memory_form(op, reg, ALL_MASKED, 2, false, false, DATA + 2 * PAGE - 90, false);
        }
}

static void waits(void) {
    for (int i = 0; i < 8; i++) {
        group g = new_group("fwait");
        add_code(&g, "\x9b", 1);
        prepare(&g, i & 1 ? PENDING : ALL_MASKED);
        g.cases = (uint16_t)effort;
        place_code(&g);
        record_group(&g);
    }
}

void record_x87_forms(void) {
    register_forms();
    memory_forms();
    waits();
}
