#include "demo_guest.h"

extern const unsigned char lgtui_demo_guest_start[], lgtui_demo_guest_end[];

const void *lgtui_demo_guest_image(void) { return lgtui_demo_guest_start; }

size_t lgtui_demo_guest_size(void) { return (size_t)(lgtui_demo_guest_end - lgtui_demo_guest_start); }
