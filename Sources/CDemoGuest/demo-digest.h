// Written by `make guest`: changes with demo.elf, so that image.S is assembled again.
// sha256 74a1101e560c4118fe485d70245e27ba772b1b5a5114831ff7d15c951026a4b1
