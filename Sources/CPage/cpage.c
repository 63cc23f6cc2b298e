// SPDX-License-Identifier: Apache-2.0
// SwiftPM's own embedding compiles one integer literal per byte: a minute and 1.3 GB for these
// files. `#embed` takes no measurable time, and rebuilds when a file changes.

#include "cpage.h"

// The compiler knows the directive of C23 in every language mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t browser[] = {
#embed "../../client/browser.html"
};
static const uint8_t statistics[] = {
#embed "../../client/stats.html"
};
static const uint8_t list[] = {
#embed "../../client/list.html"
};
static const uint8_t wall[] = {
#embed "../../client/wall.html"
};
static const uint8_t publisher[] = {
#embed "../../client/publish.html"
};
static const uint8_t error[] = {
#embed "../../client/error.html"
};
static const uint8_t module[] = {
#embed "../../client/live-player.js"
};
static const uint8_t later_module[] = {
#embed "../../client/live-player-later.js"
};
static const uint8_t publisher_module[] = {
#embed "../../client/live-publisher.js"
};
static const uint8_t module_types[] = {
#embed "../../client/live-player.d.ts"
};

CPageFile cpage_browser(void) { return (CPageFile){browser, sizeof browser}; }
CPageFile cpage_statistics(void) { return (CPageFile){statistics, sizeof statistics}; }
CPageFile cpage_list(void) { return (CPageFile){list, sizeof list}; }
CPageFile cpage_wall(void) { return (CPageFile){wall, sizeof wall}; }
CPageFile cpage_publisher(void) { return (CPageFile){publisher, sizeof publisher}; }
CPageFile cpage_error(void) { return (CPageFile){error, sizeof error}; }
CPageFile cpage_module(void) { return (CPageFile){module, sizeof module}; }
CPageFile cpage_later_module(void) { return (CPageFile){later_module, sizeof later_module}; }
CPageFile cpage_publisher_module(void) {
  return (CPageFile){publisher_module, sizeof publisher_module};
}
CPageFile cpage_module_types(void) { return (CPageFile){module_types, sizeof module_types}; }
