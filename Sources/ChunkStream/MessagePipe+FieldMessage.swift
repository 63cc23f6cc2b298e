// SPDX-License-Identifier: Apache-2.0

package import Isolation
import Sharing
package import Time

extension MessagePipe {
  /// Sends a message.
  ///
  /// - Returns: false if the other end is closed, or does not read.
  @discardableResult
  package func send(_ message: some FieldMessage) -> Bool { send(message.bytes, message.payload) }

  /// Receives a message, whose payload is not copied again; blocks.
  ///
  /// - Parameters:
  ///   - type: the messages of the other end.
  ///   - deadline: when the head is there at the latest (default no limit).
  ///   - rest: how long the rest of the message may take; nil if it has the same deadline.
  /// - Returns: the number of its bytes, and the message; a failure if the bytes are no message.
  /// - Throws: the other end is closed, or silent.
  package func receive<Message: FieldMessage>(
    _ type: Message.Type = Message.self, until deadline: MonotonicTime = .distantFuture,
    rest: Interval? = nil
  ) throws(Failure) -> (size: Int, message: Result<Message, MessageError>) {
    let bytes = try receive(MessageHead.size, until: deadline)
    let head: MessageHead
    do throws(MessageError) { head = try MessageHead(bytes) } catch {
      return (bytes.count, .failure(error))
    }
    let deadline = rest.map { SystemClock.monotonicTime + $0 } ?? deadline
    let fields = try receive(head.fields, until: deadline)
    let payload = head.payload > 0 ? try receiveShared(head.payload, until: deadline) : nil
    do throws(MessageError) {
      return (head.size, .success(try Message(head, fields, payload: payload)))
    } catch { return (head.size, .failure(error)) }
  }
}
