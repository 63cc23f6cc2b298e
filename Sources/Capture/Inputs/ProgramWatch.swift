// SPDX-License-Identifier: Apache-2.0

package import Time

/// Notices that a program of MPEG-TS has another video stream than the chosen one: a pure state
/// machine.
///
/// A sender that starts again, or a new version of its PMT, may use other PIDs or another codec.
/// The demuxer then reports a new stream, and the chosen one gets no more packets.
package struct ProgramWatch {
  /// The time without a packet after which a stream that its program has no longer is over.
  static let limit = Interval.seconds(1)
  /// The same for a stream that its program still has: others may be of other programs.
  static let programLimit = Interval.seconds(3)

  /// The number of streams when one was chosen; those after them are new.
  private let known: Int32
  private var codec: UInt32?
  private var last: MonotonicTime?

  /// A watch over the stream that is chosen among the first `streams` ones.
  package init(streams: Int32 = 0) { known = streams }

  /// Notes a packet of a video stream.
  ///
  /// - Parameters:
  ///   - stream: its stream.
  ///   - codec: the codec of that stream.
  ///   - chosen: the chosen stream.
  ///   - isInProgram: whether a program has the chosen stream.
  ///   - now: the arrival of the packet.
  /// - Returns: whether the chosen stream is over.
  package mutating func heard(
    _ stream: Int32, codec: UInt32, chosen: Int32, isInProgram: Bool, at now: MonotonicTime
  ) -> Bool {
    guard stream == chosen else {
      guard let last, stream >= known else { return false }
      return now - last >= (isInProgram ? Self.programLimit : Self.limit)
    }
    defer { (self.codec, last) = (codec, now) }
    return self.codec.map { $0 != codec } ?? false
  }
}
