// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation
import Sharing
import Time

extension ChildMessage {
  /// How long the rest of a message may take.
  private static let limit = Interval.seconds(5)

  /// Receives a message; the payload of a chunk goes into the bytes that its window keeps.
  ///
  /// - Returns: the number of its bytes, and the message; a failure if the bytes are no message.
  /// - Throws: the error of the pipe.
  static func receive(
    _ pipe: MessagePipe, until deadline: MonotonicTime
  ) throws(MessagePipe.Failure) -> (size: Int, Result<ChildMessage, MessageError>) {
    switch try MessageHead.receive(pipe, until: deadline) {
    case .failure(let error): return (MessageHead.size, .failure(error))
    case .success(let head):
      // bounded: both are checked
      let size = MessageHead.size + head.fields + head.payload
      let deadline = SystemClock.monotonicTime + limit
      let fields = try pipe.receive(head.fields, until: deadline)
      let payload = head.payload > 0 ? try pipe.receiveShared(head.payload, until: deadline) : nil
      do throws(MessageError) {
        return (size, .success(try ChildMessage(head, fields, payload: payload)))
      } catch { return (size, .failure(error)) }
    }
  }
}

extension MessageHead {
  /// Receives the head of a message; the result is a failure if the bytes are no head.
  static func receive(
    _ pipe: MessagePipe, until deadline: MonotonicTime
  ) throws(MessagePipe.Failure) -> Result<MessageHead, MessageError> {
    let bytes = try pipe.receive(size, until: deadline)
    do throws(MessageError) { return .success(try MessageHead(bytes)) } catch {
      return .failure(error)
    }
  }
}
