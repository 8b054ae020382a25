// Segments, flags images, gates, privileges, and everything that must be refused. Ring 3 sees the outside of these rules
// only; ring 1, paging and gates have tables of their own in Tests/I386Tests.
// Left out: SGDT SIDT SLDT STR SMSW (the kernel hides them under UMIP and emulates), SYSENTER (refused in compatibility
// mode on AMD), the unused opcodes that MMX, SSE and their heirs took.
#include "operands.h"
#include <stdio.h>
#include <string.h>

static const uint16_t data_selectors[] = {0, 3, 0x23, 0x28, 0x2a, 0x2b, 0x6b, 0x73, 0x1b, 0x18, 0x0b, 0x07, 0x87, 0xfff8, 0x2b, 0x6b};
static const uint16_t code_selectors[] = {0x23, 0x20, 0x22, 0x2b, 0x0b, 0x08, 0, 3, 0xfff8, 0x27, 0x6b, 0x23, 0x23, 0x23, 0x23, 0x23};

static const uint8_t *wanted;
static uint8_t pattern[128];
static void fill_pattern(uint8_t *bytes, int count) { memcpy(bytes, wanted, (size_t)count); }

// What the window holds is given outright.
static void hold(group *g, uint32_t at, const void *bytes, int count) {
    memcpy(pattern, bytes, (size_t)count);
    wanted = pattern;
    g->window = at, g->window_kind = W_EXPLICIT, g->explicit_bytes = (uint8_t)count, g->fill = fill_pattern;
}

static void run(group *g, int cases) {
    g->cases = (uint16_t)cases;
    if (g->flags & G_PAIR) add_code(g, "\x90", 1);
    place_code(g);
    record_group(g);
}

static void add_hex(group *g, const char *hex) {
    unsigned byte;
    for (; *hex; hex += 2) sscanf(hex, "%2x", &byte), add_code(g, &(uint8_t){(uint8_t)byte}, 1);
}

