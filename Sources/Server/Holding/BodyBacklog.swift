// SPDX-License-Identifier: Apache-2.0

/// The part of a growing body that its connection has not been given yet: pure.
///
/// A body that is already long when its response begins is handed over in pieces, so that few bytes
/// are queued. Bytes that existed at the beginning are those of a single response and wait for any
/// client; bytes that are added while the client does not read are limited.
struct BodyBacklog {
  /// Queued bytes of a connection above which no more are handed over.
  static let pieceLimit = 256 * 1024

  /// The bytes that existed when the response began.
  private let initial: Int

  /// The backlog of a response that begins when its body has `initial` bytes.
  init(initial: Int) { self.initial = initial }

  /// The bytes that wait, beyond those that existed at the beginning.
  ///
  /// - Parameters:
  ///   - waiting: the bytes that are not handed over.
  ///   - queued: the bytes that are handed over and queued.
  /// - Returns: 0 or more.
  func added(waiting: Int, queued: Int) -> Int {
    // bounded: bytes in memory
    max(0, waiting + queued - initial)
  }
}
