// The shared vocabulary of the recorder: where the test memory lies, what a group of cases is, what a result is.
//
// A *group* is one concrete encoding (say `66 0F A3 0B`) together with a recipe for machine states. A *case* is one state
// made by the recipe from a seed, and what the processor did with it. Tests/OracleTests rebuilds the same state from
// the same seed, so states cost no bytes in the recording: random.c and CaseState.swift must stay twins.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The arena: nine pages with known contents, each run of them surrounded by nothing at all.
enum {
    PAGE = 4096,
    CODE = 0x10000000,  // 2 pages, writable and executable
    DATA = 0x20000000,  // 2 pages
    ROM = 0x20003000,   // 1 page, read-only
    STACK = 0x30000000, // 2 pages
    LOW = 0x00008000,   // 2 pages, where 16-bit addresses can reach
    ARENA_PAGES = 9,
    ARENA_BYTES = ARENA_PAGES * PAGE,
};

enum { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, EFLAGS };
enum { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS }; // in the order of the encoding

// What Linux gives a 32-bit process, and what the recorder adds to it.
enum {
    USER_CODE = 0x23,
    USER_DATA = 0x2b,
    LIMITED = 0x6b,     // base DATA, byte limit 0x17ff
    EXPAND_DOWN = 0x73, // base 0, expand-down: offsets above 0x1fffffff are inside
};

// One word of the recipe: register = value + (random & mask). Only the low half if `half`.
// For EFLAGS: flags = (flags & ~mask) | value.
typedef struct {
    uint8_t reg;
    uint8_t half;
    uint32_t value, mask;
} override;

// How the 128 bytes of the window (the memory that the instruction is meant to meet) are made.
enum window_kind { W_NONE, W_INTEGER, W_ALPHABET, W_FLOAT32, W_FLOAT64, W_FLOAT80, W_EXPLICIT };
enum { WINDOW_BYTES = 128 };

enum group_flag {
    G_REPEAT = 1,  // a string instruction: the trap flag stops it after each turn
    G_PAIR = 2,    // the instruction shadows the next one from traps (MOV SS): two are executed
    G_X87 = 4,     // x87 state is made, and recorded
    G_RESULTS = 8, // register results are not a function of the state (CPUID, RDTSC): EAX…EBX not compared
    G_SEQUENCE = 16, // several instructions, run without the trap flag to the INT3 behind them
};

enum float_kind { F_ANY, F_MODERATE, F_SMALL, F_NEAR };

typedef struct {
    char name[40];
    uint8_t code[120];
    uint8_t size;  // bytes of `code`
    uint8_t flags; // group_flag
    uint32_t address;
    uint32_t seed;
    uint16_t cases;
    uint16_t undefined; // G_SEQUENCE: the flags that mean nothing at the end
    uint16_t segments[6]; // CS is always USER_CODE
    override overrides[12];
    uint8_t override_count;
    uint8_t window_kind;
    uint8_t explicit_bytes;
    uint32_t window;
    // x87: control = (random & and) | or; status the same; a register is empty where (random & random & and) | or says so,
    // bit i standing for ST(i); kinds of ST(0), ST(1), all others.
    uint16_t control_and, control_or, status_and, status_or;
    uint8_t empty_and, empty_or;
    uint8_t kinds[3];
    void (*fill)(uint8_t *bytes, int count); // for W_EXPLICIT; recorded literally
} group;

typedef struct {
    uint64_t mantissa;
    uint16_t exponent;
} float80;

typedef struct {
    uint16_t control, status, opcode;
    uint8_t valid; // bit i: physical register i is not empty
    uint32_t eip, data;
    float80 reg[8]; // physical
} x87_state;

typedef struct {
    uint32_t gpr[8], eip, eflags;
    uint16_t seg[6];
    x87_state x87;
    uint8_t window[WINDOW_BYTES];
} machine;

typedef struct {
    machine after;
    uint8_t vector; // 1: the instruction completed
    uint16_t error;
    uint32_t cr2;
} outcome;

// random.c
uint64_t random64(uint64_t *state);
uint32_t interesting32(uint64_t *state);
void fill_arena(uint8_t *arena);
void make_state(const group *g, int index, machine *m);
uint32_t choose(uint32_t bound); // the recorder's own dice, for everything that is stored literally
uint64_t dice64(void);

// runner.c
extern uint8_t *arena;   // the test memory, by its second mapping
extern uint8_t *pristine; // what it holds between cases
void runner_start(void);
void run_case(const group *g, const machine *before, outcome *result);
int arena_offset(uint32_t address); // -1: nothing is there

// encode.c
void encode_open(const char *path);
void encode_close(void);
void record_group(group *g); // makes, runs and writes all cases of the group

// forms_*.c
void record_integer_forms(void);
void record_system_forms(void);
void record_x87_forms(void);
void record_sequences(void);

extern int effort; // states per encoding
