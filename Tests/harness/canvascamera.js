// SPDX-License-Identifier: Apache-2.0
// A camera that is a canvas with the burned clock BC64 (burnedclock.py), for the publisher page.
// Added after crc12.js, before the scripts of the page; `canvasCamera` changes it.
(() => {
  'use strict';
  if (window.canvasCamera) return;
  const COLUMNS = 32, ROWS = 18, RATE = 30;
  const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
  [canvas.width, canvas.height] = [640, 360];

  const bitsOf = (number, count) => Array.from(
    { length: count }, (_, index) => Math.floor(number / 2 ** (count - 1 - index)) % 2);

  const camera = window.canvasCamera = {
    /** Added to the time that is drawn, in ms: tells the frames of two pages apart. */
    offset: 0,
    drawn: 0,
    /** Whether nothing is drawn: a source without frames. */
    isStill: false,
    draw() { draw(); },
    /** The track that the page publishes. */
    get track() { return streams.at(-1)?.getVideoTracks()[0]; },
    turn(width, height) { [canvas.width, canvas.height] = [width, height]; },
  };

  function draw() {
    const { width, height } = canvas;
    pen.fillStyle = '#464646';
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = '#bebebe';
    pen.fillRect(camera.drawn * 8 % (width - 48), height / 2, 48, 40);
    const time = bitsOf(Math.round(performance.timeOrigin + performance.now()) + camera.offset, 48);
    [1, 0, 1, 0, ...time, ...bitsOf(crc12(time), 12)].forEach((bit, cell) => {
      const column = cell % COLUMNS, row = Math.floor(cell / COLUMNS);
      const left = Math.round(column * width / COLUMNS), top = Math.round(row * height / ROWS);
      pen.fillStyle = bit ? '#fff' : '#000';
      pen.fillRect(left, top, Math.round((column + 1) * width / COLUMNS) - left,
        Math.round((row + 1) * height / ROWS) - top);
    });
    camera.drawn += 1;
  }

  // Each drawing is a frame.
  const stream = canvas.captureStream();
  const streams = [];
  setInterval(() => { if (!camera.isStill) draw(); }, 1000 / RATE);
  navigator.mediaDevices.getUserMedia = async () => {
    streams.push(stream.clone());
    // A screen without changes has one frame, once it is shown.
    if (camera.isStill) setTimeout(draw, 300);
    return streams.at(-1);
  };
})();
