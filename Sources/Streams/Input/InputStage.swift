// SPDX-License-Identifier: Apache-2.0

import Capture
import Time

/// One stage of a pulled input: takes the units of its connections.
///
/// Confined to the input's thread.
protocol InputStage: AnyObject {
  /// Whether access units of this connection were decoded.
  var isDecoding: Bool { get }

  /// Notes a new connection.
  func connected()

  /// Takes a unit of media; the loop takes the others.
  func take(_ unit: InputUnit, _ description: InputDescription) throws(InputError) -> InputStep

  /// Takes the frames left in the decoder: a file or standard input has ended.
  func finish(_ description: InputDescription) throws(InputError) -> InputStep

  /// Notes that a file starts over.
  func restart()

  /// The place of a timestamp of the source in the session.
  ///
  /// - Parameters:
  ///   - pts: the timestamp, which may lie ahead.
  ///   - arrival: when the unit that has it was read.
  /// - Returns: nil if the place is not known yet.
  func position(of pts: SourceTime, arrival: MonotonicTime) -> StreamPosition?
}

extension InputStage {
  func restart() {}

  func position(of pts: SourceTime, arrival: MonotonicTime) -> StreamPosition? { nil }
}

/// The stage after a unit.
enum InputStep {
  /// The same stage.
  case stay
  /// Another stage on the same connection.
  case become(any InputStage)
  /// Another stage on a new connection, opened when there is a session.
  case reopen(any InputStage)
}
