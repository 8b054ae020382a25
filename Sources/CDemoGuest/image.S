// Embeds the checked-in ELF as it is. Nothing here is specific to a processor.
#include "demo-digest.h"

        .section .rodata.demo_guest, "a", %progbits
        .p2align 12
        .globl  lgtui_demo_guest_start
        .hidden lgtui_demo_guest_start
lgtui_demo_guest_start:
        .incbin "demo.elf"
        .globl  lgtui_demo_guest_end
        .hidden lgtui_demo_guest_end
lgtui_demo_guest_end:

        .section .note.GNU-stack, "", %progbits
