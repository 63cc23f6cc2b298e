# SPDX-License-Identifier: Apache-2.0
"""hls.js and dash.js in a page of others: their texts, date ranges and messages."""

# hls.js of another page; the active texts of each track, with the clock of the picture.
FOREIGN = """(source) => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const canvas = document.createElement('canvas');
  canvas.width = 128;
  canvas.height = 72;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  window.__clock = () => {
    context.drawImage(video, 0, 0, 128, 72);
    const bits = Array.from({ length: 64 }, (_, i) => (
      context.getImageData(i % 32 * 4 + 2, i < 32 ? 2 : 6, 1, 1).data[0] > 128 ? 1 : 0));
    return bits.slice(0, 4).join('') === '1010' ? parseInt(bits.slice(4, 52).join(''), 2) : null;
  };
  const hls = new Hls({ lowLatencyMode: false, enableEmsgKLVMetadata: true });
  window.__hls = hls;
  window.__texts = [];
  window.__ranges = {};
  window.__sets = [];
  hls.on(Hls.Events.FRAG_PARSING_METADATA, (_, { samples }) => {
    for (const { type, data } of samples) {
      if (type === 'urn:misb:KLV:bin:1910.1') __sets.push([...data]);
    }
  });
  hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
    for (const [id, { attr }] of Object.entries(details.dateRanges)) __ranges[id] = { ...attr };
  });
  hls.on(Hls.Events.ERROR, (_, { fatal, details }) => {
    if (fatal) (window.__fatal ??= []).push(details);
  });
  hls.loadSource(source);
  hls.attachMedia(video);
  video.play().catch(() => {});
  const active = new Set();
  const watch = () => {
    for (const track of video.textTracks) {
      if (track.kind === 'metadata') continue;
      if (track.mode === 'disabled') track.mode = 'hidden';
      const texts = [...track.activeCues ?? []].map(({ text }) => `${track.label}: ${text}`);
      for (const text of texts) {
        if (!active.has(text)) __texts.push({ text, clock: __clock() });
        active.add(text);
      }
      for (const text of active) {
        if (text.startsWith(`${track.label}: `) && !texts.includes(text)) active.delete(text);
      }
    }
    requestAnimationFrame(watch);
  };
  watch();
}"""

# dash.js of another page; the active texts, and the messages by their last two bytes.
FOREIGN_DASH = """(source) => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const canvas = document.createElement('canvas');
  canvas.width = 128;
  canvas.height = 72;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  window.__clock = () => {
    context.drawImage(video, 0, 0, 128, 72);
    const bits = Array.from({ length: 64 }, (_, i) => (
      context.getImageData(i % 32 * 4 + 2, i < 32 ? 2 : 6, 1, 1).data[0] > 128 ? 1 : 0));
    return bits.slice(0, 4).join('') === '1010' ? parseInt(bits.slice(4, 52).join(''), 2) : null;
  };
  const dash = dashjs.MediaPlayer().create();
  window.__dash = dash;
  window.__texts = [];
  window.__events = [];
  dash.updateSettings({ streaming: {
    delay: { liveDelay: 1 }, liveCatchup: { enabled: true }, text: { defaultEnabled: true } } });
  for (const scheme of ['urn:scte:scte35:2013:bin', 'urn:misb:KLV:bin:1910.1']) {
    dash.on(scheme, ({ event }) => {
      const clock = __clock();
      if (clock !== null) __events.push({ scheme, clock, end: [...event.messageData].slice(-2) });
    });
  }
  dash.initialize(video, source, true);
  let shown = '';
  const watch = () => {
    const tracks = [...video.textTracks].filter(({ kind, mode }) => (
      kind !== 'metadata' && mode !== 'disabled'));
    const active = tracks.flatMap(({ activeCues }) => [...activeCues ?? []]);
    const text = [...new Set(active.map((cue) => cue.text))].join();
    if (text !== shown) __texts.push({ text, clock: __clock() });
    shown = text;
    requestAnimationFrame(watch);
  };
  watch();
}"""
