// SPDX-License-Identifier: Apache-2.0
// Records when a page with an AudioContext of its own plays the beep of the test tone: every node
// that is connected to the output is also connected to a tap. `window.__sound` has the onsets in ms
// of the context, and pairs of this clock and the clock of the page minus it, for what is heard.

(() => {
  const { connect } = AudioNode.prototype;
  const state = { onsets: [], clocks: [] };
  const taps = new Map();  // Chromium forgets a tap without a reference
  window.__sound = state;

  function tapOf(context) {
    const tap = context.createScriptProcessor(256, 1, 1);
    let quiet = 1e9;
    tap.onaudioprocess = (event) => {
      const samples = event.inputBuffer.getChannelData(0), { currentTime, sampleRate } = context;
      const heard = context.getOutputTimestamp();
      state.clocks.push([currentTime * 1000, heard.performanceTime - heard.contextTime * 1000]);
      for (let i = 0; i < samples.length; i += 1) {
        if (Math.abs(samples[i]) > 0.1) {
          const time = currentTime + (i - samples.length) / sampleRate;
          if (quiet > 0.2 * sampleRate) state.onsets.push(time * 1000);
          quiet = 0;
        } else quiet += 1;
      }
    };
    connect.call(tap, context.destination);
    return tap;
  }

  AudioNode.prototype.connect = function tapped(target, ...rest) {
    if (target instanceof AudioDestinationNode) {
      if (!taps.has(this.context)) taps.set(this.context, tapOf(this.context));
      connect.call(this, taps.get(this.context));
    }
    return connect.call(this, target, ...rest);
  };
})();
