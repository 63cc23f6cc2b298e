// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Glibc
import Isolation
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

@Suite("Messages that a process sends to the server", .blocking)
struct ReceivedMessagesTests {
  @Test("facts are received once, and other messages again")
  func facts() throws {
    var ends: [Int32] = [0, 0]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    let process = MessagePipe(ends[0])
    let server = MessagePipe(ends[1])
    var received = ReceivedMessages(server)
    let sent = [ChildMessage.opened, .facts([1]), .opened, .facts([1])]
    for message in sent { #expect(process.send(message.bytes)) }
    var results: [Result<ChildMessage, MessageError>] = []
    for _ in sent {
      results.append(try received.next(until: .hangLimit))
    }
    #expect(try results.prefix(3).map { try $0.get().bytes } == sent.prefix(3).map(\.bytes))
    #expect(throws: MessageError.self) { try results[3].get() }
  }
}
