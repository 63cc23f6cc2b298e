// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import Server
import ServerTestSupport
import TestSupport
import Testing

@Suite("llws.v1 over the restart of a stream")
struct SocketRestartTests {
  /// A viewer of a stream whose session has ended.
  private struct Restart {
    let handler: SyntheticHandler
    let client: SocketClient

    init(_ request: String = #"{"t":"subscribe","start":"live"}"#) throws {
      handler = try SyntheticHandler.live(parts: 3)
      client = SocketLab(handler).connect()
      client.send(request)
      _ = client.read()
      change(to: .starting)
    }

    private func change(to state: StreamEntry.State) {
      handler.serverState.change { streams in
        streams = streams.map {
          StreamEntry(
            name: $0.name, state: state, supervisor: $0.supervisor, options: $0.options)
        }
      }
      handler.requests.woken()
    }

    /// The messages of the viewer when another session has published `frames` after its prefill.
    func received(_ frames: Int64, prefill: Int64) -> (frames: [Int64], texts: [String]) {
      var stream = SyntheticStream(.thirty)
      stream.goLive(prefill: prefill)
      let first = stream.next
      stream.publish(frames: frames)
      let served = ServedStream(
        name: "live", names: MediaNames(.epoch, first: stream.segmentation.segment(of: first)),
        of: [("video", stream.window)],
        control: ServerControl(segmentations: [.video(stream.segmentation)]),
        options: StreamServingOptions())
      change(to: .served(served))
      let found = client.read()
      let indices = found.compactMap { message -> Int64? in
        guard case .media(kind: 1, _, _, _, let text) = message else { return nil }
        return Int64(text.dropFirst().dropLast()).map { $0 - first }
      }
      return (indices, found.filter(\.isText).map { "\($0)" })
    }
  }

  @Test(
    "the first segments of the session are sent whole, prefill is not",
    arguments: [
      (frames: Int64(1), prefill: Int64(3), first: Int64(0)), (29, 3, 0), (30, 3, 0), (44, 3, 0),
      (75, 0, 0), (200, 3, 120),
    ])
  func whole(_ row: (frames: Int64, prefill: Int64, first: Int64)) throws {
    let restart = try Restart()
    let found = restart.received(row.frames, prefill: row.prefill)
    #expect(found.frames == Array(row.first..<row.frames))
    let isTold = found.texts.contains { $0.contains("switching") && $0.contains("source") }
    #expect(isTold, "\(found.texts)")
  }

  @Test("a viewer that does not begin live waits for the next key frame")
  func next() throws {
    let restart = try Restart(#"{"t":"subscribe","start":"next"}"#)
    #expect(restart.received(44, prefill: 3).frames.isEmpty)
  }
}
