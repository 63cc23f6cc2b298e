// SPDX-License-Identifier: Apache-2.0

package import DASHPackager
package import Streams
import Time

extension StreamConfiguration {
  /// The constants of the stream's MPDs.
  package func presentationParameters(_ options: StreamServingOptions) -> PresentationParameters {
    PresentationParameters(
      name: name, segmentation: segmentation,
      targetLatency: options.targetLatency(of: self), inputDelay: inputDelay,
      audioDelay: audioDelay)
  }
}
