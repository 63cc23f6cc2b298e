// SPDX-License-Identifier: Apache-2.0

package import Time

/// The destination of one rendition's chunks: what an encoder, or a source that is passed through,
/// publishes.
///
/// In the server it is the rendition's ``LiveWindow``; in a process of its own, the connection to
/// the server.
package protocol ChunkSink: Sendable {
  /// Sets the constants of the rendition; called once, before any chunk.
  func describe(_ track: TrackDescription)
  /// Appends a chunk of the prefill.
  func appendPrefill(_ chunk: Chunk)
  /// Opens the rendition to readers.
  func goLive()
  /// Appends the next chunk; see ``LiveWindow/publish(_:offset:)``.
  func publish(_ chunk: Chunk, offset: Interval?)
  /// Announces a step of the wall clock; see ``LiveWindow/announce(offset:skipped:)``.
  func announce(offset: Interval, skipped: Int64)
  /// Begins a discontinuity period; see ``LiveWindow/begin(_:offset:skipped:track:)``.
  func begin(_ chunks: [Chunk], offset: Interval, skipped: Int64, track: TrackDescription?)
  /// Makes a segment a gap; see ``LiveWindow/leaveOut(_:)``.
  func leaveOut(_ number: Int64)
}

extension ChunkSink {
  /// Appends the next chunk with the offset of the segment before.
  package func publish(_ chunk: Chunk) { publish(chunk, offset: nil) }
}

extension LiveWindow: ChunkSink {}
