// SPDX-License-Identifier: Apache-2.0
// In C, because `#embed` rebuilds when the file changes, and takes no measurable time.

#include "cedgecases.h"

// The compiler knows the directive of C23 in every language mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t cases[] = {
#embed "../../deploy/edge/cases.json"
};

CEdgeCases cedgecases(void) { return (CEdgeCases){cases, sizeof cases}; }
