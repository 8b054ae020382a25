// Why this exists: zlib has no module map of its own.
#pragma once
#include <zlib.h>
