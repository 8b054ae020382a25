// Where a program begins, and how it asks the kernel for anything.

        .section .text.start, "ax", @progbits
        .globl  start
start:                                  // eax: the address of the arguments, one string
        subl    $12, %esp
        pushl   %eax
        call    program_main
        movl    %eax, %ebx
        movl    $1, %eax                // exit
        int     $0x80
        ud2

        .globl  system_call
system_call:                            // system_call(number, first, second)
        pushl   %ebx
        movl    8(%esp), %eax
        movl    12(%esp), %ebx
        movl    16(%esp), %ecx
        int     $0x80
        popl    %ebx
        ret

        .section .note.GNU-stack, "", @progbits
