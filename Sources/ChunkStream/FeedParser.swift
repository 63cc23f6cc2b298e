// SPDX-License-Identifier: Apache-2.0

import Sharing

/// Joins the pieces of a feed to messages.
///
/// It keeps at most one message, whose size is limited, and a piece.
package struct FeedParser: Sendable {
  /// The bytes from the start of the next message on.
  private var pending: [UInt8] = []

  /// A parser at the start of a feed.
  package init() {}

  /// Adds a piece; ``next()`` then gives the messages that it completes.
  package mutating func add(_ piece: [UInt8]) { pending += piece }

  /// The next whole message; nil until another piece completes it.
  ///
  /// - Throws: the error if the bytes are no message; the feed then cannot be read further.
  package mutating func next() throws(MessageError) -> FeedMessage? {
    guard pending.count >= MessageHead.size else { return nil }
    let head = try MessageHead(Array(pending.prefix(MessageHead.size)))
    guard pending.count >= head.size else { return nil }
    let body = pending.prefix(head.size).dropFirst(MessageHead.size)
    let payload = head.payload > 0 ? SharedBytes(Array(body.dropFirst(head.fields))) : nil
    let message = try FeedMessage(head, Array(body.prefix(head.fields)), payload: payload)
    pending.removeFirst(head.size)
    return message
  }
}
