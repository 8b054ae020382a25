// Written by `make guest`: changes with demo.elf, so that image.S is assembled again.
// sha256 175ce1625f4bd2aa6e634b41ef2c5eeb355b85bec20cdd57e913d492d0f11146
