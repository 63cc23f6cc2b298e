// SPDX-License-Identifier: Apache-2.0

import Switching
import Testing
import Time

@Suite("Renditions without new media")
struct MissingRenditionsTests {
  private static func edges(_ lags: [Int64?], now: Int64) -> [MissingRenditions.Edge] {
    lags.map { lag in
      let end = MediaTime.origin + .milliseconds(now * 1000 + 1_000_000_000 - (lag ?? 5000))
      return MissingRenditions.Edge(isLeftOut: lag == nil, media: [end - .seconds(6)..<end])
    }
  }

  /// The missing renditions after each second, by their lags in milliseconds; nil: left out.
  private func missing(_ seconds: [[Int64?]]) -> [[Int]] {
    var state = MissingRenditions()
    return seconds.enumerated().map { index, lags in
      state.observe(Self.edges(lags, now: Int64(index)), now: .origin + .seconds(Int64(index)))
      return state.indices
    }
  }

  @Test("left out or a second late: missing at once; back after 3 s with less than 0.3 s")
  func times() {
    #expect(missing([[0, 0, 0], [999, 0, 900], [1000, 0, 0]]) == [[], [], [0]])
    #expect(
      missing([[nil, 0, 0], [0, 0, 0], [290, 0, 0], [0, 0, 0], [0, 0, 0]])
        == [[0], [0], [0], [0], []])
    #expect(
      missing([[nil, 0], [0, 0], [0, 0], [300, 0], [0, 0], [0, 0], [0, 0], [0, 0]]).last == [])
    #expect(
      missing([[nil, 0], [0, 0], [0, 0], [300, 0], [0, 0], [0, 0], [0, 0]]).last == [0])
    // The only one with media is not missing, however short its time.
    #expect(missing([[0, nil, nil], [nil, nil, 0]]) == [[1, 2], [0, 1]])
  }

  @Test("without another one, none is missing; a lag of an hour is a lag")
  func exceptions() {
    #expect(missing([[nil, nil], [nil, nil]]) == [[], []])
    #expect(missing([[0, 3_600_000]]) == [[1]])
    #expect(missing([[nil, 0], [nil, nil]]) == [[0], []])
  }

  @Test("the next lower rendition, else the next higher one, else the same")
  func substitute() {
    func choose(_ index: Int, _ present: Set<Int>) -> Int {
      MissingRenditions.substitute(for: index, of: 4) { present.contains($0) }
    }
    #expect(choose(1, [0, 1, 2, 3]) == 1)
    #expect(choose(1, [0, 2, 3]) == 2)
    #expect(choose(1, [0, 3]) == 3)
    #expect(choose(3, [0, 1]) == 1)
    #expect(choose(2, []) == 2)
    #expect(choose(7, [0]) == 7)
  }
}
