# SPDX-License-Identifier: Apache-2.0
"""The rows of the table."""

from __future__ import annotations

from table import Row

ROWS: tuple[Row, ...] = (Row("plain"),)
