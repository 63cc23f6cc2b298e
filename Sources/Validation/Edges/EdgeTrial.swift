// SPDX-License-Identifier: Apache-2.0

import Logging
package import Net

/// Tries whether a cache of another site reads requests as the server does.
///
/// At first it only reads: requests that each player sends. With a stream of its own it then sends
/// the requests of ``EdgeCase/all``, each followed by those of viewers whose answers it must not
/// change. Never more than ``EdgePace/most`` requests.
package struct EdgeTrial {
  /// The stream below which the unusual requests are sent.
  package struct Stream: Sendable, Equatable {
    package let name: String
    /// Whether the name is random, so that no server has the stream.
    package let isRandom: Bool

    package init(name: String, isRandom: Bool) { (self.name, self.isRandom) = (name, isRandom) }
  }

  /// Why a trial ends before its last request.
  enum Stop: Error, Equatable, CustomStringConvertible {
    case limit
    case cancelled
    /// Nothing can be concluded from further requests.
    case failure(String)

    var description: String {
      switch self {
      case .limit: "the limit of \(EdgePace.most) requests is reached"
      case .cancelled: "the command was ended"
      case .failure(let reason): reason
      }
    }
  }

  let address: WebAddress
  private let edge: any TriedEdge
  var viewer: EdgeNames
  private var pace = EdgePace()
  private var sentTimes: [String: Double] = [:]
  var findings = Findings()
  /// How long a cache may have an answer to a plain address, in seconds.
  var lifetime = 1.0
  /// The answers to viewers before the first unusual request.
  var controls: [EdgeVictim.Key: EdgeControl] = [:]
  /// The stream of the address, which has viewers; nil if the address is none of a stream.
  var viewed: EdgeStreamAddress?
  /// The names of a live stream; nil for one that does not exist.
  var live: EdgeLiveNames?
  /// The start of the oldest media, in seconds since 1970; nil without a past.
  var oldest: Int64?
  /// The cases with an unknown result.
  var untried = 0

  private init(_ address: WebAddress, _ edge: any TriedEdge, agent: String) {
    (self.address, self.edge) = (address, edge)
    viewer = EdgeNames(authority: address.authority, agent: agent)
  }

  /// Tries an edge.
  ///
  /// - Parameters:
  ///   - address: a playlist or an MPD at the edge; without `stream` also another address that it
  ///     answers.
  ///   - edge: the edge; confined to this thread.
  ///   - stream: the stream of the unusual requests; nil to read only.
  ///   - cases: the unusual requests.
  ///   - agent: the value of `User-Agent`.
  /// - Returns: the findings, or the reason why the edge cannot be tried.
  package static func run(
    _ address: WebAddress, _ edge: any TriedEdge, _ stream: Stream?,
    _ cases: [EdgeCase] = EdgeCase.all, agent: String
  ) -> Validation {
    var trial = EdgeTrial(address, edge, agent: agent)
    let start = edge.now
    var failure: String?
    var rules = Rule.edgeReadingRules
    do throws(Stop) {
      try trial.read()
      if let stream {
        rules += cases.map(\.rule)
        try trial.tryCases(cases, stream)
      }
    } catch {
      if case .failure(let reason) = error {
        // A playback token may be part of each path.
        failure = Redaction.redact(reason)
      } else {
        trial.note("\(error)")
      }
    }
    return Validation(
      address.text, trial.findings, rules: rules, seconds: edge.now - start,
      requests: trial.pace.count, failure: failure)
  }

  // MARK: Requests

  var now: Double { edge.now }

  func wait(until time: Double) { edge.wait(until: time) }

  /// Sends a request when the pace permits it.
  mutating func send(_ request: EdgeRequest) throws(Stop) -> Reply {
    guard !edge.isCancelled else { throw .cancelled }
    guard let time = pace.next(edge.now) else { throw .limit }
    edge.wait(until: time)
    guard !edge.isCancelled else { throw .cancelled }
    let reply = edge.send(request)
    guard !edge.isCancelled else { throw .cancelled }
    sentTimes[request.target] = edge.now
    guard reply.status != 429 else { throw .failure("status 429: the edge limits this client") }
    return reply
  }

  /// Waits until no cache has an answer to earlier requests of these targets.
  func waitUntilForgotten(_ targets: [String]) {
    guard let last = targets.compactMap({ sentTimes[$0] }).max() else { return }
    // Caches that count the age in whole seconds keep an object for almost one more.
    edge.wait(until: last + lifetime + 1.2)
  }

  /// Notes that something was not checked.
  mutating func note(_ reason: String) {
    findings.note(untried > 0 ? "\(untried) requests of the table: \(reason)" : reason)
  }
}
