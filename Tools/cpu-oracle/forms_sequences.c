// Short programs, run at full speed to a breakpoint: what one instruction leaves behind is what the next one finds. An
// engine that fuses instructions, drops flags that nobody reads, or keeps decoded code can be right about each form
// and wrong about these. Flags that the manual leaves undefined are tracked, so that no program depends on one.
#include "operands.h"
#include <stdio.h>
#include <string.h>

enum { CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, OF = 0x800, ALL = CF | PF | AF | ZF | SF | OF };

// What an instruction does to the flags.
typedef struct { uint32_t uses, defines, undefines; } effect;

typedef struct {
    uint8_t bytes[20];
    int size;
    effect flags;
    bool may_fault, moves_stack;
} instruction;

static void b(instruction *i, int value) { i->bytes[i->size++] = (uint8_t)value; }
static void imm(instruction *i, int bytes) {
    uint64_t state = dice64();
    uint32_t v = interesting32(&state);
    for (int k = 0; k < bytes; k++) b(i, (int)(v >> 8 * k));
}

static bool wild, floating; // this program meets bad memory; this one computes with the x87
static int in_loop; // ECX counts then and is not to be written
static int scratch(void) { // a register that programs may write: not ESP, not ESI (which points to the window)
    static const int all[] = {EAX, EDX, EBX, EBP, EDI, ECX};
    return all[choose(in_loop ? 5 : 6)];
}
static int scratch8(void) { return in_loop ? (int)choose(2) * 2 + (int)choose(2) * 4 : (int)choose(8); } // AL DL AH DH
static int pick(bool byte) { return byte ? scratch8() : scratch(); }

// ModRM with `reg`: a register operand, or [ESI + displacement] in the window.
static void operand(instruction *i, int reg, bool byte, bool memory) {
    if (memory && wild && choose(6) == 0) { // read-only, half mapped, unmapped
        uint32_t address = choose(2) ? ROM + choose(64) : choose(2) ? DATA + 2 * PAGE - 1 : DATA + 2 * PAGE + choose(64);
        b(i, 0x05 | reg << 3);
        for (int k = 0; k < 4; k++) b(i, (int)(address >> 8 * k));
        i->may_fault = true;
    } else if (memory) b(i, 0x46 | reg << 3), b(i, (int)choose(120));
    else b(i, 0xc0 | reg << 3 | pick(byte));
}

static uint32_t condition_uses(int cc) {
    static const uint32_t uses[8] = {OF, CF, ZF, CF | ZF, SF, PF, SF | OF, ZF | SF | OF};
    return uses[cc >> 1];
}

// Loads, stores and arithmetic. Comparisons reach eflags, unless an unmasked exception keeps them from it: nothing is
// defined for sure.
static instruction random_float(void) {
    instruction i = {.size = 0, .may_fault = true};
    static const uint8_t loads[][2] = {{0xd9, 0}, {0xdd, 0}, {0xdb, 0}, {0xdf, 0}, {0xdf, 5}, {0xdb, 5}, {0xd8, 0}, {0xdc, 1}, {0xdc, 4}, {0xda, 1}};
    static const uint8_t stores[][2] = {{0xd9, 3}, {0xdd, 3}, {0xdb, 3}, {0xdb, 7}, {0xdf, 7}, {0xd9, 2}, {0xdd, 2}, {0xdd, 7}, {0xd9, 7}};
    static const uint8_t constants[] = {0xe8, 0xeb, 0xee, 0xe0, 0xe1, 0xfa, 0xfc, 0xe5, 0xf6, 0xf7};
    const uint8_t *m = choose(2) ? loads[choose(10)] : stores[choose(9)];
    switch (choose(8)) {
    case 0: case 1: case 2: b(&i, m[0]), operand(&i, m[1], false, true); break;
    case 3: b(&i, choose(2) ? 0xd8 : choose(2) ? 0xdc : 0xde), b(&i, 0xc0 | (int)choose(2) << 3 | (int)choose(8)); break;
    case 4: b(&i, 0xd8), b(&i, 0xe0 | (int)choose(32)); break;
    case 5: b(&i, 0xd9), b(&i, choose(2) ? 0xc0 + (int)choose(16) : constants[choose(10)]); break;
    case 6: b(&i, choose(2) ? 0xdb : 0xdf), b(&i, (choose(2) ? 0xe8 : 0xf0) | (int)choose(8)); break; // F(U)COMI(P)
    default: b(&i, 0xdf), b(&i, 0xe0); // FNSTSW AX
    }
    return i;
}

