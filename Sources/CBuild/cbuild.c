// SPDX-License-Identifier: Apache-2.0
// In C, because a changed definition compiles this file again, and no target of Swift but the two
// that depend on it.

#include "cbuild.h"

const char *cbuild_commit(void) { return BUILD_COMMIT; }
const char *cbuild_commit_date(void) { return BUILD_COMMIT_DATE; }
const char *cbuild_swift(void) { return BUILD_SWIFT; }
