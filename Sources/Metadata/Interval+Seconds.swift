// SPDX-License-Identifier: Apache-2.0

import Media
package import Time

extension Interval {
  /// Seconds as a decimal number with at most three decimals.
  package var decimalSeconds: String { Decimal.shortString(milliseconds, digits: 3) }
}
