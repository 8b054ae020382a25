// Small things that need registers by name: the hypercall itself, a few instructions, guarded calls.

        .section .text.context, "ax", @progbits

        .globl  hypercall
hypercall:                              // hypercall(number, edx, ebx, ecx)
        pushl   %ebx
        movl    8(%esp), %eax
        movl    12(%esp), %edx
        movl    16(%esp), %ebx
        movl    20(%esp), %ecx
        int     $0x1f
        popl    %ebx
        ret

        .globl  read_tsc
read_tsc:
        rdtsc
        ret

        .globl  execute_cpuid
execute_cpuid:                          // execute_cpuid(leaf, result[4])
        pushl   %ebx
        pushl   %edi
        movl    12(%esp), %eax
        movl    16(%esp), %edi
        xorl    %ecx, %ecx
        cpuid
        movl    %eax, (%edi)
        movl    %ebx, 4(%edi)
        movl    %ecx, 8(%edi)
        movl    %edx, 12(%edi)
        popl    %edi
        popl    %ebx
        ret

        .globl  read_eflags
read_eflags:
        pushfl
        popl    %eax
        ret

        .globl  read_code_selector
read_code_selector:
        movl    %cs, %eax
        ret

        .globl  reset_fpu
reset_fpu:
        fninit
        ret

// call_guarded(body, argument): remembers where we stand, then calls. The list of guards lives on the stack
// itself: each one keeps the one before it, and innermost_guard points at the last.
        .globl  call_guarded
call_guarded:
        pushl   %ebp
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        pushl   innermost_guard
        movl    %esp, innermost_guard
        incl    guards
        movl    24(%esp), %eax
        movl    28(%esp), %edx
        pushl   $0                      // padding: the body starts with an aligned stack
        pushl   %edx
        call    *%eax
        xorl    %eax, %eax
unwind:
        movl    innermost_guard, %esp
        popl    innermost_guard
        decl    guards
        popl    %edi
        popl    %esi
        popl    %ebx
        popl    %ebp
        ret

        .globl  abandon
abandon:                                // abandon(status)
        movl    4(%esp), %eax
        jmp     unwind

        .globl  guard_depth
guard_depth:
        movl    guards, %eax
        ret

// Addresses that only the linker knows.
        .macro  address_function symbol
        .globl  address_of_\symbol
address_of_\symbol:
        movl    $\symbol, %eax
        ret
        .endm
        address_function lguest_data
        address_function kernel_start
        address_function readonly_end
        address_function data_end
        address_function kernel_end
        address_function stack_guard
        address_function user_trap_stack_top
        address_function noirq_start
        address_function noirq_end
        address_function user_image

        .globl  size_of_user_image
size_of_user_image:
        movl    $(user_image_end - user_image), %eax
        ret

        .globl  address_of_trap_stub
address_of_trap_stub:                   // address_of_trap_stub(index)
        movl    4(%esp), %eax
        shll    $4, %eax
        addl    $trap_stubs, %eax
        ret

        .section .bss.context, "aw", @nobits
        .p2align 2
innermost_guard:
        .skip   4
guards: .skip   4

// The programs for ring 3, linked on their own at their own addresses: just bytes to the kernel.
        .section .rodata.user_image, "a", @progbits
        .p2align 2
user_image:
        .incbin "user.bin"
user_image_end:
        .section .note.GNU-stack, "", @progbits
