// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Streams
import Testing
import Time

@Suite("The end of a program without work")
struct ExitReasonTests {
  private func ended(_ playlistLength: Int) -> StreamSupervisor.Phase {
    var configuration = StreamConfiguration(
      size: .hd720,
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 2_000_000, partMicroseconds: 200_000))
    configuration.playlistLength = playlistLength
    return .ended(StreamSession(configuration, log: Log(format: .text, least: .error) { _ in }))
  }

  private func text(_ streams: [(StreamSupervisor.Phase, Bool)], isRemote: Bool = false) -> String {
    switch ExitReason(streams.map { ($0.0, $0.1, isRemote) }) {
    case .failed(let failure)?: "failed: \(failure)"
    case .ended(let played)?: "ended: \(played.seconds)"
    case nil: "none"
    }
  }

  @Test("a program ends with its only stream, or when all have ended and were played")
  func reasons() {
    let failed = StreamSupervisor.Phase.failed(.source("gone"))
    #expect(text([]) == "none")
    #expect(text([(failed, false)]) == "failed: \(SessionFailure.source("gone"))")
    #expect(text([(failed, true)]) == "none")
    #expect(text([(failed, false), (failed, false)]) == "none")
    #expect(text([(failed, false), (ended(3), false)]) == "none")
    #expect(text([(.idle, false)]) == "none" && text([(.starting, false)]) == "none")
    #expect(text([(ended(3), true)]) == "ended: 6.0")
    #expect(text([(ended(3), true), (ended(7), true), (ended(5), false)]) == "ended: 14.0")
    #expect(text([(ended(3), true), (.starting, false)]) == "none")
  }

  @Test("neither the failure nor the end of a remote source ends the program")
  func remoteSources() {
    let failed = StreamSupervisor.Phase.failed(.configuration("does not fit"))
    #expect(text([(failed, false)], isRemote: true) == "none")
    #expect(text([(ended(3), false)], isRemote: true) == "none")
    let streams: [ExitReason.Stream] = [(ended(3), false, true), (ended(3), false, false)]
    guard case nil = ExitReason(streams) else {
      Issue.record("a local source beside a remote one")
      return
    }
  }
}
