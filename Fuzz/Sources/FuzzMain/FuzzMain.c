#include "FuzzMain.h"
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Of libFuzzer (https://llvm.org/docs/LibFuzzer.html, "Using libFuzzer as a library").
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*target)(const uint8_t *bytes, size_t count));
// In Swift.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);
int lgtui_write_seeds(const char *directory);

int terminal_fuzz_main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--write-seeds") == 0) return lgtui_write_seeds(argv[2]);
    return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput);
}
