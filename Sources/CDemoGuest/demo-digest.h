// Written by `make guest`: changes with demo.elf, so that image.S is assembled again.
// sha256 7c25a610ff47f95cf835cd9ffefd29cce643b43e922b80f58ac3c6425ed71368
