#pragma once

#include <stddef.h>

/// One file of the web page, embedded into the executable at build time.
struct page_asset {
    const char *path;
    const char *content_type;
    const unsigned char *bytes;
    size_t size;
};

/// The files of the page; `*count` receives how many there are. The memory lives as long as the process.
const struct page_asset *page_assets(size_t *count);
