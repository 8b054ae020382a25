// The kernel below the workloads of kernels: descriptors, page tables and a console, once by instructions and once by
// hypercalls. Numbers and structures are those of docs/ and of Linux 2.6.23's lguest.
#include "system.h"

typedef unsigned u32;
enum { OFFSET = 0xc0000000, MEMORY_TABLES = 16 };
enum { LGUEST_INIT = 1, CRASH = 2, LOAD_GDT = 3, NEW_PGTABLE = 4, FLUSH_TLB = 5, LOAD_IDT_ENTRY = 6, SET_STACK = 7,
       SEND_DMA = 13, SET_PTE = 14 };

u32 ring, kernel_data;
u32 enter(unsigned (*program)(void), u32 flags);
extern char call_entry[], fault_entry[], trap_stack_top[];

static __attribute__((aligned(4096))) u32 directory[1024], tables[MEMORY_TABLES][1024];
__attribute__((aligned(4096))) u32 window[WINDOW_PAGES];
static struct { u32 enabled, blocked, cr2, time[2]; unsigned char status[64]; u32 rest[264]; } data;
static struct { u32 used, address[16]; unsigned short length[16]; } message;
static unsigned long long descriptors[32], gates[256];
static u32 task[26];
static const char farewell[] = "Power down.";

static u32 physical(const volatile void *at) { return (u32)at - OFFSET; }

static void ask(u32 number, u32 edx, u32 ebx, u32 ecx) {
    __asm__ volatile("int $0x1f" : "+a"(number) : "d"(edx), "b"(ebx), "c"(ecx) : "memory");
}

void window_changed(unsigned page) {
    const u32 address = WINDOW + page * 4096;
    if (ring) ask(SET_PTE, physical(directory), address, window[page]);
    else __asm__ volatile("invlpg %0" : : "m"(*(char *)address) : "memory");
}

void window_changed_much(void) {
    if (ring) ask(FLUSH_TLB, 0, 0, 0);
    else __asm__ volatile("movl %0, %%cr3" : : "r"(physical(directory)) : "memory");
}

void page_fault(u32 error) {
    u32 address = data.cr2;
    if (!ring) __asm__ volatile("movl %%cr2, %0" : "=r"(address));
    fault(address, error);
}

static void put(char character) {
    if (!ring) {
        __asm__ volatile("outb %b0, $0xe9" : : "a"(character));
        return;
    }
    static char shown;
    shown = character;
    message.used = 0;
    message.address[0] = physical(&shown);
    message.length[0] = 1;
    ask(SEND_DMA, 0, physical(&message), 0);
}

static void set_gate(u32 vector, const char *entry, u32 kind) {
    const u32 low = (0x60 | ring) << 16 | ((u32)entry & 0xffff), high = ((u32)entry & 0xffff0000) | kind;
    if (ring) ask(LOAD_IDT_ENTRY, vector, low, high);
    gates[vector] = (unsigned long long)high << 32 | low;
}

/// What only the owner of the machine may do.
static void own(void) {
    struct __attribute__((packed)) { unsigned short limit; u32 base; } table = {sizeof descriptors - 1, (u32)descriptors};
    const u32 segment = (u32)task;
    task[1] = (u32)trap_stack_top;
    task[2] = kernel_data;
    descriptors[16] = 0x0000890000000067ull | (unsigned long long)(segment & 0xffffff) << 16
        | (unsigned long long)(segment >> 24) << 56;
    __asm__ volatile("lgdt %0" : : "m"(table));
    __asm__ volatile("ljmp $0x60, $1f\n1: movl %0, %%ss; movl %0, %%ds; movl %0, %%es" : : "r"(kernel_data) : "memory");
    __asm__ volatile("ltr %w0" : : "r"(0x80));
    table.limit = sizeof gates - 1;
    table.base = (u32)gates;
    __asm__ volatile("lidt %0" : : "m"(table));
    __asm__ volatile("movl %0, %%cr3" : : "r"(physical(directory)) : "memory");
}

static void be_owned(void) {
    ask(LGUEST_INIT, physical(&data), 0, 0);
    ask(NEW_PGTABLE, physical(directory), 0, 0);
    ask(LOAD_GDT, physical(descriptors), 32, 0);
    ask(SET_STACK, kernel_data, (u32)trap_stack_top, 1);
}

void system_main(void) {
    kernel_data = 0x68 | ring;
    for (u32 frame = 0; frame < MEMORY_TABLES * 1024; frame++) tables[frame / 1024][frame % 1024] = frame << 12 | 7;
    for (u32 table = 0; table < MEMORY_TABLES; table++) directory[OFFSET / 0x400000u + table] = physical(tables[table]) | 7;
    directory[WINDOW / 0x400000] = physical(window) | 7;
    descriptors[12] = 0x00cf9b000000ffffull;
    descriptors[13] = 0x00cf93000000ffffull;
    descriptors[14] = 0x00cffb000000ffffull;
    descriptors[15] = 0x00cff3000000ffffull;
    for (u32 i = 0; i < 64; i++) data.status[i] = 0xff;
    if (ring) be_owned();
    set_gate(0x80, call_entry, 0xef00);
    set_gate(14, fault_entry, 0x8e00);
    if (!ring) own();

    put('S');
    const u32 sum = enter(work, ring ? 0x202 : 2);
    put('E');
    for (int shift = 28; shift >= 0; shift -= 4) put("0123456789abcdef"[sum >> shift & 15]);
    put('\n');
    if (ring) ask(CRASH, physical(farewell), 0, 0);
    __asm__ volatile("outb %b0, %w1" : : "a"(0), "d"(0x501));   // QEMU's isa-debug-exit
}