static void segment_registers(void) {
    static const struct { const char *push, *pop, *name; } rows[] = {
        {"06", "07", "es"}, {"0E", NULL, "cs"}, {"16", "17", "ss"}, {"1E", "1F", "ds"}, {"0FA0", "0FA1", "fs"}, {"0FA8", "0FA9", "gs"}};
    for (int i = 0; i < 6; i++)
        for (int half = 0; half < 2; half++) {
            for (int s = 0; s < 4; s++) {
                group g = new_group("push Sw");
                snprintf(g.name, sizeof g.name, "push %s", rows[i].name);
                if (i != SEG_CS && i != SEG_SS) g.segments[i] = s == 0 ? 0 : s == 1 ? LIMITED : s == 2 ? EXPAND_DOWN : USER_DATA;
                if (half) add_hex(&g, "66");
                add_hex(&g, rows[i].push);
                run(&g, effort);
            }
            for (int s = 0; rows[i].pop && s < 16; s++) {
                group g = new_group("");
                snprintf(g.name, sizeof g.name, "pop %s", rows[i].name);
                if (half) add_hex(&g, "66");
                add_hex(&g, rows[i].pop);
                set_register(&g, ESP, STACK + 0x900, 0);
                uint32_t image = data_selectors[s] | (s > 8 ? 0xabcd0000 : 0);
                hold(&g, STACK + 0x900, &image, 4);
                if (i == SEG_SS) g.flags |= G_PAIR;
                run(&g, 2);
            }
        }
    for (int reg = 0; reg < 8; reg++)
        for (int half = 0; half < 2; half++) {
            for (int s = 0; s < 6; s++) {
                group g = new_group("mov Ev,Sw");
                if (reg != SEG_CS && reg != SEG_SS && reg < 6) g.segments[reg] = s & 1 ? LIMITED : USER_DATA;
                if (half) add_hex(&g, "66");
                if (s == 4) add_hex(&g, "67");
                add_hex(&g, "8C");
                if (s < 3) add_code(&g, &(uint8_t){(uint8_t)(0xc0 | reg << 3 | choose(8))}, 1);
                else add_memory(&g, reg, s == 4, s == 5 ? DATA + PAGE - 1 : LOW + 0x777, 0, 0, -1);
                run(&g, effort / 2);
            }
            for (int s = 0; s < 16; s++) {
                group g = new_group("mov Sw,Ew");
                if (half) add_hex(&g, "66");
                if (s % 4 == 2) add_hex(&g, "67");
                add_hex(&g, "8E");
                if (s & 1) {
                    set_half(&g, EBX, data_selectors[s], 0);
                    add_code(&g, &(uint8_t){(uint8_t)(0xc0 | reg << 3 | EBX)}, 1);
                } else {
                    add_memory(&g, reg, s % 4 == 2, LOW + 0x778, 0, 0, -1);
                    hold(&g, LOW + 0x778, &data_selectors[s], 2);
                }
                if (reg == SEG_SS) g.flags |= G_PAIR;
                run(&g, 2);
            }
        }
    static const struct { const char *code, *name; } pointers[] = {
        {"C4", "les Gv,Mp"}, {"C5", "lds Gv,Mp"}, {"0FB2", "lss Gv,Mp"}, {"0FB4", "lfs Gv,Mp"}, {"0FB5", "lgs Gv,Mp"}};
    for (int p = 0; p < 5; p++) {
        for (int half = 0; half < 2; half++)
            for (int s = 0; s < 16; s++) {
                group g = new_group(pointers[p].name);
                if (half) add_hex(&g, "66");
                if (s % 5 == 4) add_hex(&g, "67");
                add_hex(&g, pointers[p].code);
                uint32_t at = s % 5 == 4 ? LOW + 0x321 : s == 7 ? DATA + 2 * PAGE - 5 : DATA + PAGE - 3;
                add_memory(&g, (int)choose(8), s % 5 == 4, at, 0, 0, -1);
                uint8_t far[8];
                uint32_t offset = (uint32_t)dice64();
                memcpy(far, &offset, 4);
                memcpy(far + (half ? 2 : 4), &data_selectors[s], 2);
                hold(&g, at, far, half ? 4 : 6);
                run(&g, 3);
            }
        if (p > 1) {
            char hex[16];
            snprintf(hex, sizeof hex, "%sC1", pointers[p].code);
            record_code(pointers[p].name, hex, "", 2, 0);
        }
    }
}

static void far_transfers(void) {
    for (int half = 0; half < 2; half++)
        for (int s = 0; s < 16; s++) {
            uint32_t offset = (uint32_t)dice64();
            uint8_t far[12];
            memcpy(far, &offset, 4);
            memcpy(far + (half ? 2 : 4), &code_selectors[s], 2);
            static const char *direct[2] = {"9A", "EA"}, *direct_names[2] = {"call Ap", "jmp Ap"};
            static const char *indirect_names[2] = {"call Mp", "jmp Mp"};
            for (int jump = 0; jump < 2; jump++) {
                group g = new_group(direct_names[jump]);
                if (half) add_hex(&g, "66");
                add_hex(&g, direct[jump]);
                add_code(&g, far, half ? 4 : 6);
                run(&g, 2);
                g = new_group(indirect_names[jump]);
                if (half) add_hex(&g, "66");
                if (s % 4 == 3) add_hex(&g, "67");
                add_hex(&g, "FF");
                uint32_t at = s % 4 == 3 ? LOW + 0x888 : DATA + PAGE - 5;
                add_memory(&g, jump ? 5 : 3, s % 4 == 3, at, 0, 0, -1);
                hold(&g, at, far, half ? 4 : 6);
                run(&g, 2);
            }
            for (int pops = 0; pops < 2; pops++) {
                group g = new_group(pops ? "retf Iw" : "retf");
                if (half) add_hex(&g, "66");
                add_hex(&g, pops ? "CA1C80" : "CB");
                set_register(&g, ESP, STACK + 0x7fe, 0);
                memcpy(far + (half ? 2 : 4), &code_selectors[s], 2);
                hold(&g, STACK + 0x7fe, far, half ? 4 : 6);
                run(&g, 2);
            }
            for (int i = 0; i < 3; i++) { // the flags image: every bit that ring 3 may and may not change, NT and VM too
                group g = new_group("iret v");
                if (half) add_hex(&g, "66");
                add_hex(&g, "CF");
                set_register(&g, ESP, STACK + 0x7fe, 0);
                uint32_t flags = (uint32_t)dice64(), cs = code_selectors[s];
                if (i == 0) flags &= 0x3d7fd5;
                uint32_t frame[3] = {offset, cs, flags};
                uint16_t short_frame[3] = {(uint16_t)offset, (uint16_t)cs, (uint16_t)flags};
                hold(&g, STACK + 0x7fe, half ? (void *)short_frame : frame, half ? 6 : 12);
                run(&g, 2);
            }
        }
}

