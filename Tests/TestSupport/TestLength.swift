// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The length of tests whose length is the point: hours of drift, many seeds.
///
/// `LONG=1` in the environment selects the full length. A short test fails for the same faults of
/// the code: its length is that at which they exceed its limits.
package enum TestLength {
  private static let isLong =
    !["", "0"].contains(ProcessInfo.processInfo.environment["LONG"] ?? "")

  /// `long` with `LONG=1`, else `short`; both in the same unit.
  package static func of<Value>(short: Value, long: Value) -> Value { isLong ? long : short }
}
