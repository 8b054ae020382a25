// What the parts of the guest program share. It is the only process of its kernel's whole life, started as /init; kernel
// arguments that the kernel does not know arrive in its environment: job=micro, job=disk disk=lgba, job=flood, job=idle, job=spin.
#pragma once

// Guests' clocks differ in what they are worth, so the host times everything: it sees these two lines and looks at its own.
// `count` is what was done in between, in whatever unit the host shows.
void begin(const char *name, unsigned count);
void end(const char *name);
/// Tells why and stops everything: a benchmark that goes on after an error measures something else.
void die(const char *what) __attribute__((noreturn));

void micro(void);
void disk(const char *name);
void flood(unsigned megabytes);