static void flags_images(void) {
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < 60; i++) {
            group g = new_group("popf v");
            if (half) add_hex(&g, "66");
            add_hex(&g, "9D");
            set_register(&g, ESP, STACK + 0xa00, 0);
            uint32_t image = (uint32_t)dice64();
            hold(&g, STACK + 0xa00, &image, 4);
            run(&g, 2);
        }
        record_code("pushf v", half ? "669C" : "9C", "", 8 * effort, 0);
    }
}

static void gates_and_privileges(void) {
    for (int n = 0; n < 256; n++) {
        char hex[8];
        if (n == 0x80 || (n > 0x24 && n % 17)) continue; // 80 would be a system call
        snprintf(hex, sizeof hex, "CD%02X", n);
        record_code("int Ib", hex, "", 2, 0);
    }
    record_code("int3", "CC", "", effort, 0);
    record_code("into", "CE", "fl=0&800", effort, 0);
    record_code("into", "CE", "fl=800&800", effort, 0);
    record_code("icebp", "F1", "", effort, 0);
    // The operand size changes nothing here.
    static const char *sizeless[][2] = {{"int3", "66CC"}, {"int Ib", "66CD03"}, {"int Ib", "66CD20"}, {"into", "66CE"}, {"icebp", "66F1"},
                                        {"cli", "66FA"}, {"sti", "66FB"}};
    for (size_t i = 0; i < sizeof sizeless / sizeof sizeless[0]; i++) record_code(sizeless[i][0], sizeless[i][1], "", effort, 0);
    static const char *privileged[][2] = {
        {"hlt", "F4"}, {"cli", "FA"}, {"sti", "FB"}, {"in AL,Ib", "E460"}, {"in eAX,Ib", "E560"}, {"in eAX,Ib", "66E560"},
        {"out Ib,AL", "E680"}, {"out Ib,eAX", "E780"}, {"in AL,DX", "EC"}, {"in eAX,DX", "ED"}, {"out DX,AL", "EE"}, {"out DX,eAX", "EF"},
        {"out DX,eAX", "66EF"}, {"insb", "6C"}, {"insv", "6D"}, {"outsb", "6E"}, {"outsv", "6F"}, {"insb", "F36C"}, {"outsv", "F36F"},
        {"insv", "66F36D"}, {"outsb", "67F36E"}, {"mov Rd,Cd", "0F20C0"}, {"mov Rd,Cd", "0F20D1"}, {"mov Rd,Cd", "0F20DB"}, {"mov Cd,Rd", "0F22C0"},
        {"mov Cd,Rd", "0F22D9"}, {"mov Rd,Dd", "0F21C1"}, {"mov Rd,Dd", "0F21F9"}, {"mov Dd,Rd", "0F23C0"}, {"mov Dd,Rd", "0F23F8"}, {"clts", "0F06"},
        {"invd", "0F08"}, {"wbinvd", "0F09"}, {"wrmsr", "0F30"}, {"rdmsr", "0F32"}, {"rdpmc", "0F33"}, {"lldt Ew", "0F00D0"},
        {"ltr Ew", "0F00D8"}, {"lldt Ew", "0F001500000020"}, {"ltr Ew", "0F001D00000020"}, {"lgdt M", "0F011500000020"},
        {"lidt M", "0F011D00000020"}, {"lmsw Ew", "0F01F0"}, {"lmsw Ew", "0F013500000020"}, {"invlpg M", "0F013D00000020"},
        {"rsm", "0FAA"},
    };
    for (size_t i = 0; i < sizeof privileged / sizeof privileged[0]; i++)
        record_code(privileged[i][0], privileged[i][1], "", effort / 2, 0);
    record_code("cpuid", "0FA2", "eax=0&1", effort, G_RESULTS);
    record_code("rdtsc", "0F31", "", effort, G_RESULTS);
    record_code("cpuid", "660FA2", "eax=0&1", effort, G_RESULTS);
    record_code("rdtsc", "660F31", "", effort, G_RESULTS);

    static const char *undefined[] = {
        "0F04", "0F0A", "0F0B", "0F0C", "0F24C0", "0F26C0", "0F39", "0F3B", "0F3C", "0F3F", "0FA6C0", "0FA7C0", "0FB9C0", "0FFFC0",
        "0F00F0", "0F00F8", "0FBAC001", "0FBAC801", "0FBAD001", "0FBAD801", "0FC700", "0FC7C0", "FED0", "FED8", "FEE0", "FEE8",
        "FEF0", "FEF8", "FFF8", "FFD8", "FFE8", "C6C800", "C7D000000000", "C7F000000000", "8FC8", "8FD0", "8FF8", "8EC8", "8EF0", "8EF8",
        "8CF0", "8CF8", "8DC0", "8DFF", "F090", "F040", "F0C3", "F0E800000000", "F089C8", "F0890424", "F0EB00", "F09D", "F0CC", "F0CD21", "F0F4",
        "F0A4", "F0AA", "F0CD80", "F00FA2", "F00FC8", "F0C00424C1", "F00FA30424", "F00FBA242401", "F0390424", "F0833C2400",
        "F0D800", "F0DFE0", "F09B", "F00F0B", "F00F31"};
    for (size_t i = 0; i < sizeof undefined / sizeof undefined[0]; i++) record_code("refused", undefined[i], "", 3, 0);
    // Fifteen bytes are an instruction, sixteen are not.
    record_code("15 bytes", "2E2E2E2E2E2E2E2E2E2E2E2E2E2E90", "", 3, 0);
    record_code("16 bytes", "2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E90", "", 3, 0);
    record_code("15 bytes", "66 67 66 67 66 67 66 67 3E 26 64 65 2E 01 C8", "", 6, 0);
    record_code("16 bytes", "66 67 66 67 66 67 66 67 3E 26 64 65 2E F3 01 C8", "", 3, 0);
    record_code("15 bytes", "36 2E 66 3E 3E 81 84 8A 00 00 00 20 34 12 90", "edx=0,ecx=100", 6, 0);
    record_code("last segment prefix wins", "36 64 26 8B 03", "ebx=20000200&ff", 6, 0);
}

