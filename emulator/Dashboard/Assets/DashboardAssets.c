#include "DashboardAssets.h"

static const unsigned char page[] = {
#embed "dashboard.html"
};

const unsigned char *dashboard_page(size_t *size) {
    *size = sizeof page;
    return page;
}
