// SPDX-License-Identifier: Apache-2.0

import Glibc
import Isolation
import Sharing
import TestSupport
import Testing
import Time

@Suite("Bytes between a process and its parent", .blocking)
struct MessagePipeTests {
  private func pair() throws -> (MessagePipe, MessagePipe) {
    var ends: [Int32] = [-1, -1]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    return (MessagePipe(ends[0], sendLimit: 200), MessagePipe(ends[1]))
  }

  private var soon: MonotonicTime { SystemClock.monotonicTime + .milliseconds(50) }

  @Test("head and payload arrive in order")
  func order() throws {
    let (sender, receiver) = try pair()
    #expect(sender.send([1, 2], SharedBytes([3, 4, 5])))
    #expect(try receiver.receive(2, until: soon) == [1, 2])
    #expect(try receiver.receiveShared(3, until: soon).array == [3, 4, 5])
  }

  @Test("bytes that have arrived are read after the deadline; without them it is an error")
  func deadline() throws {
    let (sender, receiver) = try pair()
    sender.send([1, 2, 3])
    #expect(try receiver.receive(3, until: .origin) == [1, 2, 3])
    #expect(throws: MessagePipe.Failure.silent) { try receiver.receive(1, until: soon) }
  }

  @Test("a closed end is an error for both")
  func closed() throws {
    var (sender, receiver): (MessagePipe?, MessagePipe) = try pair()
    sender?.send([1])
    sender = nil
    #expect(try receiver.receive(1, until: soon) == [1])
    #expect(throws: MessagePipe.Failure.closed) { try receiver.receive(1, until: soon) }
    #expect(!receiver.send([1]))
  }

  @Test("a limited sender does not wait for a receiver that does not read")
  func limited() throws {
    let (sender, receiver) = try pair()
    var isSent = true
    for _ in 0..<64 where isSent {
      isSent = sender.send([UInt8](repeating: 0, count: 1 << 20))
    }
    #expect(!isSent)
    _ = receiver
  }

  @Test("an end of another pair arrives at the other end, and carries bytes in both directions")
  func ends() throws {
    let (sender, receiver) = try pair()
    sender.send([1, 2])
    let own = try sender.sendPair(sendLimit: 200)
    #expect(try receiver.receive(2, until: soon) == [1, 2])
    let other = try #require(try receiver.receiveEnd())
    #expect(own.send([7]) && other.send([8, 9]))
    #expect(try other.receive(1, until: soon) == [7])
    #expect(try own.receive(2, until: soon) == [8, 9])
    other.shutDown()
    #expect(throws: MessagePipe.Failure.closed) { try own.receive(1, until: soon) }
  }

  @Test("there is no end of a pair from a closed end, and none for it")
  func closedEnds() throws {
    var (sender, receiver): (MessagePipe?, MessagePipe) = try pair()
    sender = nil
    #expect(throws: ChildProcess.Refusal.self) { try receiver.receiveEnd() }
    let refusal = #expect(throws: ChildProcess.Refusal.self) {
      try receiver.sendPair(sendLimit: 200)
    }
    #expect(refusal?.isClosed == true)
    _ = sender
  }
}
