// SPDX-License-Identifier: Apache-2.0

import Packaging
import Time

/// A connection to a receiver, for the tracks of one lane.
///
/// Confined to the thread of the lane, but for ``cancel``.
protocol PushConnection: AnyObject {
  /// Connects, and sends the headers of the tracks; blocks.
  func open() throws(PushFailure)

  /// Sends a chunk of the track with this index; blocks while the receiver does not read.
  func send(_ chunk: Chunk, of track: Int) throws(PushFailure)

  /// Notices a receiver that has gone, has refused the stream, or takes nothing.
  func check() throws(PushFailure)

  /// Ends the connection. `isFinal`: no other connection continues the media.
  func end(isFinal: Bool)

  /// Ends the present and all later calls; for any thread.
  var cancel: @Sendable () -> Void { get }
}

/// The limits of connections to receivers.
enum PushLimits {
  /// How long a receiver may take to accept a connection.
  static let opening = Interval.seconds(5)
  /// How long a receiver may take no byte.
  static let silence = Interval.seconds(5)
  /// How long the head of a response may take after its first byte.
  static let head = Interval.seconds(5)
  /// How long the end of a connection may take.
  static let ending = Interval.seconds(1)
  /// The most bytes that the kernel takes before it sends them.
  static let unsentBytes: Int32 = 64 << 10
}
