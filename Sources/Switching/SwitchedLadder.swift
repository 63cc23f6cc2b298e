// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
package import Packaging
import Sharing

/// The renditions between which the server switches, as a choice sees them: top rendition first.
package struct SwitchedLadder: Sendable {
  /// Bits per second of each rendition.
  package let bandwidths: [Int64]
  /// Whether the rendition has the wanted segment, or will have it.
  package let isAvailable: [Bool]

  package init(bandwidths: [Int64], isAvailable: [Bool]) {
    self.bandwidths = bandwidths
    self.isAvailable = isAvailable
  }

  /// The number of renditions.
  package var count: Int { bandwidths.count }

  /// The second-lowest rendition.
  package var start: Int { max(0, count - 2) }

  /// The rendition at `index`, or the next one that is available: a lower one if there is one.
  func available(at index: Int) -> Int {
    MissingRenditions.substitute(for: index, of: isAvailable.count) { isAvailable[$0] }
  }

  /// The highest rendition for a connection with this rate in bit/s, with a fifth to spare.
  package func highest(fitting rate: Int64) -> Int {
    bandwidths.firstIndex { $0 <= rate / 5 * 4 } ?? max(0, count - 1)
  }

  /// Why a player cannot get these renditions under one name; nil if it can.
  ///
  /// The player has one CMAF header for all of them, so their samples must have one size and equal
  /// parameter sets.
  package static func obstacle(_ tracks: [TrackDescription]) -> String? {
    guard tracks.count > 1, let first = tracks.first else { return "the stream has one rendition" }
    guard tracks.allSatisfy({ $0.size == first.size }) else {
      let sizes = tracks.compactMap(\.size).map(\.description)
      return "the renditions have different sizes (\(sizes.joined(separator: ", ")))"
    }
    let configurations = tracks.map { track in
      MovieHeader.decoderConfiguration(in: track.header.array) ?? track.header.array
    }
    guard configurations.allSatisfy({ $0 == configurations[0] }) else {
      return "the renditions have different parameter sets "
        + "(\(tracks.map(\.codecs).joined(separator: ", ")))"
    }
    return nil
  }
}
