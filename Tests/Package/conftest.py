# SPDX-License-Identifier: Apache-2.0
"""The tests of the Debian package use the fixtures of Tests/conftest.py."""
