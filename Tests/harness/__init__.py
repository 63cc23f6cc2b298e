# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests, the fault tests and the bench share: one concept in each file."""
