// SPDX-License-Identifier: Apache-2.0

package import Time

/// Adds and removes streams while the program runs.
package protocol StreamControl: Sendable {
  /// Adds the stream that a JSON object describes, as in a configuration file.
  ///
  /// - Parameters:
  ///   - description: the text of the object.
  ///   - answer: called once, on any thread.
  func add(_ description: [UInt8], answer: @escaping @Sendable (ControlResult) -> Void)
  /// Ends a stream for its players and removes it.
  ///
  /// - Parameters:
  ///   - name: the name of the stream.
  ///   - answer: called once, on any thread.
  func remove(_ name: String, answer: @escaping @Sendable (ControlResult) -> Void)
}

/// The result of a request to add or to remove a stream.
package enum ControlResult: Sendable {
  /// The stream of this name was added.
  case added(String)
  case removed
  /// The media of this span is hidden, and its bytes are being removed; another result follows.
  case removing(Range<WallTime>, of: String)
  /// No stream has this name.
  case unknown
  /// The request was refused, for this reason.
  case refused(String)
  /// Another stream has this name.
  case taken(String)
}
