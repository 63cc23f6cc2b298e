// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("Periods of MPDs end when their media end, ISO/IEC 23009-1 §5.3.2.1")
struct AwayManifestTests {
  private func stream(_ maximumGroupTime: Int64? = nil) -> SyntheticStream {
    var stream = SyntheticStream(
      .thirty, playlistLength: 6, retained: 10, maximumGroupTime: maximumGroupTime,
      marksOutages: true)
    stream.window.goLive()
    if maximumGroupTime == nil {
      stream.publish(segments: 4)
      stream.publish(frames: 15)
    } else {
      for _ in 0..<4 { stream.publish(group: 45) }
    }
    return stream
  }

  private func pass(_ stream: SyntheticStream, _ count: Int) {
    for _ in 0..<count {
      let snapshot = stream.window.snapshot
      #expect(stream.window.pass(through: snapshot.open?.number ?? snapshot.newestSegment + 1))
    }
  }

  /// The attributes of the Periods of the MPD.
  private func periods(_ stream: SyntheticStream) throws -> [String] {
    try ManifestCase().text(of: stream.window.snapshot).split(separator: "<Period ").dropFirst()
      .map { String($0.prefix { $0 != ">" }) }
  }

  /// The seconds of an attribute of a Period.
  private func seconds(_ name: String, of period: String) throws -> Double {
    let value = try #require(period.split(separator: " \(name)=\"PT").dropFirst().first)
    return try #require(Double(value.prefix { $0 != "S" }))
  }

  /// Whether a Period ends with the newest media; the presentation begins a segment after 1970.
  private func endsWithMedia(_ period: String, _ stream: SyntheticStream) throws -> Bool {
    let end = Double(try #require(stream.window.snapshot.mediaEnd).ticks) / 90_000 - 1
    return try abs(seconds("start", of: period) + seconds("duration", of: period) - end) < 0.001
  }

  @Test("while the source is away the Period has the duration of its media")
  func away() throws {
    let stream = stream()
    #expect(try !periods(stream)[0].contains("duration="))
    pass(stream, 1)
    let ended = try periods(stream)
    #expect(ended.count == 1)
    #expect(try endsWithMedia(ended[0], stream), "\(ended)")
    pass(stream, 3)
    #expect(try periods(stream) == ended)
    // Its media have left the list.
    pass(stream, 40)
    #expect(try periods(stream) == ended)
  }

  @Test("the next media begin a Period; the one before keeps its duration")
  func returned() throws {
    var stream = stream()
    pass(stream, 3)
    let ended = try periods(stream)
    let newest = stream.window.snapshot.newestSegment
    stream.jump(to: newest + 2)
    stream.window.announce(offset: .milliseconds(250), skipped: 3)
    stream.publish(frames: 1)
    let found = try periods(stream)
    #expect(found.count == 2 && found[0] == ended[0] && !found[1].contains("duration="))
    let text = try ManifestCase().text(of: stream.window.snapshot)
    #expect(text.contains("startNumber=\"\(newest + 2)\""), "no number without media is announced")
  }

  @Test("segments of variable duration too")
  func variable() throws {
    let stream = stream(4_000_000)
    pass(stream, 2)
    #expect(try endsWithMedia(periods(stream)[0], stream))
    #expect(try !ManifestCase().text(of: stream.window.snapshot).contains("d=\"450000\""))
  }

  @Test("an MPD is another edition when the source goes away and when it returns")
  func edition() {
    var stream = stream()
    let before = Manifest.Edition(stream.window.snapshot)
    pass(stream, 1)
    let away = Manifest.Edition(stream.window.snapshot)
    #expect(away != before)
    stream.jump(to: stream.window.snapshot.newestSegment + 1)
    stream.publish(frames: 1)
    #expect(Manifest.Edition(stream.window.snapshot) != away)
  }
}