static instruction random_string(void) {
    instruction i = {.size = 0, .may_fault = true};
    static const uint8_t opcodes[] = {0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf};
    int opcode = opcodes[choose(10)];
    uint32_t to = wild && choose(3) == 0 ? DATA + 2 * PAGE - 10 : DATA + 0xa00;
    b(&i, 0xbf); // mov edi, …
    for (int k = 0; k < 4; k++) b(&i, (int)(to >> 8 * k));
    b(&i, 0xb9), b(&i, 1 + (int)choose(9)), b(&i, 0), b(&i, 0), b(&i, 0); // mov ecx, …
    if (choose(4)) b(&i, 0xf2 | (int)choose(2));
    b(&i, opcode);
    if ((opcode & 6) == 6) i.flags = (effect){0, ALL, 0};
    return i;
}

static instruction random_instruction(void) {
    if (floating && choose(2)) return random_float();
    instruction i = {.size = 0};
    bool byte = choose(4) == 0, memory = choose(3) == 0;
    if (!byte && choose(5) == 0) b(&i, 0x66);
    bool half = i.size;
    int width = byte ? 1 : half ? 2 : 4, op = (int)choose(8);
    switch (choose(26)) {
    case 0: case 1: case 2: case 3: // arithmetic, register forms both ways
        if (choose(2)) b(&i, op << 3 | !byte), operand(&i, byte ? (int)choose(8) : (int)choose(8), byte, memory);
        else b(&i, op << 3 | 2 | !byte), operand(&i, pick(byte), byte, memory);
        goto arithmetic;
    case 4: case 5:
        b(&i, 0x80 | !byte), operand(&i, op, byte, memory), imm(&i, width);
        goto arithmetic;
    case 6:
        b(&i, 0x83), operand(&i, op, false, memory), imm(&i, 1);
    arithmetic:
        i.flags = (effect){op == 2 || op == 3 ? CF : 0, ALL, op == 1 || op == 4 || op == 6 ? AF : 0};
        break;
    case 7: b(&i, 0xfe | !byte), operand(&i, (int)choose(2), byte, memory); i.flags = (effect){0, ALL & ~CF, 0}; break;
    case 8: b(&i, 0xf6 | !byte), operand(&i, 3, byte, memory); i.flags = (effect){0, ALL, 0}; break;
    case 9: b(&i, 0xf6 | !byte), operand(&i, 2, byte, memory); break; // NOT
    case 10: b(&i, 0x84 | !byte), operand(&i, (int)choose(8), byte, memory); i.flags = (effect){0, ALL, AF}; break;
    case 11: b(&i, 0x88 | !byte), operand(&i, (int)choose(8), byte, memory); break;
    case 12: b(&i, 0x8a | !byte), operand(&i, pick(byte), byte, memory); break;
    case 13: b(&i, 0x0f), b(&i, 0xb6 | (int)choose(2) << 3 | (int)choose(2)), operand(&i, scratch(), in_loop, memory); break;
    case 14: b(&i, 0x8d), b(&i, 0x44 | scratch() << 3), b(&i, (int)(choose(4) << 6 | (choose(8) & 3) << 3 | choose(8))), imm(&i, 1); break;
    case 15: { // CMOVcc
        int cc = (int)choose(16);
        b(&i, 0x0f), b(&i, 0x40 | cc), operand(&i, scratch(), false, memory);
        i.flags.uses = condition_uses(cc);
        break;
    }
    case 16: { // SETcc
        int cc = (int)choose(16);
        b(&i, 0x0f), b(&i, 0x90 | cc), operand(&i, 0, true, memory);
        i.flags.uses = condition_uses(cc);
        break;
    }
    case 17: { // shifts and rotates by one: everything that they define
        b(&i, 0xd0 | !byte), operand(&i, op, byte, memory);
        i.flags = op < 4 ? (effect){op >= 2 ? CF : 0, CF | OF, 0} : (effect){0, ALL, AF};
        break;
    }
    case 18: { // by a constant, within the operand
        int count = 1 + (int)choose((uint32_t)width * 8 - 1);
        b(&i, 0xc0 | !byte), operand(&i, op, byte, memory), b(&i, count);
        i.flags = op < 4 ? (effect){op >= 2 ? CF : 0, CF, OF} : (effect){0, CF | PF | ZF | SF, AF | OF};
        break;
    }
    case 19: // by CL, perhaps by nothing: no flag is defined for sure
        b(&i, 0xd3), operand(&i, op == 4 || op == 5 || op == 6 ? 7 : op, false, memory);
        i.flags = (effect){op == 2 || op == 3 ? CF : 0, 0, op < 4 ? OF : OF | AF};
        break;
    case 20: b(&i, 0x0f), b(&i, 0xaf), operand(&i, scratch(), false, memory); i.flags = (effect){0, CF | OF, SF | ZF | AF | PF}; break;
    case 21: // the stack
        i.moves_stack = true;
        if (choose(2)) b(&i, 0x50 + (int)choose(8));
        else b(&i, 0x58 + scratch());
        break;
    case 22:
        switch (choose(in_loop ? 5 : 6)) {
        case 0: b(&i, 0xf5), i.flags = (effect){CF, CF, 0}; break;
        case 1: b(&i, 0xf8 + (int)choose(2)), i.flags = (effect){0, CF, 0}; break;
        case 2: b(&i, 0x9f), i.flags.uses = ALL & ~OF; break;
        case 3: b(&i, 0x9e), i.flags.defines = ALL & ~OF; break;
        case 4: i.size = 0, b(&i, 0x9c), i.flags.uses = ALL, i.moves_stack = true; break;
        default: b(&i, 0x91 + (int)choose(3)); // XCHG
        }
        break;
    case 23: // MUL; DIV and IDIV of whatever is there
        b(&i, 0xf6 | !byte), operand(&i, choose(4) ? 4 : 6 + (int)choose(2), byte, memory);
        i.flags.undefines = ALL, i.may_fault = true;
        break;
    case 24:
        if (!in_loop) return random_string();
        __attribute__((fallthrough));
    default:
        b(&i, 0x0f), b(&i, 0xba), operand(&i, 4 + (int)choose(4), false, memory), b(&i, (int)choose(32));
        i.flags = (effect){0, CF, OF | SF | AF | PF};
    }
    return i;
}

