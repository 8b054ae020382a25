// commit_fault(kind): the crimes that `fault` offers, each in the fewest instructions. The kernel links this
// file for its own misdeeds, the ring-3 programs link it for theirs. The kinds are the processor's own vector
// numbers, except for the last few. A crime that goes unnoticed returns.

#ifndef NOT_PRESENT
#define NOT_PRESENT 0x89                // the selector of a descriptor that is not there; ring 3 has its own
#endif

        .section .text.faults, "ax", @progbits
        .globl  commit_fault
commit_fault:
        pushl   %ebp
        movl    %esp, %ebp
        pushl   %ebx
        movl    8(%ebp), %eax
        cmpl    $(kinds_end - kinds) / 4, %eax
        jae     innocent
        jmp     *kinds(,%eax,4)

divide: xorl    %edx, %edx
        xorl    %ecx, %ecx
        movl    $42, %eax
        divl    %ecx
        jmp     innocent
debug:  pushfl
        orl     $0x100, (%esp)          // the trap flag: one instruction, then #DB
        popfl
        nop
        jmp     innocent
breakpoint:
        int3
        jmp     innocent
overflow:
        movl    $0x7fffffff, %eax
        incl    %eax
        into
        jmp     innocent
bounds: movl    $7, %eax
        bound   %eax, no_room
        jmp     innocent
undefined:
        ud2
segment:
        movl    $NOT_PRESENT, %eax      // a descriptor that is there, but says "not present"
        movl    %eax, %fs
        jmp     innocent
stack:  movl    $NOT_PRESENT, %eax      // the same, but for ss: #SS instead of #NP
        movl    %eax, %ss
        jmp     innocent
general:
        hlt                             // ring 0 only
        jmp     innocent
page:   movl    %eax, 0x5eadbee0        // nothing is mapped there
        jmp     innocent
floating:
        fninit
        pushl   $0x033b                 // all masked but divide by zero
        fldcw   (%esp)
        popl    %eax
        fld1
        fldz
        fdivrp  %st, %st(1)
        fwait                           // x87 errors are reported late, at the next waiting instruction
        fninit
        jmp     innocent
readonly:
        movl    $commit_fault, %eax
        incl    (%eax)
        jmp     innocent
double: movl    $0x10, %esp             // a fault whose own frame cannot be pushed
        ud2
port:   movl    $0x64, %edx
        inb     %dx, %al                // the host emulates it for ring 1; ring 3 has no business there
innocent:
        movl    -4(%ebp), %ebx
        leave
        ret

        .section .rodata.faults, "a", @progbits
        .p2align 2
kinds:  .long   divide, debug, innocent, breakpoint, overflow, bounds, undefined, innocent
        .long   innocent, innocent, innocent, segment, stack, general, page, innocent
        .long   floating, readonly, double, port
kinds_end:
no_room:
        .long   1, 2
        .section .note.GNU-stack, "", @progbits
