// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

extension MonotonicTime {
  /// The time at which an awaited event counts as lost, a minute from now.
  ///
  /// No verdict about speed: a test that passes does not depend on it.
  package static var hangLimit: MonotonicTime { SystemClock.monotonicTime + .seconds(60) }
}
