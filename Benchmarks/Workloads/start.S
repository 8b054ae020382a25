# The shell around a workload, the same bytes under QEMU and under our CPU. A multiboot loader (or ours) enters at
# _start in flat 32-bit mode; the workload is bracketed by two writes to port 0xe9, which QEMU's debug console prints and
# our CPU reports as a trap; the checksum follows as eight hexadecimal digits.
        .section .multiboot, "a"
        .long 0x1badb002, 0, -0x1badb002

        .section .text.start, "ax"
        .globl _start
_start: movl    $stack_top, %esp
        fninit
        call    prepare
        movb    $'S', %al
        outb    %al, $0xe9
        call    work
        movl    %eax, %ebx
        movb    $'E', %al
        outb    %al, $0xe9
        movl    $8, %ecx
1:      roll    $4, %ebx
        movl    %ebx, %eax
        andl    $15, %eax
        movb    digits(%eax), %al
        outb    %al, $0xe9
        loop    1b
        movb    $'\n', %al
        outb    %al, $0xe9
        movw    $0x501, %dx             # QEMU's isa-debug-exit; ours has stopped looking by now
        outb    %al, %dx
        hlt

        .weak prepare
prepare: ret

        .section .rodata
digits: .ascii  "0123456789abcdef"
        .bss
        .balign 16
        .skip   65536
stack_top:
