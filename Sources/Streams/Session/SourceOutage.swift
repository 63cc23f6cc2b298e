// SPDX-License-Identifier: Apache-2.0

import Capture
package import Time

/// Why a stream gets no media of its source, since when, and when the source is tried next.
package struct SourceOutage: Sendable, Equatable {
  /// The kinds of outages, and their words for viewers: no address, path or name of a program.
  package enum Kind: String, Sendable, CaseIterable {
    case noPublisher = "no-publisher"
    case noSender = "no-sender"
    case firstPicture = "first-picture"
    case noPicture = "no-picture"
    case refused
    case unknownHost = "unknown-host"
    case unreachable
    case denied
    case missing
    case busy
    case unsupported
    case noVideo = "no-video"
    case silent
    case closed
    case crashed
    case encoder
    case settings
    case failed

    /// The words for viewers.
    package var words: String {
      switch self {
      case .noPublisher: "waiting for a publisher"
      case .noSender: "waiting for a sender"
      case .firstPicture: "a publisher has connected: its first picture is awaited"
      case .noPicture: "the publisher is connected: it sends no picture that can be shown yet"
      case .refused: "the source refuses the connection"
      case .unknownHost: "the host of the source is unknown"
      case .unreachable: "the source cannot be reached"
      case .denied:
        "the source refuses access: the user name, password or token is missing or wrong"
      case .missing: "the source does not exist"
      case .busy: "the source is in use by another program"
      case .unsupported: "the video of the source is not supported"
      case .noVideo: "the source sends no video that can be read"
      case .silent: "the source sends no data"
      case .closed: "the source has closed the connection"
      case .crashed: "the process that reads the source has ended"
      case .encoder: "no encoder could be opened"
      case .settings: "the settings of the stream do not fit its source"
      case .failed: "the source has failed"
      }
    }
  }

  /// The kind.
  package let kind: Kind
  /// The reason as in the log, without secrets; it may name hosts and files.
  package let reason: String
  /// When the outage began.
  package let since: WallTime
  /// When the source is tried next; nil if the program waits for a sender or a request.
  package let retryAt: WallTime?
}

extension SourceOutage.Kind {
  /// Words of systems and libraries in messages of errors, and the kind of each; the first counts.
  private static let phrases: [(String, Self)] = [
    ("connection refused", .refused),
    ("resolve hostname", .unknownHost), ("name or service not known", .unknownHost),
    ("unknown host", .unknownHost), ("no address associated", .unknownHost),
    ("failure in name resolution", .unknownHost),
    ("timed out", .unreachable), ("no route to host", .unreachable),
    ("unreachable", .unreachable), ("no response", .unreachable),
    ("has not answered", .silent),
    ("unauthorized", .denied), ("forbidden", .denied), ("status 401", .denied),
    ("status 403", .denied),
    ("no such file", .missing), ("no such device", .missing), ("404 not found", .missing),
    ("streamnotfound", .missing), ("status 404", .missing), ("camera removed", .missing),
    ("answers 404", .missing), ("answers 410", .missing),
    ("answers 453", .busy), ("answers 503", .busy),
    ("in use by another program", .busy), ("resource busy", .busy),
    ("no decoder for", .unsupported), ("is not accepted", .unsupported),
    ("invalid data found", .noVideo),
    ("closed the connection", .closed), ("the connection has ended", .closed),
  ]

  /// The kind of an error of which only the message is known.
  package init(message: String) {
    let message = message.lowercased()
    self = Self.phrases.first { message.contains($0.0) }?.1 ?? .failed
  }

  /// The kind of an error of an input.
  init(_ error: InputError) {
    switch error {
    case .denied: self = .denied
    case .silent: self = .silent
    case .noVideo(let reason):
      // Only a codec that is named is known to be the cause.
      self = Self(message: reason) == .unsupported ? .unsupported : .noVideo
    case .refused, .failed, .cancelled: self = Self(message: "\(error)")
    }
  }

  /// The kind of a failure of a session.
  init(_ failure: SessionFailure) {
    switch failure {
    case .source(let reason): self = Self(message: reason)
    case .encoder: self = .encoder
    case .configuration: self = .settings
    case .thread: self = .failed
    }
  }
}
