// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Testing
import Time

@Suite("Segments as runs without a break")
struct SegmentRunsTests {
  private static let segmentation = Segmentation(
    rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)

  private func segment(
    _ number: Int64, discontinuity: Bool = false, header: String = "aaaaaaaa", isGap: Bool = false,
    offset: Interval = .zero
  ) -> PastSegment {
    PastSegment(
      number: number, duration: 90_000, programDateTime: .origin + number * .seconds(1) + offset,
      startsDiscontinuity: discontinuity, headerHash: header, isGap: isGap)
  }

  private func runs(_ segments: [PastSegment]) -> SegmentRuns {
    var runs = SegmentRuns(Self.segmentation)
    runs.append(segments)
    return runs
  }

  private func spans(_ runs: SegmentRuns) -> [Range<Int64>] { runs.runs.map { $0.start..<$0.end } }

  @Test("known segments change nothing")
  func overlap() {
    var found = runs((10...14).map { segment($0) })
    found.append((12...16).map { segment($0) })
    #expect(spans(found) == [10..<17])
    #expect(found.end == 17)
  }

  @Test("a gap, a Discontinuity, another header and a moved clock begin a run")
  func breaks() {
    let cases: [([PastSegment], [Range<Int64>])] = [
      ([segment(10), segment(12)], [10..<11, 12..<13]),
      ([segment(10), segment(11, isGap: true), segment(12)], [10..<11, 12..<13]),
      ([segment(10), segment(11, discontinuity: true), segment(12)], [10..<11, 11..<13]),
      ([segment(10), segment(11, header: "bbbbbbbb")], [10..<11, 11..<12]),
      ([segment(10), segment(11, offset: .milliseconds(34))], [10..<11, 11..<12]),
      ([segment(10), segment(11, offset: .milliseconds(10))], [10..<12]),
    ]
    for (segments, expected) in cases {
      let found = runs(segments)
      #expect(spans(found) == expected)
    }
    #expect(runs([segment(10, offset: .seconds(2))]).runs[0].offset == .seconds(2))
  }

  @Test("runs are joined as their segments would be")
  func joined() {
    let cases: [([PastSegment], [PastSegment], [Range<Int64>])] = [
      ([segment(10), segment(11)], (11...13).map { segment($0) }, [10..<14]),
      ([segment(10), segment(11)], [segment(12, discontinuity: true)], [10..<12, 12..<13]),
      ([segment(10)], [segment(12), segment(13)], [10..<11, 12..<14]),
    ]
    for (first, second, expected) in cases {
      var found = runs(first)
      found.append(runs(second))
      #expect(spans(found) == expected)
    }
  }

  @Test("runs that end early leave, the others keep their start; at most 100 are kept")
  func removal() {
    var found = runs([segment(10), segment(12), segment(13)])
    found.removeAll(endingBefore: 13)
    #expect(spans(found) == [12..<14])
    #expect(runs((0..<150).map { segment(2 * $0) }).runs.count == SegmentRuns.maximumCount)
  }

  @Test("a run keeps its start when its first segment becomes known later; merged runs do not")
  func early() {
    var found = runs((9...14).map { segment($0) })
    found.keepStarts(of: runs((10...12).map { segment($0) }))
    #expect(spans(found) == [10..<15])
    var healed = runs((9...14).map { segment($0) })
    healed.keepStarts(of: runs([segment(9), segment(12)]))
    #expect(spans(healed) == [9..<15])
  }

  @Test("a stream begins a run; a segment before it that begins with slate is none by itself")
  func beginning() {
    let cases: [(known: [Int64], first: Int64, expected: [Range<Int64>])] = [
      // Without a segment yet, with or without the one before in the archive.
      ([4, 5], 10, [4..<6, 10..<10]), ([4, 5, 9], 10, [4..<6, 10..<10]),
      ([4, 5], 6, [4..<6, 6..<6]), ([], 10, [10..<10]),
      // With segments.
      ([4, 5, 10, 11], 10, [4..<6, 10..<12]), ([4, 5, 9, 10, 11], 10, [4..<6, 10..<12]),
      ([4, 5, 6, 7], 6, [4..<6, 6..<8]), ([12, 13], 10, [12..<14]),
    ]
    for (known, first, expected) in cases {
      var found = runs(known.map { segment($0) })
      let start = SegmentRuns.Run(
        start: first, end: first, offset: .zero, headerHash: "aaaaaaaa")
      found.begin(start)
      #expect(spans(found) == expected)
      found.begin(start)
      #expect(spans(found) == expected)
    }
  }

  @Test("segments before a number are cut off, also in a run")
  func cut() {
    let found = runs(([5, 6] + (10...14) + (20...22)).map { segment($0) })
    #expect(found.runs(from: 12).map { $0.start..<$0.end } == [12..<15, 20..<23])
    #expect(found.runs(from: 15).map { $0.start..<$0.end } == [20..<23])
    #expect(found.runs(from: 0) == found.runs)
  }

  @Test("a run that is read again keeps its start when its first segments are gone")
  func kept() {
    let known = runs((10...20).map { segment($0) })
    var found = runs((15...22).map { segment($0) })
    found.keepStart(of: known)
    #expect(spans(found) == [10..<23])
    var other = runs((21...22).map { segment($0) })
    other.keepStart(of: known)
    #expect(spans(other) == [21..<23])
  }
}
