// SPDX-License-Identifier: Apache-2.0
// The element in Vue 2: a stream, and its latency below it.
//
// Vue has to know that the element is no component of its own:
//   Vue.config.ignoredElements = ['live-player']

import 'streamer-live-player';

export default {
  props: { src: { type: String, required: true } },
  data: () => ({ latency: null }),
  computed: {
    caption() { return this.latency === null ? '' : `${Math.round(this.latency * 1000)} ms`; },
  },
  methods: {
    show({ detail }) { this.latency = detail.latency; },
  },
  // The usual build of Vue has no compiler of templates.
  render(h) {
    return h('figure', [
      h('live-player', {
        attrs: { src: this.src, muted: '', controls: '' }, on: { latency: this.show },
      }),
      h('figcaption', this.caption),
    ]);
  },
};
