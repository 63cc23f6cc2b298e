// SPDX-License-Identifier: Apache-2.0

import Archive
import HLSPackager
import Packaging
import Sharing
import Streams
import Time

/// Whether the server can take viewers: one stream is live and advances, or is idle on demand.
struct ServerReadiness {
  /// The reasons why the server is not ready; empty if it is ready.
  let reason: String
  /// Lines about functions that fail while viewers are served.
  let detail: String

  init(_ serverState: ServerState) {
    let now = SystemClock.wallTime
    let streams = serverState.streamTable.streams
    let reasons = streams.compactMap { stream -> String? in
      switch stream.state {
      case .idle: nil
      // The reason may name files and hosts: it is in the log and in /api.
      case .starting: "\(stream.name): starting\(Self.words(stream))"
      case .failed: "\(stream.name): cannot start\(Self.words(stream))"
      case .served where stream.isLeft: "\(stream.name): left to another server"
      case .served(let served): Self.reason(served, now)
      }
    }
    detail = streams.compactMap { stream in
      // The error may name files: it is in the log and in /api.
      guard let status = stream.options.archive?.status else { return nil }
      if status.error != nil { return "\(stream.name): the archive fails\n" }
      return status.foreign > 0
        ? "\(stream.name): files of the archive belong to another user\n" : nil
    }.joined()
    // An uploaded stream waits for its publisher as an idle one waits for its viewers.
    if serverState.streamTable.uploads.entries.contains(where: { !$0.isTemporary }) {
      reason = ""
    } else if streams.isEmpty {
      reason = "no streams"
    } else {
      reason = reasons.count < streams.count ? "" : reasons.joined(separator: "; ")
    }
  }

  private static func words(_ stream: StreamEntry) -> String {
    stream.outage.map { ": \($0.kind.words)" } ?? ""
  }

  /// The reason why the stream cannot be played now; nil if it can be played.
  private static func reason(_ served: ServedStream, _ now: WallTime) -> String? {
    let snapshot = served.window.snapshot
    guard snapshot.state == .live, !snapshot.segments.isEmpty else {
      return "\(served.name): \(snapshot.state == .ended ? "has ended" : "the window is not full")"
    }
    let newest = (snapshot.open?.chunks.last ?? snapshot.segments.last?.chunks.last)?.published
    let age = now - (newest ?? .origin)
    let limit = served.control.partTarget * 3  // bounded: intervals saturate
    return age < limit ? nil : "\(served.name): nothing was published for \(age.milliseconds) ms"
  }

  var isReady: Bool { reason.isEmpty }
}