static void descriptor_queries(void) {
    static const struct { const char *code, *name; int digit; } rows[] = {
        {"0F02", "lar Gv,Ew", -1}, {"0F03", "lsl Gv,Ew", -1}, {"0F00", "verr Ew", 4}, {"0F00", "verw Ew", 5}};
    for (int r = 0; r < 4; r++)
        for (int s = 0; s < 16; s++)
            for (int half = 0; half < 2; half++) {
                uint16_t selector = s & 1 ? data_selectors[s] : s < 8 ? code_selectors[s] : data_selectors[s];
                group g = new_group(rows[r].name);
                if (half) add_hex(&g, "66");
                if (s % 6 == 3) add_hex(&g, "67");
                add_hex(&g, rows[r].code);
                int reg = rows[r].digit < 0 ? (int)choose(8) : rows[r].digit;
                if (s % 3) {
                    set_half(&g, ECX, selector, 0);
                    add_code(&g, &(uint8_t){(uint8_t)(0xc0 | reg << 3 | ECX)}, 1);
                } else {
                    uint32_t at = (s % 6 == 3 ? LOW : DATA) + PAGE - 1;
                    add_memory(&g, reg, s % 6 == 3, at, 0, 0, -1);
                    hold(&g, at, &selector, 2);
                }
                run(&g, 3);
            }
}

