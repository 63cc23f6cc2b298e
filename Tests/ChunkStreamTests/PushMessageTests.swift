// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Sharing
import Testing

@Suite("Messages between the server and a process that pushes")
struct PushMessageTests {
  private func read(_ order: PushOrder) throws -> PushOrder {
    let bytes = order.bytes
    let head = try MessageHead(Array(bytes.prefix(MessageHead.size)))
    return try PushOrder(
      head, Array(bytes.dropFirst(MessageHead.size)), payload: order.payload)
  }

  @Test("orders are read as they were written")
  func orders() throws {
    let rights = PushOrder.Rights(memory: 1 << 20, port: 1935, file: "/x.pem")
    guard
      case .process(ChildMessage.version, rights) = try read(
        .process(version: ChildMessage.version, rights))
    else { return #expect(Bool(false), "the rights") }
    guard case .open("rtmp://h/a/k", true) = try read(.open(url: "rtmp://h/a/k", verifies: true))
    else { return #expect(Bool(false), "the receiver") }
    guard case .track([1, 2], true) = try read(.track(header: [1, 2], isLast: true)) else {
      return #expect(Bool(false), "a track")
    }
    guard
      case .chunk(1, 7, let chunk) = try read(
        .chunk(track: 1, number: 7, SharedBytes([9]))), chunk.array == [9]
    else { return #expect(Bool(false), "a chunk") }
    guard case .end = try read(.end) else { return #expect(Bool(false), "the end") }
  }

  @Test(
    "answers are read as they were written",
    arguments: [
      PushAnswer.hello(version: ChildMessage.version, protections: 7), .connected,
      .written(number: 9), .failed(reason: "gone", isRefusal: true),
    ])
  func answers(_ answer: PushAnswer) throws {
    let bytes = answer.bytes
    let head = try MessageHead(Array(bytes.prefix(MessageHead.size)))
    #expect(try PushAnswer(head, Array(bytes.dropFirst(MessageHead.size))) == answer)
  }

  @Test("an unknown kind, a foreign track and more bytes are errors")
  func malformed() {
    #expect(throws: MessageError.self) {
      try PushOrder(MessageHead(kind: 9, fields: 0), [], payload: nil)
    }
    #expect(throws: MessageError.self) {
      try PushOrder(MessageHead(kind: 4, fields: 5), [200, 0, 0, 0, 0], payload: nil)
    }
    #expect(throws: MessageError.self) {
      try PushAnswer(MessageHead(kind: 2, fields: 1), [0])
    }
  }
}
