// SPDX-License-Identifier: Apache-2.0

/// Who adds and removes streams while the program runs.
package protocol StreamControl: Sendable {
  /// Adds the stream that a JSON object describes, as in a file.
  ///
  /// - Parameters:
  ///   - description: the object's text.
  ///   - answer: called once, on any thread.
  func add(_ description: [UInt8], answer: @escaping @Sendable (ControlResult) -> Void)
  /// Ends a stream for its players and takes it away.
  ///
  /// - Parameters:
  ///   - name: the stream's name.
  ///   - answer: called once, on any thread.
  func remove(_ name: String, answer: @escaping @Sendable (ControlResult) -> Void)
}

/// What came of a wish to add or to remove a stream.
package enum ControlResult: Sendable {
  /// The stream of this name is there.
  case added(String)
  case removed
  /// There is no such stream.
  case unknown
  /// The wish is not allowed, for this reason.
  case refused(String)
  /// Another stream has this name.
  case taken(String)
}
