#include "PageAssets.h"

static const unsigned char index_html[] = {
#embed "index.html"
};
static const unsigned char page_css[] = {
#embed "page.css"
};
static const unsigned char page_js[] = {
#embed "page.js"
};
static const unsigned char workflows_js[] = {
#embed "workflows.js"
};
static const unsigned char icon_svg[] = {
#embed "icon.svg"
};

static const struct page_asset assets[] = {
    {"/", "text/html; charset=utf-8", index_html, sizeof index_html},
    {"/assets/page.css", "text/css; charset=utf-8", page_css, sizeof page_css},
    {"/assets/page.js", "text/javascript; charset=utf-8", page_js, sizeof page_js},
    {"/assets/workflows.js", "text/javascript; charset=utf-8", workflows_js, sizeof workflows_js},
    {"/assets/icon.svg", "image/svg+xml", icon_svg, sizeof icon_svg},
};

const struct page_asset *page_assets(size_t *count) {
    *count = sizeof assets / sizeof assets[0];
    return assets;
}