static uint32_t after(uint32_t undefined, effect e) { return (undefined & ~e.defines) | e.undefines; }

// One instruction that reads no undefined flag.
static instruction next_instruction(uint32_t undefined) {
    for (;;) {
        instruction i = random_instruction();
        if (!(i.flags.uses & undefined)) return i;
    }
}

static void prepare_x87(group *g, bool unmasked) {
    g->flags |= G_X87;
    g->control_and = unmasked ? 0x0f3f : 0x0f00, g->control_or = unmasked ? 0 : 0x3f;
    g->status_and = 0x7f00, g->empty_and = 0xff;
    g->kinds[0] = g->kinds[1] = g->kinds[2] = F_NEAR;
}

static void random_program(int length) {
    group g = new_group("sequence");
    wild = choose(4) == 0, floating = choose(5) == 0, in_loop = choose(4) == 0;
    g.flags = G_SEQUENCE;
    if (floating) prepare_x87(&g, choose(3) == 0);
    set_register(&g, ESI, DATA + 0x800, 0);
    g.window = DATA + 0x800, g.window_kind = floating ? W_FLOAT64 : W_INTEGER;
    uint32_t undefined = in_loop ? ALL : 0, at_fault = 0;
    if (in_loop) set_register(&g, ECX, 1, 3);
    for (int n = 0; n < length && g.size < 80; n++) {
        instruction i = next_instruction(undefined);
        if (i.may_fault) at_fault |= undefined;
        int cc = (int)choose(16), manner = (int)choose(10);
        if (manner < 2 && !(condition_uses(cc) & undefined)) { // jump over it, or not
            bool far = choose(4) == 0;
            uint8_t jump[6] = {(uint8_t)(0x70 | cc), (uint8_t)i.size};
            uint8_t far_jump[6] = {0x0f, (uint8_t)(0x80 | cc), (uint8_t)i.size};
            add_code(&g, far ? far_jump : jump, far ? 6 : 2);
            add_code(&g, i.bytes, i.size);
            undefined |= i.flags.undefines;
        } else if (manner == 2 && !i.moves_stack) { // as a subroutine
            uint8_t call[7] = {0xe8, 2, 0, 0, 0, 0xeb, (uint8_t)(i.size + 1)};
            add_code(&g, call, 7);
            add_code(&g, i.bytes, i.size);
            add_code(&g, "\xc3", 1);
            undefined = after(undefined, i.flags);
        } else {
            add_code(&g, i.bytes, i.size);
            undefined = after(undefined, i.flags);
        }
    }
    if (in_loop) {
        if (choose(2)) {
            add_code(&g, "\x49\x0f\x85", 3); // dec ecx; jnz start
            int32_t back = -(g.size + 4);
            add_code(&g, &back, 4);
            undefined = after(undefined, (effect){0, ALL & ~CF, 0});
        } else {
            uint8_t loop[2] = {0xe2, (uint8_t)-(g.size + 2)}; // loop start
            add_code(&g, loop, 2);
        }
    }
    // A fault may end the program earlier, at any of the places that can have one.
    g.undefined = (uint16_t)(undefined | at_fault);
    g.cases = 4;
    add_code(&g, "\xcc", 1);
    place_code(&g);
    record_group(&g);
}

