// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation
import Metadata
import Packaging
import Time

/// The sink of metadata in a process of its own: sends it to the server.
struct MetadataSender: MetadataSink {
  let pipe: MessagePipe

  func take(_ content: EventContent, at time: WallTime, mediaTime: MediaTime) {
    pipe.send(ChildMessage.event(time: time, mediaTime: mediaTime, content))
  }

  func take(_ cue: SourceCue, at time: WallTime) {
    pipe.send(ChildMessage.cue(time: time, cue))
  }
}
