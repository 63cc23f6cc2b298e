// SPDX-License-Identifier: Apache-2.0
// The element in Vue: a stream, and its latency below it, as a component of Vue 2 and 3.
//
// Vue has to know that the element is no component of its own:
//   Vue 3: app.config.compilerOptions.isCustomElement = (name) => name === 'live-player'
//   Vue 2: Vue.config.ignoredElements = ['live-player']

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
  template: `
    <figure>
      <live-player :src="src" muted="" controls="" @latency="show"></live-player>
      <figcaption>{{ caption }}</figcaption>
    </figure>`,
};
