// The demo guest's ELF image, part of the program itself: no file to find at run time, no start-up work, and
// the pages are read from the executable only when a demo guest boots. Built from Guests/ by `make guest`.

#pragma once
#include <stddef.h>

// First byte of the image, which is aligned to a page and is never written.
const void *_Nonnull lgtui_demo_guest_image(void);
// Bytes of the image.
size_t lgtui_demo_guest_size(void);
