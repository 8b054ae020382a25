// Where the guest begins. Two doors lead in, because two launchers remain in the wild:
//
//   * 2.6.23 searches the loaded image for thirteen magic bytes and jumps to the byte after them;
//   * mm-2007 believes the ELF header, whose entry is a *physical* address.
//
// Both arrive in ring 1 with paging on and flat segments, so a stack is all we owe the Swift side.
// %esi holds the physical address of the boot data; it has always been zero and we trust it to stay so.

#define DIALECT_2623 0
#define DIALECT_MM2007 1

// G:100 The guest's half of the tour starts at its first byte. The launcher has loaded us, the hypervisor made a
// processor that stands right behind these magic words, and nobody has told it anything yet.
        .section .head, "ax", @progbits
        .ascii  "GenuineLguest"
door_2623:
        movl    $DIALECT_2623, %eax
        jmp     arrive

        .globl  door_mm2007
door_mm2007:
        movl    $DIALECT_MM2007, %eax

arrive:
        movl    $boot_stack_top, %esp
        xorl    %ebp, %ebp              // ends every back trace
        subl    $8, %esp                // the i386 ABI wants 16-byte alignment at the call
        pushl   %esi
        pushl   %eax
        call    kernel_main
        ud2                             // kernel_main does not return

// The linker script aligns these sections to pages. The guard page below the stack is unmapped as soon as
// we have page tables of our own, so that a runaway recursion dies instead of eating the heap.
        .section .stack, "aw", @nobits
        .globl  stack_guard
stack_guard:
        .skip   4096
        .skip   8 * 4096
boot_stack_top:
        // Traps from ring 3 land on a stack of their own: SET_STACK allows two pages.
        .skip   2 * 4096
        .globl  user_trap_stack_top
user_trap_stack_top:

// The page that guest and host both write; offset 0 is the interrupt flag that Traps.S stores to.
        .section .shared, "aw", @nobits
        .globl  lguest_data
lguest_data:
        .skip   4096

        .section .note.GNU-stack, "", @progbits
