# SPDX-License-Identifier: Apache-2.0
"""The fault tests use the fixtures of Tests/conftest.py; -s or -rP prints their figures."""
