// SPDX-License-Identifier: Apache-2.0
// Facts of the build, see Package.swift. Each text is "unknown" in a build without make; commit and
// date also outside git.

#ifndef CBUILD_H
#define CBUILD_H

/// The commit in 40 hexadecimal digits, with "-modified" if a tracked file differs from it.
const char *_Nonnull cbuild_commit(void);

/// The date of the commit in UTC: 2026-11-25.
const char *_Nonnull cbuild_commit_date(void);

/// The version of the Swift compiler: 6.3.1.
const char *_Nonnull cbuild_swift(void);

#endif
