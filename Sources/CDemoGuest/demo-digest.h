// Written by `make guest`: changes with demo.elf, so that image.S is assembled again.
// sha256 74f7861cbe0b90c1c1e258590ccaaf1c9a9c90414efdb23ed65760f4d71a5377
