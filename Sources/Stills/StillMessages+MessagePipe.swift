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
  func send(_ order: StillOrder) -> Bool { send(order.bytes, order.payload) }

  /// Sends an answer.
  func send(_ answer: StillAnswer) { send(answer.bytes, answer.payload) }

  /// Receives an order; blocks.
  ///
  /// - Throws: the error of the pipe. The result is a failure if the bytes are no message.
  func receiveOrder() throws(Failure) -> Result<StillOrder, MessageError> {
    try receive(until: .distantFuture) { head, fields, payload throws(MessageError) in
      try StillOrder(head, fields, payload: payload)
    }
  }

  /// Receives an answer; blocks until `deadline` at most.
  ///
  /// - Throws: the error of the pipe. The result is a failure if the bytes are no message.
  func receiveAnswer(
    until deadline: MonotonicTime
  ) throws(Failure) -> Result<StillAnswer, MessageError> {
    try receive(until: deadline) { head, fields, payload throws(MessageError) in
      try StillAnswer(head, fields, payload: payload)
    }
  }

  private func receive<Message>(
    until deadline: MonotonicTime,
    _ read: (MessageHead, [UInt8], SharedBytes?) throws(MessageError) -> Message
  ) throws(Failure) -> Result<Message, MessageError> {
    let head: MessageHead
    let bytes = try receive(MessageHead.size, until: deadline)
    do throws(MessageError) { head = try MessageHead(bytes) } catch { return .failure(error) }
    let fields = try receive(head.fields, until: deadline)
    let payload = head.payload > 0 ? try receiveShared(head.payload, until: deadline) : nil
    do throws(MessageError) { return .success(try read(head, fields, payload)) } catch {
      return .failure(error)
    }
  }
}