// Code that writes the code behind it. Nothing but a jump is promised to make this work (SDM 3A 11.6), yet every
// processor since the Pentium does it for the same linear address, and old kernels rely on it.
static void self_modification(void) {
    for (int variant = 0; variant < 24; variant++) {
        group g = new_group("self-modifying");
        g.flags = G_SEQUENCE;
        g.cases = 2;
        g.address = CODE + (variant % 3 == 2 ? PAGE - 9 : 0x840); // sometimes across a page border
        int padding = variant / 3 % 4 * 3, loops = variant >= 12;
        uint8_t code[64];
        int n = 0;
        if (loops) code[n++] = 0xb9, code[n++] = 3, code[n++] = 0, code[n++] = 0, code[n++] = 0; // mov ecx, 3
        int top = n;
        code[n++] = 0xfe, code[n++] = 0x05; // inc byte [patch]
        int patch_at = n;
        n += 4;
        for (int i = 0; i < padding; i++) code[n++] = 0x90;
        code[n++] = 0x05; // add eax, imm32
        uint32_t patch = g.address + (uint32_t)n + (variant & 1);
        memcpy(code + patch_at, &patch, 4);
        code[n++] = 0x7f, code[n++] = 2, code[n++] = 3, code[n++] = 4;
        if (variant % 5 == 4) code[n++] = 0xeb, code[n++] = 0; // a jump in between
        if (loops) code[n++] = 0xe2, code[n] = (uint8_t)(top - n - 1), n++;
        code[n++] = 0xcc;
        add_code(&g, code, n);
        record_group(&g);
    }
    for (int variant = 0; variant < 8; variant++) { // REP STOSB of INC EAX over NOPs behind it
        group g = new_group("self-modifying string");
        g.flags = G_SEQUENCE;
        g.cases = 2;
        g.address = CODE + (variant & 1 ? PAGE - 6 : 0x800);
        set_register(&g, EAX, 0x40, 0);
        set_register(&g, ECX, (uint32_t)variant, 0);
        set_register(&g, EDI, g.address + 3 + (uint32_t)variant, 0);
        set_register(&g, EFLAGS, 0, 0x400);
        add_code(&g, "\x90\xf3\xaa\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\xcc", 20);
        record_group(&g);
    }
}

void record_sequences(void) {
    for (int i = 0; i < 800 * effort; i++) random_program(3 + (int)choose(8));
    self_modification();
}
