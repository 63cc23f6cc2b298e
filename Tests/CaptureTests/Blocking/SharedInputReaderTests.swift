// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture

private let description = InputDescription(
  format: "mpegts",
  video: InputDescription.Video(
    passThroughCodec: .h264, codec: "h264", width: 640, height: 360, rate: nil, parameterSets: [],
    configuration: []), isPaced: false)

private func entry(_ milliseconds: Int64, isKey: Bool = false, bytes: Int = 1) -> UnitQueue.Entry {
  let time = MonotonicTime.origin + .milliseconds(milliseconds)
  return UnitQueue.Entry(
    .video(
      AccessUnit(
        bytes: [UInt8](repeating: 0, count: bytes), parameterSets: [], isKey: isKey,
        pts: .origin + .milliseconds(milliseconds), dts: nil, arrival: time, senderTime: nil)),
    description, oversized: 0)
}

private func sound(_ milliseconds: Int64) -> UnitQueue.Entry {
  let time = MonotonicTime.origin + .milliseconds(milliseconds)
  return UnitQueue.Entry(
    .audio(AudioPacket(bytes: [0], pts: .origin + .milliseconds(milliseconds), arrival: time)),
    description, oversized: 0)
}

@Suite("Units of a shared connection that wait for a stream", .blocking)
struct UnitQueueTests {
  private func times(_ queue: inout UnitQueue) -> [Int64] {
    var found: [Int64] = []
    while let entry = queue.pop() {
      switch entry.unit {
      case .video(let unit): found.append(unit.arrival.nanoseconds / 1_000_000)
      case .audio(let packet): found.append(packet.arrival.nanoseconds / 1_000_000)
      case .metadata(let packet): found.append(packet.arrival.nanoseconds / 1_000_000)
      }
    }
    return found
  }

  @Test("units are taken in their order, however they are added and taken")
  func order() {
    var queue = UnitQueue()
    var taken: [Int64] = []
    for time in 0..<Int64(1000) {
      queue.push(entry(time))
      if time % 3 == 0, let found = queue.pop(), case .video(let unit) = found.unit {
        taken.append(unit.arrival.nanoseconds / 1_000_000)
      }
    }
    taken += times(&queue)
    #expect(taken == Array(0..<1000))
    #expect(queue.dropped == 0)
  }

  @Test("after the longest time units are dropped, and the next one is a key frame")
  func tooLong() {
    var queue = UnitQueue()
    let most = UnitQueue.limits.span.milliseconds
    queue.push(entry(0, isKey: true))
    queue.push(sound(1))
    queue.push(entry(most))
    #expect(queue.dropped == 0)
    queue.push(entry(most + 1))
    #expect(queue.dropped == 3)
    queue.push(sound(most + 2))
    queue.push(entry(most + 3))
    #expect(queue.dropped == 4)
    queue.push(entry(most + 4, isKey: true))
    queue.push(sound(most + 5))
    #expect(times(&queue) == [most + 4, most + 5])
  }

  @Test("the bytes of the waiting units have a limit; those of taken units do not count")
  func tooLarge() {
    var queue = UnitQueue()
    let third = UnitQueue.limits.bytes / 3
    for time in 0..<Int64(12) {
      queue.push(entry(time, isKey: true, bytes: third))
      _ = queue.pop()
    }
    #expect(queue.dropped == 0)
    for time in 20..<Int64(24) { queue.push(entry(time, isKey: true, bytes: third)) }
    #expect(queue.dropped == 4)
  }
}

@Suite("A stream's part of a shared connection", .blocking)
struct SharedInputReaderTests {
  private let cancellation = InputCancellation()

  private func connected(_ reader: SharedInputReader) -> InputConnection {
    InputConnection(shared: reader, cancellation: cancellation)
  }

  @Test("a unit brings its description; at the end there is none")
  func units() throws {
    let reader = SharedInputReader("live")
    reader.add(entry(1, isKey: true))
    reader.end(.closed)
    reader.add(entry(2))
    var connection = connected(reader)
    let before = connection.description
    #expect(before == nil)
    guard case .video(let unit)? = try connection.nextUnit() else {
      Issue.record("no unit")
      return
    }
    let known = connection.description
    #expect(unit.isKey && known == description)
    let end = try connection.nextUnit() == nil
    let isReplaced = connection.isReplaced
    #expect(end && !isReplaced)
  }

  @Test("the units of a replacement follow on a connection of their own")
  func replacement() throws {
    let reader = SharedInputReader("live")
    reader.add(entry(1))
    reader.end(.replaced)
    reader.add(entry(2))
    reader.end(.closed)
    for isReplaced in [true, false] {
      var connection = connected(reader)
      let hasUnit = try connection.nextUnit() != nil
      let isEarly = connection.isReplaced
      let hasEnded = try connection.nextUnit() == nil
      let isLate = connection.isReplaced
      #expect(hasUnit && hasEnded && !isEarly && isLate == isReplaced)
    }
  }

  @Test("a failure follows the units; a connection that never opened has it at once")
  func failure() throws {
    let reader = SharedInputReader("live")
    reader.open()
    reader.add(entry(1))
    reader.end(.failed(.silent(20)))
    var connection = connected(reader)
    let hasUnit = try connection.nextUnit() != nil
    #expect(hasUnit)
    do throws(InputError) {
      _ = try connection.nextUnit()
      Issue.record("no failure")
    } catch { #expect(error == .silent(20)) }

    let refused = SharedInputReader("live")
    refused.end(.failed(.denied("no")))
    #expect(throws: InputError.denied("no")) { try refused.waitUntilOpen(cancellation) }
  }

  @Test("a cancelled stream waits no longer", .timeLimit(.minutes(1)))
  func cancelled() throws {
    let reader = SharedInputReader("live")
    var connection = connected(reader)
    let thread = OSThread(name: "cancel") { [cancellation] in
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(30))
      cancellation.cancel()
      reader.wake()
    }
    do throws(InputError) {
      _ = try connection.nextUnit()
      Issue.record("not cancelled")
    } catch { #expect(error == .cancelled) }
    #expect(throws: InputError.cancelled) { try reader.waitUntilOpen(cancellation) }
    thread?.join()
  }
}
