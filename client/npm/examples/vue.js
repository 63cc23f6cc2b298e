// SPDX-License-Identifier: Apache-2.0
// The element in Vue 3: a stream, and its latency below it.
//
// The component has a render function, because the usual build of Vue has no compiler of templates.
// A template of a file of Vue needs the option `isCustomElement` of the compiler of its bundler:
// `(name) => name === 'live-player'`.

import { h } from 'vue';
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
  render() {
    return h('figure', [
      h('live-player', { src: this.src, muted: '', controls: '', onLatency: this.show }),
      h('figcaption', this.caption),
    ]);
  },
};
