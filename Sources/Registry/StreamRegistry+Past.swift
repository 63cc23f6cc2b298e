// SPDX-License-Identifier: Apache-2.0

import Archive
import Configuration
import Logging
import Server
import Time

/// Settings about the past of a stream, which apply to its present session.
extension StreamRegistry {
  /// Gives a stream without another change its retention and its reach.
  func applyPast(_ settings: StreamSettings) {
    guard settings.isArchived, let archive else { return }
    let name = settings.name
    archive.setRetention(settings.archivePolicy.retention, of: name)
    guard let reach = serverState.reach(of: name),
      reach.change(dvr: settings.dvr, list: settings.dvrList)
    else { return }
    log.write(
      .info, "changed", stream: name,
      "viewers may go back \(settings.dvr.wholeSeconds) s; its session continues")
  }
}

extension StreamSettings {
  /// How far viewers may go back.
  var reach: PastReach { PastReach(dvr: dvr, list: dvrList) }
}
