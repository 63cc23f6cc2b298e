// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation
import Time

extension ParentMessage {
  /// Receives a message; blocks.
  ///
  /// - Throws: the error of the pipe. The result is a failure if the bytes are no message.
  static func receive(
    _ pipe: MessagePipe
  ) throws(MessagePipe.Failure) -> Result<ParentMessage, MessageError> {
    switch try MessageHead.receive(pipe, until: .distantFuture) {
    case .failure(let error): return .failure(error)
    case .success(let head):
      let fields = try pipe.receive(head.fields, until: .distantFuture)
      do throws(MessageError) { return .success(try ParentMessage(head, fields)) } catch {
        return .failure(error)
      }
    }
  }
}
