// Written by `make guest`: changes with demo.elf, so that image.S is assembled again.
// sha256 2ca2b49f1cf99f1817d759fad4cdbf7a428f380d38ddcc677f092ef41445bffd
