// One case on the real processor. The kernel does the heavy lifting: a signal frame holds every register of a program,
// and returning from a handler loads them. So a case is: raise a breakpoint, rewrite its frame into the wanted state with
// the trap flag set, return – the processor executes one instruction of the test and traps – read the second frame.
#define _GNU_SOURCE
#include "oracle.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

// The 32-bit signal frame's x87 part: FNSAVE form first, then FXSAVE form (Linux, asm/sigcontext.h).
typedef struct {
    uint32_t control, status, tag, eip, cs, data, ds;
    uint8_t st[8][10];
    uint16_t legacy_status, magic;
    uint16_t fx_control, fx_status;
    uint8_t fx_tag, pad0;
    uint16_t fx_opcode;
    uint32_t fx_eip, fx_cs, fx_data, fx_ds, mxcsr, mxcsr_mask;
    uint8_t fx_st[8][16];
} __attribute__((packed)) fp_frame;

uint8_t *arena, *pristine;

static const group *running;
static const machine *start;
static outcome *finish;
static enum { IDLE, ENTER, STEP } phase;
static int steps, host_gs;
static uint32_t home[NGREG];
static uint8_t home_fp[108];

static const struct { uint32_t address; int pages; } layout[] = {{CODE, 2}, {DATA, 2}, {ROM, 1}, {STACK, 2}, {LOW, 2}};

int arena_offset(uint32_t address) {
    int offset = 0;
    for (size_t i = 0; i < sizeof layout / sizeof layout[0]; i++) {
        uint32_t bytes = (uint32_t)layout[i].pages * PAGE;
        if (address - layout[i].address < bytes) return offset + (int)(address - layout[i].address);
        offset += (int)bytes;
    }
    return -1;
}

static void load_x87(fp_frame *f, const x87_state *s) {
    int top = s->status >> 11 & 7;
    f->control = 0xffff0000 | s->control;
    f->status = 0xffff0000 | s->status;
    f->eip = s->eip, f->data = s->data;
    f->cs = (uint32_t)s->opcode << 16 | USER_CODE;
    f->ds = 0xffff0000 | USER_DATA;
    uint16_t tag = 0;
    for (int i = 0; i < 8; i++) {
        if (!(s->valid >> i & 1)) tag |= (uint16_t)(3 << 2 * i);
        memcpy(f->st[i], &s->reg[(top + i) & 7].mantissa, 8);
        memcpy(f->st[i] + 8, &s->reg[(top + i) & 7].exponent, 2);
    }
    f->tag = 0xffff0000 | tag;
}

static void store_x87(const fp_frame *f, x87_state *s) {
    int top = f->fx_status >> 11 & 7;
    s->control = f->fx_control, s->status = f->fx_status, s->opcode = f->fx_opcode & 0x7ff;
    s->eip = f->fx_eip, s->data = f->fx_data, s->valid = f->fx_tag;
    for (int i = 0; i < 8; i++) {
        memcpy(&s->reg[(top + i) & 7].mantissa, f->fx_st[i], 8);
        memcpy(&s->reg[(top + i) & 7].exponent, f->fx_st[i] + 8, 2);
    }
}

static const int gpr_slot[8] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};
static const int seg_slot[6] = {REG_ES, REG_CS, REG_SS, REG_DS, REG_FS, REG_GS};

static void enter(greg_t *regs, fp_frame *fp) {
    memcpy(home, regs, sizeof home);
    memcpy(home_fp, fp, sizeof home_fp);
    for (int i = 0; i < 8; i++) regs[gpr_slot[i]] = (greg_t)start->gpr[i];
    for (int i = 0; i < 6; i++) regs[seg_slot[i]] = start->seg[i];
    regs[REG_EIP] = (greg_t)start->eip;
    regs[REG_EFL] = (greg_t)start->eflags;
    if (running->flags & G_X87) load_x87(fp, &start->x87);
    phase = STEP;
    steps = 0;
}

