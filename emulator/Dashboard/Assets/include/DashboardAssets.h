#pragma once

#include <stddef.h>

/// The dashboard's page, embedded at build time; `*size` receives its length. The memory lives as long as the process.
const unsigned char *dashboard_page(size_t *size);
