// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation
import Sharing
import Time

extension MessagePipe {
  /// Sends an order.
  ///
  /// - Returns: false if the process has ended, or does not read.
  @discardableResult
  func send(_ order: PushOrder) -> Bool { send(order.bytes, order.payload) }

  /// Sends an answer.
  func send(_ answer: PushAnswer) { send(answer.bytes) }

  /// Receives an order; blocks.
  ///
  /// - Throws: the error of the pipe. The result is nil if the bytes are no message.
  func receivePushOrder() throws(Failure) -> PushOrder? {
    guard let head = try? MessageHead(try receive(MessageHead.size, until: .distantFuture)) else {
      return nil
    }
    let fields = try receive(head.fields, until: .distantFuture)
    let payload = head.payload > 0 ? try receiveShared(head.payload, until: .distantFuture) : nil
    return try? PushOrder(head, fields, payload: payload)
  }

  /// Receives an answer; blocks.
  ///
  /// - Throws: the error of the pipe. The result is nil if the bytes are no message.
  func receivePushAnswer() throws(Failure) -> PushAnswer? {
    guard let head = try? MessageHead(try receive(MessageHead.size, until: .distantFuture)) else {
      return nil
    }
    return try? PushAnswer(head, try receive(head.fields, until: .distantFuture))
  }
}
