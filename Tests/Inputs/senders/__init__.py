# SPDX-License-Identifier: Apache-2.0
"""Senders of material, one protocol per file."""
