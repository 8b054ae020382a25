// The memory functions that compilers call behind everybody's back. In assembly because a compiler that sees a loop
// which copies bytes likes to replace it by a call of memcpy - inside memcpy.

        .section .text.memory, "ax", @progbits

        .globl  memcpy
        .globl  memmove
memcpy:                                 // a memcpy that may overlap is still a memcpy
memmove:
        pushl   %esi
        pushl   %edi
        movl    12(%esp), %edi
        movl    16(%esp), %esi
        movl    20(%esp), %ecx
        movl    %edi, %eax
        subl    %esi, %eax
        cmpl    %ecx, %eax              // unsigned: true when the target starts inside the source
        jb      backwards
        movl    %ecx, %edx
        shrl    $2, %ecx
        rep movsl
        movl    %edx, %ecx
        andl    $3, %ecx
        rep movsb
        jmp     moved
backwards:
        leal    -1(%edi,%ecx), %edi
        leal    -1(%esi,%ecx), %esi
        std
        rep movsb
        cld
moved:
        movl    12(%esp), %eax
        popl    %edi
        popl    %esi
        ret

        .globl  memset
memset:
        pushl   %edi
        movl    8(%esp), %edi
        movzbl  12(%esp), %eax
        imull   $0x01010101, %eax, %eax
        movl    16(%esp), %ecx
        movl    %ecx, %edx
        shrl    $2, %ecx
        rep stosl
        movl    %edx, %ecx
        andl    $3, %ecx
        rep stosb
        movl    8(%esp), %eax
        popl    %edi
        ret

        .globl  memcmp
memcmp:
        pushl   %esi
        pushl   %edi
        movl    12(%esp), %esi
        movl    16(%esp), %edi
        movl    20(%esp), %ecx
        xorl    %eax, %eax              // also sets ZF, which stands when there is nothing to compare
        repe cmpsb
        je      compared
        movzbl  -1(%esi), %eax
        movzbl  -1(%edi), %edx
        subl    %edx, %eax
compared:
        popl    %edi
        popl    %esi
        ret

        .section .note.GNU-stack, "", @progbits
