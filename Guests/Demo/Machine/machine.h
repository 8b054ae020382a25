// What Swift cannot say for itself: the layouts that assembly and Swift share, and the handful of
// instructions that need a register by name. Declarations only; the bodies are in the .S files next door.

#pragma once
#include <stdint.h>

// Everything a trap leaves on the kernel's stack, lowest address first. Traps.S pushes it, and the two last
// words are there only when the trap came from ring 3: a processor that stays in ring 1 keeps its stack.
struct trap_frame {
    uint32_t edi, esi, ebp, esp_ignored, ebx, edx, ecx, eax;
    uint32_t gs, fs, es, ds;
    uint32_t vector, error;
    uint32_t eip, cs, eflags;
    uint32_t user_esp, user_ss;
};

// Context.S
uint32_t hypercall(uint32_t number, uint32_t edx, uint32_t ebx, uint32_t ecx);
uint64_t read_tsc(void);
void execute_cpuid(uint32_t leaf, uint32_t result[4]);
uint32_t read_eflags(void);
uint32_t read_code_selector(void);
void reset_fpu(void);

// A guarded call is the kernel's seat belt. `abandon` unwinds to the innermost guarded call and makes it
// return `status` (never 0); a body that ends by itself makes it return 0.
uint32_t call_guarded(void (*body)(uint32_t), uint32_t argument);
void abandon(uint32_t status) __attribute__((noreturn));
uint32_t guard_depth(void);
// For call_guarded: leaves for ring 3 at the given program entry and stack; comes back only by `abandon`.
void enter_user(uint32_t entry, uint32_t stack_top, uint32_t argument) __attribute__((noreturn));

// Faults.S: each commits one particular crime against the processor.
void commit_fault(uint32_t kind);

// Addresses that only the linker knows, and the addresses of the 48 + 1 entry stubs of Traps.S.
uint32_t address_of_lguest_data(void);
uint32_t address_of_kernel_start(void);
uint32_t address_of_readonly_end(void);
uint32_t address_of_data_end(void);
uint32_t address_of_kernel_end(void);
uint32_t address_of_stack_guard(void);
uint32_t address_of_user_trap_stack_top(void);
uint32_t address_of_noirq_start(void);
uint32_t address_of_noirq_end(void);
uint32_t address_of_trap_stub(uint32_t index);
uint32_t address_of_user_image(void);
uint32_t size_of_user_image(void);
