// SPDX-License-Identifier: Apache-2.0
// The element in React: a stream, and its latency below it. `?src=` is the stream.

import React, { useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import 'streamer-live-player/react';

/** Custom elements get attributes; React before 19 gives them no listeners for their events. */
function Live({ src }) {
  const player = useRef(null);
  const [latency, setLatency] = useState(null);
  useEffect(() => {
    const element = player.current;
    const show = ({ detail }) => setLatency(detail.latency);
    element.addEventListener('latency', show);
    return () => element.removeEventListener('latency', show);
  }, []);
  return (
    <figure>
      <live-player ref={player} src={src} muted controls />
      <figcaption>{latency === null ? '' : `${Math.round(latency * 1000)} ms`}</figcaption>
    </figure>
  );
}

const src = new URLSearchParams(location.search).get('src') ?? 'http://localhost:8080/live/';
createRoot(document.getElementById('root')).render(<Live src={src} />);
