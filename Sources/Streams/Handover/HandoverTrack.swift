// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation
import Packaging

/// The media of one window that is handed over, as messages.
struct HandoverTrack {
  private let window: LiveWindow
  private let number: UInt8
  /// The first segment that is left to the other process.
  private let end: Int64
  private var cursor: FeedCursor
  /// The window when the handover began, until it is sent: its oldest segments may have left the
  /// window meanwhile.
  private var beginning: WindowSnapshot?
  /// The hash of the newest sent header.
  private var header: String?

  /// A track at the oldest segment of its window.
  init(_ window: LiveWindow, _ number: UInt8, before end: Int64) {
    (self.window, self.number, self.end) = (window, number, end)
    let snapshot = window.snapshot
    cursor = FeedCursor(before: snapshot.segments.first?.number ?? snapshot.newestSegment)
    beginning = snapshot
  }

  /// Whether all segments before the end were sent.
  var isOver: Bool { cursor.segment >= end }

  /// Sends what the window has got; false if the other process is gone or too slow.
  mutating func send(_ pipe: MessagePipe) -> Bool {
    if let snapshot = beginning.take() {
      guard send(snapshot, pipe) else { return false }
    }
    return send(window.snapshot, pipe)
  }

  private mutating func send(_ snapshot: WindowSnapshot, _ pipe: MessagePipe) -> Bool {
    while true {
      switch cursor.next(snapshot) {
      case .end: return true
      case .lost: return false
      case .item(.segment(let start, let gap)):
        guard start.number < end, sendHeaders(snapshot, pipe),
          pipe.send(FeedMessage.segment(number, start, gap: gap))
        else { return start.number >= end }
      case .item(.chunk(let chunk)):
        let message = FeedMessage.chunk(ChunkMessage(chunk, track: number))
        guard pipe.send(message) else { return false }
      }
    }
  }

  /// Sends the headers that are newer than the sent ones.
  private mutating func sendHeaders(_ snapshot: WindowSnapshot, _ pipe: MessagePipe) -> Bool {
    for track in snapshot.tracks(after: header) {
      guard pipe.send(FeedMessage.track(number, TrackFields(track))) else { return false }
      header = track.headerHash
    }
    return true
  }
}
