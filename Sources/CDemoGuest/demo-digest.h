// Written by `make guest`: changes with demo.elf, so that image.S is assembled again.
// sha256 c101afaaa194729c305d9d3e6cce91aa1701b05869c61c71558e7622d432d978
