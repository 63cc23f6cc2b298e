// SPDX-License-Identifier: Apache-2.0

import Packaging
import Time

extension FeedDescription {
  /// The description of a session of this server, with the servers up to this one.
  package init(_ session: StreamSession, path: [String]) {
    let configuration = session.configuration
    self.path = path
    let delays = UpstreamFacts.delays
    self.session = UpstreamFacts(
      identity: session.identity, firstSegment: session.names.base + 1,
      inputDelay: min(max(configuration.inputDelay, delays.lowerBound), delays.upperBound),
      audioDelay: min(max(configuration.audioDelay, delays.lowerBound), delays.upperBound))
    renditions = configuration.renditions
    segmentation = configuration.segmentation
    audio = configuration.tracks.compactMap { track in
      guard case .audio(var settings, _) = track else { return nil }
      settings.source = .input(nil)
      return settings
    }
    playlistLength = configuration.playlistLength
    retained = configuration.retained
    numbering = configuration.numbering
  }
}
