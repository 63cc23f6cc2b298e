// SPDX-License-Identifier: Apache-2.0
// The documentation site, opened from a disk: browsers start no worker from a file, so the worker
// of the search becomes a script in a hidden frame.

if (location.protocol === 'file:') {
  window.Worker = class extends EventTarget {
    /** @param {string | URL} url of the script */
    constructor(url) {
      super();
      const frame = document.createElement('iframe');
      frame.hidden = true;
      this.ready = new Promise((resolve, reject) => {
        // Firefox replaces the first document of a frame when it has loaded.
        frame.onload = () => {
          const inner = frame.contentWindow;
          // Messages of the worker are events of this object, and those to it are events there.
          inner.postMessage = (data) => this.dispatchEvent(new MessageEvent('message', { data }));
          const script = inner.document.createElement('script');
          script.onload = resolve;
          script.onerror = () => reject(new Error(`${url}: not found`));
          script.src = String(url);
          inner.document.body.append(script);
        };
      });
      frame.srcdoc = '<body>';
      document.body.append(frame);
      this.frame = frame;
    }

    /** @param {unknown} data */
    postMessage(data) {
      this.ready.then(() => this.frame.contentWindow.dispatchEvent(
        new MessageEvent('message', { data })));
    }

    terminate() { this.frame.remove(); }
  };
}
