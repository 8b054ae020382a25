// The way into the kernel for every trap and interrupt, and the one way out.
//
// The hypervisor (or, for direct trap gates, the processor) has pushed eflags, cs and eip, below them the
// user's ss and esp when it came from ring 3, and above them an error code for some vectors. The stubs make all
// frames look alike (struct trap_frame); Swift does the rest.

#define KERNEL_DATA 0x69
#define IF 0x200

        .section .text.traps, "ax", @progbits

// One stub a vector: 0-31 traps, 32-63 interrupts, then the system call. They take 16 bytes each, so that
// address_of_trap_stub is a multiplication.
        .p2align 4
        .globl  trap_stubs
trap_stubs:
        .set    vector, 0
        .rept   64
        .p2align 4
        .if     vector == 8 || (vector >= 10 && vector <= 14) || vector == 17
        .else
        pushl   $0                      // no error code from the processor: make the frame uniform
        .endif
        pushl   $vector
        jmp     trap_common
        .set    vector, vector + 1
        .endr
        .p2align 4
        pushl   $0
        pushl   $0x80
        jmp     trap_common

// G:310 Something happened: a fault, a system call, an interrupt that the host made up. All arrive here, with their
// number pushed by a stub.
trap_common:
        pushl   %ds
        pushl   %es
        pushl   %fs
        pushl   %gs
        pushal
        movl    $KERNEL_DATA, %eax      // ds and es may be anything ring 3 could load
        movl    %eax, %ds
        movl    %eax, %es
        cld                             // C and Swift assume it; ring 3 does not have to
        movl    %esp, %esi
        andl    $-16, %esp
        subl    $12, %esp
        pushl   %esi
        call    trap_entry
        movl    %esi, %esp
        popal
        popl    %gs
        popl    %fs
        popl    %es
        popl    %ds
        addl    $8, %esp                // vector and error code

// G:330
// The iret rule. A ring-1 iret cannot change the interrupt flag, and the flag that counts is a word in memory
// anyway: so copy IF from the frame into irq_enabled ourselves. The moment that store lands, the host may interrupt us -
// a register short of leaving, with a frame half gone. Hence the two labels: LGUEST_INIT told the host never to
// deliver anything while eip is between them. The store goes through %ss, for %ds is the interrupted program's again.
        pushl   %eax
        movl    12(%esp), %eax
        andl    $IF, %eax               // flags are free to clobber: iret brings the right ones
        .globl  noirq_start
noirq_start:
        movl    %eax, %ss:lguest_data
        popl    %eax
        iret
        .globl  noirq_end
noirq_end:

        .globl  enter_user
// G:610
// enter_user(entry, stack_top, argument): forge the frame that ring 3 would have left, and return "back" to it.
enter_user:
        movl    4(%esp), %ecx
        movl    8(%esp), %edx
        movl    12(%esp), %eax          // the program finds its argument in eax
        pushl   $0x7b                   // user data, RPL 3
        pushl   %edx
        pushl   $(IF | 2)
        pushl   $0x73                   // user code, RPL 3
        pushl   %ecx
        movl    $0x7b, %ecx
        movl    %ecx, %ds
        movl    %ecx, %es
        xorl    %ecx, %ecx              // leave nothing of the kernel in registers
        movl    %ecx, %fs
        movl    %ecx, %gs
        xorl    %edx, %edx
        xorl    %ebx, %ebx
        xorl    %esi, %esi
        xorl    %edi, %edi
        xorl    %ebp, %ebp
        pushl   %eax
        movl    $IF, %eax
        jmp     noirq_start

        .section .note.GNU-stack, "", @progbits
