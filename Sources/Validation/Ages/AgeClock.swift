// SPDX-License-Identifier: Apache-2.0

/// The clock from which a canary computes the age of media.
package enum AgeClock: String, Sendable, CaseIterable {
  /// A `prft` box: the capture of the first frame of its chunk.
  case prft
  /// EXT-X-PROGRAM-DATE-TIME: the announced time of the first frame of a part.
  case pdt
  /// The burned clock of each decoded frame.
  case burned
}
