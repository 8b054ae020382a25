// The whole C library of a ring-3 program. See Start.S and Machine/Faults.S.

#pragma once
#include <stdint.h>

uint32_t system_call(uint32_t number, uint32_t first, uint32_t second);
void commit_fault(uint32_t kind);
