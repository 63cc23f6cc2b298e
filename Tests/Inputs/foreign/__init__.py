# SPDX-License-Identifier: Apache-2.0
"""Senders that other people wrote: ffmpeg, GStreamer, OBS, VLC, PyAV, and cameras."""
