# SPDX-License-Identifier: Apache-2.0
"""A page of another site with our element: the captions that it shows, each with its picture."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_high

from harness.captionsource import Caption
from harness.dtvcc import ServiceCaption

ELEMENTS = """<!doctype html><meta charset="utf-8"><style>live-player {{ width: 320px }}</style>
<script type="module" src="{module}"></script><body>"""
MOUNT = """([source, transport]) => {
  // The time in the file of a picture, by its burned clock, ms; null if it has none.
  const canvas = document.createElement('canvas');
  canvas.width = 128;
  canvas.height = 72;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const clockOf = (picture) => {
    context.drawImage(picture, 0, 0, 128, 72);
    const bits = Array.from({ length: 64 }, (_, i) => (
      context.getImageData(i % 32 * 4 + 2, i < 32 ? 2 : 6, 1, 1).data[0] > 128 ? 1 : 0));
    return bits.slice(0, 4).join('') === '1010' ? parseInt(bits.slice(4, 52).join(''), 2) : null;
  };
  const player = document.createElement('live-player');
  const found = window.__captions = [];
  player.src = source;
  player.transport = transport;
  player.muted = true;
  player.controls = true;
  document.body.append(player);
  window.__player = player;
  const root = player.shadowRoot, box = root.getElementById('captions');
  window.__clock = () => clockOf(root.querySelector(
    transport === 'webcodecs' ? 'canvas' : 'video'));
  new MutationObserver(() => {
    const text = box.hidden ? '' : [...box.children].map((row) => row.textContent).join('\\n');
    if (text !== (found.at(-1)?.text ?? '')) found.push({ text, clock: __clock() });
  }).observe(box, { childList: true, attributes: true });
}"""
# Whether the menu had this option, which it gets shortly after the player knows the track.
CHOOSE = """(text) => {
  const menu = __player.shadowRoot.getElementById('caption-track');
  if (!menu) {
    __player.shadowRoot.getElementById('settings').click();
    return false;
  }
  const index = [...menu.options].findIndex((option) => option.text === text);
  if (index < 0) return false;
  menu.selectedIndex = index;
  menu.dispatchEvent(new Event('change'));
  __captions.length = 0;
  return true;
}"""


def errors(found: list[dict],
           given: Sequence[Caption | ServiceCaption]) -> list[float | None]:
    """The median error of each start and end over the turns, ms; None if it was not seen.

    The file is played again and again: a page that was not scheduled is late once.
    """
    texts = [entry["text"] for entry in found]
    medians: list[float | None] = []
    for caption in given:
        begins = [index for index, text in enumerate(texts) if text == caption.text]
        ends = [index + 1 for index in begins if texts[index + 1:index + 2] == [""]]
        for indices, at in ((begins, caption.start), (ends, caption.end)):
            late = [found[index]["clock"] - at * 1000 for index in indices
                    if found[index]["clock"] is not None]
            medians.append(median_high(late) if late else None)
    return medians
