// SPDX-License-Identifier: Apache-2.0

package import DASHPackager
package import Streams

extension StreamConfiguration {
  /// What the MPDs of the stream say of themselves.
  package var presentationTerms: PresentationParameters {
    PresentationParameters(
      name: name, segmentation: segmentation, targetLatencyMicroseconds: targetLatencyMicroseconds,
      inputDelay: inputDelay, audioDelay: audioDelay)
  }
}
