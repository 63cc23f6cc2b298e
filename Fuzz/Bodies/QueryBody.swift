// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Packaging
import TestSupport
import Time

extension FuzzBody {
  /// Queries of playlist requests: a request is held for a future version within a bounded time.
  static let query = FuzzBody(
    name: "query",
    sources: ["HLSPackager/BlockingReload.swift"]
  ) { bytes in
    let target = "/live/video/playlist.m3u8?" + String(decoding: bytes, as: UTF8.self)
    guard let request = try? Request("GET", target) else { return nil }
    let items = request.queryItems.map { (name: $0.name, value: $0.value) }
    let directives: DeliveryDirectives
    do throws(DeliveryDirectives.Failure) {
      directives = try DeliveryDirectives(items)
    } catch {
      return error.description.isEmpty ? "a refusal without a reason" : nil
    }
    for window in QueryWindow.all {
      if let violation = window.violation(of: directives) { return violation }
    }
    return nil
  }
}

/// A window in one of its states, to decide on.
private struct QueryWindow: Sendable {
  let snapshot: WindowSnapshot
  let control: ServerControl
  let names: MediaNames

  static let all: [QueryWindow] = {
    var windows: [QueryWindow] = []
    for numbering in MediaNames.Numbering.allCases {
      var stream = SyntheticStream(.thirty)
      stream.goLive(prefill: 8)
      windows.append(QueryWindow(stream, numbering))
      stream.publish(parts: 3)
      windows.append(QueryWindow(stream, numbering))
      stream.publish(frames: 1)
      windows.append(QueryWindow(stream, numbering))
      stream.skip(2)
      stream.publish(segments: 1)
      windows.append(QueryWindow(stream, numbering))
      stream.window.end()
      windows.append(QueryWindow(stream, numbering))
    }
    return windows
  }()

  init(_ stream: SyntheticStream, _ numbering: MediaNames.Numbering) {
    snapshot = stream.window.snapshot
    control = ServerControl(segmentations: [.video(stream.segmentation)])
    names = MediaNames(numbering, first: snapshot.segments.first?.number ?? 1)
  }

  func violation(of directives: DeliveryDirectives) -> String? {
    switch BlockingReload.decide(directives, on: snapshot, control: control, names: names) {
    case .answer: nil
    case .hold(let version):
      // The farthest version of a hold is two segments ahead, plus the increments of hls.js.
      version > snapshot.version && version <= snapshot.version + 100
        ? nil : "held at \(snapshot.version) for \(version)"
    case .poll(let version, let wait):
      version == snapshot.version + 1
        && (1...3 * control.targetDuration * 1000).contains(wait.milliseconds)
        ? nil : "polled at \(snapshot.version) for \(version), \(wait.milliseconds) ms"
    case .refuse(let reason): reason.isEmpty ? "refused without a reason" : nil
    }
  }
}
