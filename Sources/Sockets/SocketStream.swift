// SPDX-License-Identifier: Apache-2.0

import Media
package import Packaging
package import Streams
package import Time

/// A stream at one moment, as its sockets need it.
package struct SocketStream: Sendable {
  package let name: String
  /// Its name for viewers.
  package let label: String
  /// Whether it could not start or has failed.
  package let hasFailed: Bool
  /// Its renditions: video with the top rendition first, then audio; empty without media.
  package let renditions: [SocketRendition]
  /// Its media; nil before it has windows.
  package let media: (any SocketMedia)?
  /// The owner of its sessions; nil for windows without one.
  private let supervisor: StreamSupervisor?

  /// Why the stream gets no media of its source; nil while it gets some.
  package var outage: SourceOutage? { supervisor?.plan.outages.outage }
  /// The window of the top rendition; nil without media.
  package var window: LiveWindow? { renditions.first?.window }

  package init(
    name: String, label: String?, hasFailed: Bool, renditions: [SocketRendition],
    media: (any SocketMedia)?, supervisor: StreamSupervisor?
  ) {
    self.name = name
    self.label = label ?? name
    self.hasFailed = hasFailed
    self.renditions = renditions
    self.media = media
    self.supervisor = supervisor
  }
}

/// A rendition of a stream.
package struct SocketRendition: Sendable {
  /// Its name in messages.
  package let name: String
  package let window: LiveWindow

  /// Whether the rendition is audio.
  package var isAudio: Bool { window.segmentation.isAudio }

  package init(name: String, window: LiveWindow) {
    self.name = name
    self.window = window
  }
}

/// The running media of a stream; another object after a restart.
package protocol SocketMedia: AnyObject, Sendable {
  /// The names of its segments.
  var names: MediaNames { get }
  /// Whether statistics of deliveries are saved.
  var savesStatistics: Bool { get }
  /// The counters of the stream.
  var statistics: StreamStatistics { get }
  /// The session that publishes into the windows; nil if there is none.
  var source: StreamSession? { get }
  /// The audio for clients that choose none; nil without audio, and until all audio is described.
  var defaultAudioName: String? { get }

  /// The names of the renditions without new media.
  func missingNames(now: MonotonicTime) -> [String]
}
