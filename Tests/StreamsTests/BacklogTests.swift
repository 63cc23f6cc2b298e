// SPDX-License-Identifier: Apache-2.0

import Media
import Testing

@testable import Capture
@testable import Streams

@Suite("What a source has kept while it was stopped")
struct BacklogTests {
  private static let second: Int64 = 1_000_000_000
  private static let frame: Int64 = 33_333_333
  /// From stamp to arrival while nothing is held up.
  private static let way = 20 * second

  private struct Sent {
    let pts: Int64
    let arrival: Int64
    var isAudio = false
  }

  /// Pictures and sound that were made while the source stood still from 5 s to 9 s, sent as fast as it can, and three
  /// seconds more.
  private static func afterwards(keeps: Bool) -> [Sent] {
    var sent: [Sent] = []
    var now = 9 * second + way
    for index in Int64(150)..<360 {
      let made = index * frame
      guard keeps || made >= 9 * second else { continue }
      now = max(now + 1_000_000, made + way)
      sent.append(Sent(pts: made, arrival: now))
      if index % 2 == 0 { sent.append(Sent(pts: made + 5_000_000, arrival: now, isAudio: true)) }
    }
    return sent
  }

  private static func unit(_ sent: Sent) -> InputUnit {
    sent.isAudio
      ? .audio(AudioPacket(bytes: [], pts: sent.pts, arrival: sent.arrival))
      : .video(
        AccessUnit(
          bytes: [], parameterSets: [], isKey: true, pts: sent.pts, dts: nil,
          arrival: sent.arrival, senderTime: nil))
  }

  private static func facts(_ unit: InputUnit) -> Sent {
    switch unit {
    case .video(let picture): Sent(pts: picture.pts, arrival: picture.arrival)
    case .audio(let packet): Sent(pts: packet.pts, arrival: packet.arrival, isAudio: true)
    }
  }

  @Test(
    "a sender that begins anew is dated by its own stamps, whatever of the one before comes with them"
  )
  func anotherSender() {
    var backlog = Backlog()
    backlog.begin()
    let back = 40 * Self.second
    // Kept by the demuxer until the next picture came.
    var given = backlog.take(Self.unit(Sent(pts: 10 * Self.second, arrival: back)))
    for index in Int64(0)..<12 {
      let picture = Sent(
        pts: 1_400_000_000 + index * Self.frame, arrival: back + index * Self.frame)
      given += backlog.take(Self.unit(picture))
    }
    let times = given.map(Self.facts)
    #expect(times.count == 13)
    #expect(times.dropFirst().allSatisfy { $0.arrival - back == $0.pts - 1_400_000_000 })
    #expect(times[0].arrival <= times[1].arrival)
  }

  @Test("all of it goes on in order, at the times it would have come", arguments: [true, false])
  func times(keeps: Bool) throws {
    var backlog = Backlog()
    backlog.begin()
    let sent = Self.afterwards(keeps: keeps)
    var given: [Sent] = []
    var releases = 0
    for one in sent {
      let units = backlog.take(Self.unit(one))
      if units.count > 1 { releases += 1 }
      for unit in units {
        let facts = Self.facts(unit)
        #expect(facts.arrival <= one.arrival, "from the future")
        given.append(facts)
      }
    }
    #expect(releases == 1)
    #expect(given.map(\.pts) == sent.map(\.pts) && given.map(\.isAudio) == sent.map(\.isAudio))
    #expect(zip(given.dropFirst(), given).allSatisfy { $0.arrival >= $1.arrival })
    #expect(given.allSatisfy { abs($0.arrival - $0.pts - Self.way) <= 10_000_000 })
  }

  @Test("who was stopped and sends all of it is no discontinuity; who lost it is one")
  func runs() {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    for keeps in [true, false] {
      var clock = SourceClock()
      var schedule = PassThroughSchedule(segmentation: segmentation, first: 0)
      var backlog = Backlog()
      var places: [PassThroughSchedule.Position] = []
      func show(_ sent: Sent) {
        for unit in backlog.take(Self.unit(sent)) {
          guard case .video(let picture) = unit else { continue }
          let isKey = (picture.pts / Self.frame) % 30 == 0
          let captured = clock.captureTime(pts: picture.pts, arrival: picture.arrival)
          if let place = schedule.place(pts: picture.pts, isKey: isKey, captured: captured) {
            places.append(place)
          }
        }
      }
      for index in Int64(0)..<150 {
        show(Sent(pts: index * Self.frame, arrival: index * Self.frame + Self.way))
      }
      backlog.begin()
      for sent in Self.afterwards(keeps: keeps) where !sent.isAudio { show(sent) }
      #expect(places.compactMap(\.begins).count == (keeps ? 1 : 2))
      let first = places[0].frame
      if keeps { #expect(places.map(\.frame) == (0..<360).map { first + $0 }) }
    }
  }

  @Test("sound that comes without pictures goes on, and is not kept for ever")
  func audioAlone() {
    var backlog = Backlog()
    backlog.begin()
    var given = 0
    for index in Int64(0)..<Int64(3 * Backlog.most) {
      let made = index * 21_333_333
      given +=
        backlog.take(
          Self.unit(Sent(pts: made, arrival: made + Self.way, isAudio: true))
        ).count
    }
    #expect(given == 3 * Backlog.most)
  }
}
