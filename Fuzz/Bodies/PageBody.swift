// SPDX-License-Identifier: Apache-2.0

import Checked
import Ingest
import Time

extension FuzzBody {
  /// Messages of a publisher page: tags are read as they were written, presentation times rise, and
  /// the first frame of a description is a key frame.
  ///
  /// Each message is preceded by its kind, a text for 0, and its length in two bytes.
  static let page = FuzzBody(
    name: "page",
    sources: [
      "Ingest/Page/PageSession.swift", "Ingest/Page/PageFrame.swift",
      "Ingest/Page/PageTrack.swift", "Ingest/Page/PageMessage.swift",
      "Ingest/Page/CodedFrame.swift", "Ingest/Page/WaitingFrames.swift",
    ]
  ) { bytes in
    var session = PageSession()
    var waiting = WaitingFrames()
    var newest: [Bool: Int64] = [:]
    var needsKey = true
    var offset = 0
    let now = WallTime.origin + .seconds(1_795_000_000)
    do throws(PageError) {
      while let kind = bytes.span.bigEndian(at: offset, count: 1),
        let count = bytes.span.bigEndian(at: offset + 1, count: 2)
      {
        let body = Array(bytes[(offset + 3)...].prefix(count))
        offset += 3 + body.count
        let event =
          kind == 0
          ? try session.take(String(decoding: body, as: UTF8.self))
          : try session.take(body, now: now)
        switch event {
        case .hello: session.welcome()
        case .track(let track):
          guard TrackConfiguration(track.configuration.tag) == track.configuration else {
            return "\(track) is read differently"
          }
          if track.configuration.codec.isVideo { needsKey = true }
        case .media(let tag, _):
          guard let sample = TrackSample(tag), sample.tag == tag else { return "no sample" }
          guard newest[sample.isVideo].map({ $0 < sample.pts }) ?? true else { return "reordered" }
          newest[sample.isVideo] = sample.pts
          if sample.isVideo, needsKey, !sample.isKey { return "no key frame" }
          if sample.isVideo { needsKey = false }
          _ = waiting.add(tag, isKey: sample.isVideo && sample.isKey)
        case .ping, .bye, .none: break
        }
      }
    } catch { return "\(error)".isEmpty ? "no reason" : nil }
    return nil
  }
}
