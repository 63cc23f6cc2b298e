/// How large a request head may be.
package struct HeadLimits: Sendable, Equatable {
  /// Bytes of the whole head, its last empty line included; at most 65,535.
  package var headBytes = 16 * 1024
  /// Field lines.
  package var fieldCount = 100
  /// Bytes of the request target.
  package var targetBytes = 4 * 1024

  /// The limits that hold where none are given.
  package init() {}
}
