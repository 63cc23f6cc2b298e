# SPDX-License-Identifier: Apache-2.0
"""Texts of the program that tests look for: change them here when the program's wording changes.

Tests look for events by name (`Program.logged`) or for keys and values. These texts are left: they
distinguish decisions that no event, metric or response shows. All are parts of the message of the
event `stream`, which describes a stream when it starts (`Program.description`), or of --probe.
"""

PASSED_THROUGH = "passed through"
COPIED_AUDIO = "copied audio"
VARIABLE_DURATION = "up to the next key frame"
# In the event `audio-parameters`: the new audio is copied.
COPIED = "; copied"
# In the output of --probe: one key frame per second at 30 fps, and copied audio.
PROBED_GROUP = "30 frames per GOP"
PROBED_AUDIO = "its sound as it comes"
