// SPDX-License-Identifier: Apache-2.0

package import ChunkStream
import Isolation
import Media
package import Packaging
import Sharing
import Time

/// The sink of a track in a process of its own: sends its chunks to the server.
///
/// Sending blocks while the server does not read. If the server is gone, the process ends.
struct ChunkSender: ChunkSink {
  /// The number of the track.
  let track: UInt8
  let pipe: MessagePipe

  func describe(_ track: TrackDescription) {
    pipe.send(ChildMessage.track(self.track, TrackFields(track)))
  }

  func appendPrefill(_ chunk: Chunk) { send(chunk, .prefill) }

  func goLive() { pipe.send(ChildMessage.live(track)) }

  func publish(_ chunk: Chunk, offset: Interval?) { send(chunk, .next, offset) }

  func announce(offset: Interval, skipped: Int64) {
    pipe.send(ChildMessage.step(track, offset: offset, skipped: skipped))
  }

  func begin(_ chunks: [Chunk], offset: Interval, skipped: Int64, track: TrackDescription?) {
    for chunk in chunks { send(chunk, .opening) }
    let period = PeriodFields(
      offset: offset, skipped: skipped, track: track.map { TrackFields($0) })
    pipe.send(ChildMessage.period(self.track, period))
  }

  func leaveOut(_ number: Int64) { pipe.send(ChildMessage.gap(track, segment: number)) }

  private func send(_ chunk: Chunk, _ role: ChunkMessage.Role, _ offset: Interval? = nil) {
    let message = ChunkMessage(chunk, track: track, role: role, offset: offset)
    pipe.send(ChildMessage.chunk(message))
  }
}

extension TrackFields {
  /// The constants of a track.
  package init(_ track: TrackDescription) {
    self.init(
      codecs: track.codecs, width: UInt16(clamping: track.size?.width ?? 0),
      height: UInt16(clamping: track.size?.height ?? 0),
      channels: UInt8(clamping: track.channels ?? 0), header: track.header.array)
  }
}
