// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Time

extension PassThroughAnalysis.Reason {
  /// Why a source of `rate` whose groups may have `maximumGroupTime` must be encoded from now on.
  init(_ fault: SourceFitness.Fault, _ rate: FrameRate, _ maximumGroupTime: Interval) {
    self =
      switch fault {
      case .reordered: .reordered
      case .irregularRate: .irregularRate(rate)
      case .longGroup: .longGroup(maximumGroupTime.wholeSeconds)
      }
  }
}
