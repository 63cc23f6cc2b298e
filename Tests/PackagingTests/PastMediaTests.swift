// SPDX-License-Identifier: Apache-2.0

import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("Media that has left its window is past media")
struct PastMediaTests {
  @Test("the chunks of a removed segment have a deadline, those in the window have none")
  func segments() throws {
    var stream = try WindowCase(rate: "30").stream(playlistLength: 6, retained: 9)
    stream.window.goLive()
    stream.publish(segments: 9)
    let before = stream.window.snapshot
    #expect(before.segments.flatMap(\.chunks).allSatisfy { $0.bytes.pastDeadline == nil })
    let now = SystemClock.monotonicTime
    stream.publish(segments: 2)
    stream.publish(frames: 1)
    let past = before.segments.map { $0.chunks.compactMap(\.bytes.pastDeadline).count }
    #expect(past == [30, 30] + Array(repeating: 0, count: 7))
    // As long again as the window: nine seconds, and not less than ten.
    let deadline = try #require(before.segments[0].chunks[0].bytes.pastDeadline)
    #expect(deadline >= now + .seconds(10) && deadline < now + .seconds(60))
  }

  @Test("after the end of a window all its chunks are past media")
  func end() throws {
    var stream: SyntheticStream? = try WindowCase(rate: "30").stream()
    stream?.window.goLive()
    stream?.publish(segments: 2)
    stream?.publish(frames: 2)
    let snapshot = try #require(stream?.window.snapshot)
    stream = nil
    let chunks = snapshot.segments.flatMap(\.chunks) + (snapshot.open?.chunks ?? [])
    #expect(chunks.count == 62 && chunks.allSatisfy { $0.bytes.pastDeadline != nil })
  }

  @Test(
    "a file of an uploaded stream is past media when it is replaced, removed, too old or too much",
    arguments: ["replaced", "removed", "expired", "no room", "cut", "stream gone"])
  func uploads(cause: String) throws {
    let limits = UploadLimits(megabytes: 1, span: .seconds(60))
    let now = MonotonicTime.origin
    var stream: UploadedStream? = UploadedStream(name: "up", limits: limits, now: now)
    let bytes = SharedBytes([UInt8](repeating: 1, count: 600_000))
    func upload(_ text: String, isWhole: Bool = true) throws {
      let name = try #require(UploadName([text]))
      guard case .begun(let file, _)? = stream?.begin(name, at: now) else { return }
      #expect(stream?.append(bytes, to: file, at: now) == true)
      if isWhole { stream?.complete(file, at: now) } else { stream?.fail(file, at: now) }
    }
    if cause != "cut" {
      try upload("a.m4s")
      #expect(bytes.pastDeadline == nil)
    }
    switch cause {
    case "replaced": _ = stream?.begin(try #require(UploadName(["a.m4s"])), at: now)
    case "removed": _ = stream?.remove(try #require(UploadName(["a.m4s"])))
    case "expired": stream?.expire(at: now + .seconds(61))
    case "no room": try upload("b.m4s")
    case "cut": try upload("a.m4s", isWhole: false)
    default: stream = nil
    }
    #expect(bytes.pastDeadline != nil)
  }
}
