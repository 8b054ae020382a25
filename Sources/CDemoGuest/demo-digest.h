// Written by `make guest`: changes with demo.elf, so that image.S is assembled again.
// sha256 a28b3cabd67cdebf88fba99ca3ebfc5b74d74b74568307d66ae1eaafb5a6a9c3
