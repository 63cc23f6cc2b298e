// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import Time

/// Whole frames that wait until the connection has taken the ones before.
struct OutgoingFrame {
  let head: SharedBytes
  /// nil if `head` is the whole frame.
  let payload: ByteSlice?
  /// The group and the number of a chunk; nil for a frame that is never dropped.
  let chunk: (channel: UInt16, sequence: UInt32)?
  /// The position of a chunk in its stream.
  let position: MediaMessage.Position?

  /// A chunk.
  init(_ message: MediaMessage) {
    head = message.head
    payload = message.payload
    chunk = (message.channel, message.sequence)
    position = message.position
  }

  /// A frame that is never dropped: a CMAF header or an event.
  init(header message: MediaMessage) {
    head = message.head
    payload = message.payload
    chunk = nil
    position = nil
  }

  /// A frame that is never dropped: a control message.
  init(_ frame: SharedBytes) {
    head = frame
    payload = nil
    chunk = nil
    position = nil
  }

  var count: Int { head.count + (payload?.count ?? 0) }

  /// The approximate memory of a frame that no other viewer gets.
  fileprivate var memory: Int { count + SharedBytes.objectSize }
}

/// The frames of one viewer that wait, and the age of the oldest unsent one: pure.
struct SendQueue {
  /// The bytes above which chunks are dropped, whatever their age.
  private static let byteLimit = 4 * 1024 * 1024
  /// The number of kept ends: five seconds, much more than a frame may be late.
  private static let markLimit = 250
  /// Frames that are due within this time have one end.
  private static let markInterval = Interval.milliseconds(20)

  private var frames: [(frame: OutgoingFrame, due: MonotonicTime)] = []
  /// The bytes of the frames that wait.
  private(set) var byteCount = 0
  /// The approximate memory of those frames among them that are never dropped.
  private(set) var essentialBytes = 0
  /// The number of bytes given to the connection.
  private var written: UInt64 = 0
  /// The ends of frames that were given to the connection, and when the frames were due.
  private var marks: [(end: UInt64, due: MonotonicTime)] = []

  /// Whether no frame waits.
  var isEmpty: Bool { frames.isEmpty }

  /// The positions of the chunks that wait.
  var positions: [MediaMessage.Position] { frames.compactMap(\.frame.position) }

  /// Whether another chunk of `count` bytes is too much.
  func isFull(adding count: Int) -> Bool { byteCount + count > Self.byteLimit }

  /// Keeps a frame that is due at a time, but not before the ones ahead of it.
  mutating func append(_ frame: OutgoingFrame, due: MonotonicTime) {
    frames.append((frame, max(due, frames.last?.due ?? marks.last?.due ?? due)))
    byteCount += frame.count
    if frame.chunk == nil { essentialBytes += frame.memory }
  }

  /// Removes the oldest frame.
  mutating func removeFirst() -> (frame: OutgoingFrame, due: MonotonicTime)? {
    guard !frames.isEmpty else { return nil }
    let first = frames.removeFirst()
    byteCount -= first.frame.count
    if first.frame.chunk == nil { essentialBytes -= first.frame.memory }
    return first
  }

  /// Removes the chunks, and returns for each group the number of its oldest one.
  mutating func dropChunks() -> [UInt16: UInt32] {
    var oldest: [UInt16: UInt32] = [:]
    for case let chunk? in frames.map(\.frame.chunk) where oldest[chunk.channel] == nil {
      oldest[chunk.channel] = chunk.sequence
    }
    frames.removeAll { $0.frame.chunk != nil }
    byteCount = frames.reduce(0) { $0 + $1.frame.count }
    return oldest
  }

  /// A frame was given to the connection; `due` is later than the present for a viewer that may
  /// take more time.
  mutating func wrote(_ count: Int, due: MonotonicTime) {
    // bounded: 2^64 bytes are never sent
    written &+= UInt64(clamping: count)
    if let last = marks.last, due - last.due < Self.markInterval {
      return marks[marks.count - 1].end = written
    }
    if marks.count == Self.markLimit { marks.removeFirst() }
    marks.append((written, due))
  }

  /// The time by which the oldest unsent frame is late; negative if it is not due.
  ///
  /// `unsent` is the number of bytes that the connection or the kernel has not sent.
  mutating func lateness(unsent: Int, now: MonotonicTime) -> Interval {
    let sent = written - min(written, UInt64(clamping: unsent))
    marks.removeAll { $0.end <= sent }
    return (marks.first?.due ?? frames.first?.due).map { now - $0 } ?? .zero
  }
}
