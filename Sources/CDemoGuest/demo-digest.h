// Written by `make guest`: changes with demo.elf, so that image.S is assembled again.
// sha256 5019408b61e2e909bfec3dd6555cad36bb2f7f2f9c3c361125bf353638118e0a
