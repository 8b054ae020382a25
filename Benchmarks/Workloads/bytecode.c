// An interpreter inside the interpreter: a stack machine that counts primes. Indirect jumps all the way.
#include "workload.h"

enum { PUSH, LOAD, STORE, ADD, MUL, MOD, LESS, JUMP, JUMP_IF_ZERO, STOP };

static int code[128], size;
static int emit(int op, int operand) { code[size] = op; code[size + 1] = operand; size += 2; return size - 1; }

static int run(void) {
    int stack[16], variable[4] = {0, 0, 0, 0}, top = 0, at = 0;
    for (;;) {
        const int operand = code[at + 1];
        switch (code[at]) {
        case PUSH: stack[top++] = operand; break;
        case LOAD: stack[top++] = variable[operand]; break;
        case STORE: variable[operand] = stack[--top]; break;
        case ADD: top--; stack[top - 1] += stack[top]; break;
        case MUL: top--; stack[top - 1] *= stack[top]; break;
        case MOD: top--; stack[top - 1] %= stack[top]; break;
        case LESS: top--; stack[top - 1] = stack[top - 1] < stack[top]; break;
        case JUMP: at = operand; continue;
        case JUMP_IF_ZERO: if (!stack[--top]) { at = operand; continue; } break;
        case STOP: return variable[2];
        }
        at += 2;
    }
}

enum { N, D, COUNT };

// for (n = 2; n < 40000; n++) { for (d = 2; d*d <= n; d++) if (n % d == 0) goto next; count++; next: ; }
unsigned work(void) {
    emit(PUSH, 2); emit(STORE, N);
    int outer = size;
    emit(LOAD, N); emit(PUSH, 40000); emit(LESS, 0);
    int done = emit(JUMP_IF_ZERO, 0);
    emit(PUSH, 2); emit(STORE, D);
    int inner = size;
    emit(LOAD, N); emit(LOAD, D); emit(LOAD, D); emit(MUL, 0); emit(LESS, 0);
    int candidate = emit(JUMP_IF_ZERO, 0);
    emit(LOAD, D); emit(PUSH, 1); emit(ADD, 0); emit(STORE, D);
    emit(LOAD, COUNT); emit(PUSH, 1); emit(ADD, 0); emit(STORE, COUNT);
    int prime = emit(JUMP, 0);
    code[candidate] = size;
    emit(LOAD, N); emit(LOAD, D); emit(MOD, 0);
    int composite = emit(JUMP_IF_ZERO, 0);
    emit(LOAD, D); emit(PUSH, 1); emit(ADD, 0); emit(STORE, D);
    emit(JUMP, inner);
    code[prime] = code[composite] = size;
    emit(LOAD, N); emit(PUSH, 1); emit(ADD, 0); emit(STORE, N);
    emit(JUMP, outer);
    code[done] = size;
    emit(STOP, 0);
    unsigned sum = 0;
    for (int round = 0; round < 4; round++) sum += (unsigned)run();
    return sum;
}
