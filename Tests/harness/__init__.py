# SPDX-License-Identifier: Apache-2.0
"""Code shared by the end-to-end tests, the fault tests and the bench: one concept per file."""
