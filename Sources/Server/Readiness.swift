import HLSPackager
import Packaging
import Sharing

/// Whether viewers can be sent here: the window is full, and at least one stream advances.
struct Readiness {
  /// Why not; empty when ready.
  let reason: String

  init(_ site: Site) {
    let now = SystemClock.wall
    let reasons = site.streams.compactMap { served -> String? in
      let snapshot = served.window.snapshot
      guard snapshot.state == .live, !snapshot.segments.isEmpty else {
        return
          "\(served.name): \(snapshot.state == .ended ? "has ended" : "the window is not full")"
      }
      let newest = (snapshot.open?.chunks.last ?? snapshot.segments.last?.chunks.last)?.published
      let age = now - (newest ?? 0)
      let limit = 3 * served.control.partTargetMicroseconds * 1000
      return age < limit ? nil : "\(served.name): nothing was published for \(age / 1_000_000) ms"
    }
    reason = reasons.count < site.streams.count ? "" : reasons.joined(separator: "; ")
  }

  var isReady: Bool { reason.isEmpty }
}
