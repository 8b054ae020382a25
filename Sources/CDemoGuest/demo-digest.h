// Written by `make guest`: changes with demo.elf, so that image.S is assembled again.
// sha256 5a4d843faca22bf754d484783a725c32199d37fd89fde26c7bd55365d5d99b93