static void leave(greg_t *regs, fp_frame *fp, uint32_t cr2) {
    machine *m = &finish->after;
    for (int i = 0; i < 8; i++) m->gpr[i] = (uint32_t)regs[gpr_slot[i]];
    for (int i = 0; i < 6; i++) m->seg[i] = (uint16_t)regs[seg_slot[i]];
    m->eip = (uint32_t)regs[REG_EIP];
    m->eflags = (uint32_t)regs[REG_EFL];
    finish->vector = (uint8_t)regs[REG_TRAPNO];
    finish->error = (uint16_t)regs[REG_ERR];
    finish->cr2 = finish->vector == 14 ? cr2 : 0;
    if (running->flags & G_X87) store_x87(fp, &m->x87);
    memcpy(regs, home, sizeof home);
    memcpy(fp, home_fp, sizeof home_fp);
    phase = IDLE;
}

static void handler(int number, siginfo_t *info, void *context) {
    (void)info;
    // Flags that the kernel leaves as the test left them (AC would fault our own code, NT and ID would leak into the next case).
    __asm__ volatile("push $0x202\n popf" : : : "cc", "memory");
    __asm__ volatile("mov %0, %%gs" : : "r"(host_gs)); // the test may have taken libc's thread pointer away
    ucontext_t *uc = context;
    greg_t *regs = uc->uc_mcontext.gregs;
    fp_frame *fp = (fp_frame *)uc->uc_mcontext.fpregs;
    switch (phase) {
    case ENTER: enter(regs, fp); return;
    case STEP:
        steps++;
        bool trapped = regs[REG_TRAPNO] == 1;
        if (trapped && (running->flags & G_REPEAT) && (uint32_t)regs[REG_EIP] == start->eip && steps < 10000) return;
        leave(regs, fp, (uint32_t)uc->uc_mcontext.cr2);
        return;
    default:
        fprintf(stderr, "recorder: signal %d of its own at %08x\n", number, (unsigned)regs[REG_EIP]);
        _exit(1);
    }
}

// The kernel's struct user_desc; its header is missing where only the 64-bit ones are installed.
struct user_desc {
    unsigned entry_number, base_addr, limit;
    unsigned seg_32bit : 1, contents : 2, read_exec_only : 1, limit_in_pages : 1, seg_not_present : 1, useable : 1;
};

static void thread_segment(unsigned entry, uint32_t base, uint32_t limit, int contents, int pages) {
    struct user_desc d = {.entry_number = entry, .base_addr = base, .limit = limit, .seg_32bit = 1,
                          .contents = (unsigned)contents, .limit_in_pages = (unsigned)pages, .useable = 1};
    if (syscall(243 /* set_thread_area */, &d)) perror("set_thread_area"), exit(1);
}

void runner_start(void) {
    int fd = memfd_create("arena", 0);
    if (fd < 0 || ftruncate(fd, ARENA_BYTES)) perror("memfd"), exit(1);
    arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    pristine = malloc(ARENA_BYTES);
    if (arena == MAP_FAILED || !pristine) perror("arena"), exit(1);
    int offset = 0;
    for (size_t i = 0; i < sizeof layout / sizeof layout[0]; i++) {
        int protection = PROT_READ | (layout[i].address == ROM ? 0 : PROT_WRITE) | (layout[i].address == CODE ? PROT_EXEC : 0);
        size_t bytes = (size_t)layout[i].pages * PAGE;
        void *at = (void *)(uintptr_t)layout[i].address;
        // Populated, or the first write to the read-only page would find nothing there and say so in its error code.
        if (mmap(at, bytes, protection, MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_POPULATE, fd, offset) != at)
            fprintf(stderr, "recorder: no room at %p\n", at), exit(1);
        offset += (int)bytes;
    }
    fill_arena(pristine);
    memcpy(arena, pristine, ARENA_BYTES);
    thread_segment(LIMITED >> 3, DATA, 0x17ff, 0, 0);
    thread_segment(EXPAND_DOWN >> 3, 0, 0x1ffff, 1, 1);

    // The alternate stack lies where no test operand will ever point.
    stack_t alternate = {.ss_sp = mmap((void *)0x66600000, 1 << 17, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), .ss_size = 1 << 17};
    if (alternate.ss_sp == MAP_FAILED || sigaltstack(&alternate, NULL)) perror("sigaltstack"), exit(1);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    static const int signals[] = {SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS};
    for (int i = 0; i < 5; i++) sigaction(signals[i], &action, NULL);
    __asm__ volatile("mov %%gs, %0" : "=r"(host_gs));
}

void run_case(const group *g, const machine *before, outcome *result) {
    running = g, start = before, finish = result;
    phase = ENTER;
    __asm__ volatile("int3" : : : "memory");
}
