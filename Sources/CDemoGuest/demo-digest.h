// Written by `make guest`: changes with demo.elf, so that image.S is assembled again.
// sha256 3a5aadb0351323a9e374089cc5bf82e4d221581eec0e4f00666a97bdc76cdfc1
