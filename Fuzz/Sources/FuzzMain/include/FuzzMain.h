// Why this exists: SwiftPM names the entry point of a program after its module and tells the linker to call that `main`,
// so libFuzzer's own main is never linked. This one does what that one does.
#pragma once

int terminal_fuzz_main(int argc, char **argv);
