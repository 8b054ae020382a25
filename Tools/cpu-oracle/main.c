// Runs every form on this processor and writes the recordings that Tests/OracleTests replays.
#include "oracle.h"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: %s DIRECTORY [STATES-PER-ENCODING]\n", argv[0]);
        return 64;
    }
    if (argc == 3) effort = atoi(argv[2]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    char path[400];
    runner_start();
    snprintf(path, sizeof path, "%s/integer.cases.gz", argv[1]);
    encode_open(path);
    record_integer_forms();
    record_system_forms();
    encode_close();
    snprintf(path, sizeof path, "%s/sequences.cases.gz", argv[1]);
    encode_open(path);
    record_sequences();
    encode_close();
    snprintf(path, sizeof path, "%s/x87.cases.gz", argv[1]);
    encode_open(path);
    record_x87_forms();
    encode_close();
    return 0;
}
