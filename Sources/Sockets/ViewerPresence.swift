// SPDX-License-Identifier: Apache-2.0

import Sharing
import Statistics
import Time

/// One client among those of all loops: its report for `/stats.json`, and its sync group.
///
/// Confined to the loop's thread.
final class ViewerPresence {
  /// The interval over which the rate of sent bytes is measured, at least.
  private static let rateInterval = Interval.milliseconds(500)
  /// The interval between two reports of a client without figures.
  private static let refreshInterval = Interval.seconds(2)

  private let shared: SocketsOfAllLoops
  let viewer: UInt64
  private let identity: ViewerIdentity
  /// The number of the same viewer over HTTP: a socket may have no media.
  private var viewerOverHTTP: UInt64
  /// Whether figures of that viewer were reported.
  private var hasFigures = false
  private var report: ViewerReport
  /// The figures of the player, as it has reported them last.
  var figures: PlayerFigures { report.figures }
  /// The sync group; nil without one.
  private var group: String?
  /// The latency that the client needed when it joined; nil once its player has measured it.
  private var firstNeed: Interval?
  /// The newest target of the sync group that the client knows.
  private var target: Interval?
  /// Bytes sent since the rate was measured, and that time.
  private var counted = (bytes: Int64(0), since: MonotonicTime.origin)

  init(_ shared: SocketsOfAllLoops, _ report: ViewerReport, _ identity: ViewerIdentity) {
    self.shared = shared
    self.identity = identity
    viewerOverHTTP = identity.number
    self.report = report
    if identity.hasOwner { self.report.link = .owner(identity.number) }
    viewer = report.number
  }

  /// The player names its session; without effect if the text cannot be one.
  func name(_ session: String) {
    guard let number = identity.number(session: session), number != viewerOverHTTP else { return }
    removeFigures()
    viewerOverHTTP = number
    report.link = .session(number)
  }

  private func removeFigures() {
    if hasFigures { shared.viewers.removeFigures(of: viewerOverHTTP, by: viewer) }
    hasFigures = false
  }

  /// Joins a sync group, or none.
  ///
  /// - Parameters:
  ///   - name: the name of the group.
  ///   - need: the latency that the player needs, in milliseconds, if it says so.
  ///   - now: the present time.
  /// - Returns: false if there are too many groups.
  func join(_ name: String?, need: Double?, now: MonotonicTime) -> Bool {
    guard let name else { return true }
    firstNeed = Self.interval(need ?? 0)
    guard shared.syncGroups.set(firstNeed ?? .zero, of: viewer, in: name, now: now) else {
      return false
    }
    group = name
    return true
  }

  /// The media need this latency, until the player has measured what it needs.
  func need(_ target: Interval, now: MonotonicTime) {
    guard let group, let firstNeed else { return }
    _ = shared.syncGroups.set(max(firstNeed, target), of: viewer, in: group, now: now)
  }

  /// A number of milliseconds of a client: at most ten seconds, 0 if it is none.
  private static func interval(_ milliseconds: Double) -> Interval {
    // bounded: limited to ten seconds
    .microseconds(Int64(exactly: (min(max(milliseconds, 0), 10_000) * 1000).rounded()) ?? 0)
  }

  /// Leaves the sync group and the list of viewers.
  func leave() {
    if let group { shared.syncGroups.remove(viewer, from: group) }
    group = nil
    target = nil
    shared.viewers.remove(viewer)
    report.rendition = ""
    removeFigures()
  }

  /// The target of the sync group if the client does not know it.
  func syncMessage(now: MonotonicTime) -> SharedBytes? {
    guard let group, let newest = shared.syncGroups.target(of: group, now: now), newest != target
    else { return nil }
    target = newest
    return ServerMessage.sync(group, target: newest)
  }

  /// Counts bytes that were given to the connection.
  func sent(_ count: Int) { counted.bytes = counted.bytes.addingSaturated(Int64(clamping: count)) }

  /// Counts dropped chunks.
  func skipped() { report.skips += 1 }

  /// The client receives a rendition from now on; nil if it receives none.
  func show(_ rendition: String?, now: MonotonicTime) {
    counted = (0, now)
    publish(rendition, now: now)
  }

  /// The client receives nothing until its stream has media again; its figures are of the past.
  func pause() {
    guard !report.rendition.isEmpty else { return }
    report.kilobits = 0
    report.figures = PlayerFigures()
    counted.bytes = 0
    shared.viewers.set(report)
  }

  /// The transport of this viewer over HTTP.
  var transportOverHTTP: ViewerTransport { shared.viewers.transport(of: viewerOverHTTP) ?? .frames }

  /// Takes the figures of a player.
  ///
  /// - Parameters:
  ///   - message: the client's message.
  ///   - rendition: the rendition that it receives; nil if it receives none.
  ///   - wantsMedia: whether the player gets its media over this socket, and not over HTTP.
  ///   - now: the present time.
  func learn(_ message: ClientMessage, rendition: String?, wantsMedia: Bool, now: MonotonicTime) {
    if rendition != nil {
      report.figures = message.figures
      publish(rendition, now: now)
    } else if !wantsMedia {
      shared.viewers.set(message.figures, of: viewerOverHTTP, by: viewer)
      hasFigures = true
    }
    guard let group, let need = message.need else { return }
    firstNeed = nil
    _ = shared.syncGroups.set(Self.interval(need), of: viewer, in: group, now: now)
  }

  /// Publishes the rate of the sent bytes of a client, which may send no figures.
  func refresh(_ now: MonotonicTime) {
    guard now - counted.since >= Self.refreshInterval else { return }
    publish(report.rendition, now: now)
  }

  private func publish(_ rendition: String?, now: MonotonicTime) {
    guard let rendition else { return }
    report.rendition = rendition
    let elapsed = now - counted.since
    if elapsed >= Self.rateInterval {
      report.kilobits = elapsed.rate(of: counted.bytes.multipliedSaturated(by: 8)) / 1000
      counted = (0, now)
    }
    shared.viewers.set(report)
  }
}