// Instructions that reach past the end of the code pages.
static void fetches(void) {
    static const char *codes[] = {"B878563412", "90", "6681C03412", "0FAFC1", "8B8300000000", "C3", "E8FFFFFFFF", "0F8500000000", "2E2E90"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        for (uint32_t left = 1; left <= strlen(codes[i]) / 2; left++) {
            group g = new_group("fetch");
            add_hex(&g, codes[i]);
            if (i == 4) set_register(&g, EBX, DATA, 0xff);
            g.address = CODE + 2 * PAGE - left;
            g.cases = 2;
            record_group(&g);
        }
}

// The stack pointer meets the ends of its pages, and of a limited stack segment. Registers must be as if nothing happened.
static void stack_faults(void) {
    static const char *codes[][2] = {
        {"push", "50"}, {"push", "6650"}, {"push Ib", "6A80"}, {"push Iv", "6812345678"}, {"pusha", "60"}, {"pusha", "6660"}, {"popa", "61"},
        {"popa", "6661"}, {"pop", "58"}, {"pop", "6658"}, {"pop esp", "5C"}, {"push esp", "54"}, {"pushf", "9C"}, {"popf", "9D"}, {"ret", "C3"}, {"ret Iw", "C21000"},
        {"call", "E800000000"}, {"call Ev", "FFD0"}, {"enter", "C8200000"}, {"enter", "C8200003"}, {"enter", "66C8200002"}, {"leave", "C9"},
        {"push ds", "1E"}, {"pop ds", "1F"}, {"push Ev", "FF3500040020"}, {"pop Ev", "8F0500040020"}, {"push [esp]", "FF3424"}, {"pop [esp]", "8F0424"},
        {"pop rom", "8F0500300020"}, {"pop nothing", "8F0500200020"}, {"push nothing", "FF3500200020"}, {"call nothing", "FF1500200020"},
        {"call Mv", "FF1500040020"}, {"call Ap", "9A000000002300"}, {"retf", "CB"}, {"iret", "CF"}, {"int3", "CC"}};
    static const char *edges[] = {"esp=30000000&1f,ebp=30000000&1f", "esp=30001fe0&1f,ebp=30001fe0&1f", "esp=30000002,ebp=30001ffe", "esp=30000010,ebp=30000008"};
    static const char *limited[] = {"esp=17e0&1f,ebp=17e0&1f", "esp=0&1f,ebp=0&1f", "esp=1700,ebp=17fe", "esp=17fc,ebp=1600", "esp=0,ebp=4"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        for (int e = 0; e < 4; e++) record_code(codes[i][0], codes[i][1], edges[e], e < 2 ? effort : 2, 0);
        for (int e = 0; e < 5; e++) {
            group g = new_group(codes[i][0]);
            g.segments[SEG_SS] = LIMITED;
            add_hex(&g, codes[i][1]);
            add_recipe(&g, limited[e]);
            run(&g, e < 2 ? effort : 2);
        }
    }
    // [EBP] and [ESP] go through SS, everything else through DS, whatever the addressing mode.
    static const char *addressed[] = {"8B4500", "8B4504", "8B0424", "8B04AD00000000", "3E8B4500", "368B03", "8B442D00", "8B0C03", "8B4C2BFC"};
    for (size_t i = 0; i < sizeof addressed / sizeof addressed[0]; i++)
        for (int s = 0; s < 3; s++) {
            group g = new_group("default segment");
            g.segments[SEG_SS] = s == 0 ? LIMITED : USER_DATA, g.segments[SEG_DS] = s == 1 ? LIMITED : s == 2 ? 0 : USER_DATA;
            add_hex(&g, addressed[i]);
            add_recipe(&g, i & 1 ? "esp=200&7f,ebp=300&ff,ebx=400&ff,eax=4" : "esp=17f0&1f,ebp=17f0&1f,ebx=17f0&1f,eax=0");
            run(&g, effort);
        }
}

void record_system_forms(void) {
    segment_registers();
    far_transfers();
    flags_images();
    gates_and_privileges();
    descriptor_queries();
    fetches();
    stack_faults();
}
