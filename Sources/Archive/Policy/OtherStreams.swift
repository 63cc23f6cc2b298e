// SPDX-License-Identifier: Apache-2.0

package import Time

/// How the folders of streams that are not archived now, such as removed ones, are treated.
package struct OtherStreams: Sendable {
  var retention: Retention
  let delay: Interval

  /// Their hours are removed by `retention`, from `delay` after the start on: streams that begin
  /// until then have their own rule.
  package init(_ retention: Retention, after delay: Interval = .seconds(60)) {
    self.retention = retention
    self.delay = delay
  }
}
