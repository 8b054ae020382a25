# The kernel below the workloads of kernels, as far as C cannot say it: two ways in at the start, and the two ways in from a
# program. The latter save and load what Linux 2.6.23 saves and loads there.
        .set    OFFSET, 0xc0000000

        .section .multiboot, "a"
        .long   0x1badb002, 0, -0x1badb002

        .section .text.start, "ax"
# A multiboot loader enters here, at the physical address: paging on, with one large page here and one where we are linked.
        .globl  start_physical
        .set    start_physical, bare - OFFSET
bare:   movl    $(boot_directory - OFFSET), %eax
        movl    $0x83, (%eax)
        movl    $0x83, 0xc00(%eax)
        movl    %eax, %cr3
        movl    %cr4, %eax
        orl     $0x10, %eax
        movl    %eax, %cr4
        movl    %cr0, %eax
        orl     $0x80010000, %eax
        movl    %eax, %cr0
        movl    $both, %eax
        jmp     *%eax
# An lguest launcher looks for these words and enters behind them.
        .ascii  "GenuineLguest"
both:   movl    $stack_top, %esp
        fninit
        movl    %cs, %eax
        andl    $3, %eax
        movl    %eax, ring
        call    system_main
1:      jmp     1b

        .text
        .macro  save
        cld
        pushl   %es
        pushl   %ds
        pushl   %eax
        pushl   %ebp
        pushl   %edi
        pushl   %esi
        pushl   %edx
        pushl   %ecx
        pushl   %ebx
        movl    kernel_data, %edx
        movl    %edx, %ds
        movl    %edx, %es
        .endm

        .macro  restore
        popl    %ebx
        popl    %ecx
        popl    %edx
        popl    %esi
        popl    %edi
        popl    %ebp
        popl    %eax
        popl    %ds
        popl    %es
        .endm

        .globl  call_entry
call_entry:
        save
        cmpl    call_count, %eax
        jae     1f
        call    *calls(, %eax, 4)
        movl    %eax, 24(%esp)
1:      restore
        iretl

        .globl  fault_entry
fault_entry:
        save
        pushl   36(%esp)
        call    page_fault
        addl    $4, %esp
        restore
        addl    $4, %esp
        iretl

# unsigned enter(unsigned (*program)(void), unsigned flags): runs a program in ring 3, until it leaves.
        .globl  enter
enter:  movl    4(%esp), %eax
        movl    8(%esp), %ecx
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        pushl   %ebp
        movl    %esp, kernel_stack
        pushl   $0x7b
        pushl   $program_stack_top
        pushl   %ecx
        pushl   $0x73
        pushl   $1f
        movl    $0x7b, %edx
        movl    %edx, %ds
        movl    %edx, %es
        iretl
1:      call    *%eax
        movl    %eax, %ebx
        xorl    %eax, %eax
        int     $0x80

# unsigned leave(unsigned result): the system call that ends the program.
        .globl  leave
leave:  movl    4(%esp), %eax
        movl    kernel_stack, %esp
        popl    %ebp
        popl    %edi
        popl    %esi
        popl    %ebx
        ret

        .bss
kernel_stack:
        .skip   4
        .balign 4096
boot_directory:
        .skip   4096
        .skip   8192
stack_top:
        .skip   16384
program_stack_top:
        .skip   4096
        .globl  trap_stack_top
trap_stack_top:
