// SPDX-License-Identifier: Apache-2.0

import Ingest
import Testing
import Time

private let first = WallTime.origin + .seconds(1_795_000_000)

@Suite("Acknowledgements to a publisher page")
final class PageAcknowledgementsTests {
  private var acknowledgements = PageAcknowledgements()

  /// The numbers that are due a time after the first frame; nil after the end of repetitions.
  private func due(_ milliseconds: Int64) -> [UInt32]? {
    acknowledgements.due(
      at: first + .milliseconds(milliseconds),
      now: .origin + .milliseconds(milliseconds)
    )?.map(\.number)
  }

  private func add(_ number: UInt32, group: UInt16 = 1, _ milliseconds: Int64 = 0) {
    acknowledgements.add(
      .init(group: group, number: number, received: first + .milliseconds(milliseconds)))
  }

  @Test("before a frame there is nothing to acknowledge")
  func nothing() { #expect(due(0) == nil) }

  @Test("a frame is acknowledged at once, and again each 100 ms for two seconds")
  func again() {
    add(7)
    #expect(due(0) == [7])
    #expect(due(99) == [])
    #expect(due(100) == [7])
    #expect(due(150) == [])
    #expect(due(1999) == [7])
    #expect(due(2000) == nil)
  }

  @Test("a new frame does not wait for the interval, and is acknowledged instead of the one before")
  func news() {
    add(7)
    #expect(due(0) == [7])
    add(8, 33)
    #expect(due(33) == [8])
    #expect(due(66) == [])
    #expect(due(2020) == [8])
  }

  @Test("each track has its newest frame, until two seconds after that")
  func tracks() {
    add(7)
    add(3, group: 2, 1500)
    #expect(due(1500) == [7, 3])
    #expect(due(2100) == [3])
    #expect(due(3500) == nil)
  }
}
