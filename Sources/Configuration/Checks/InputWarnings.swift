// SPDX-License-Identifier: Apache-2.0

package import Streams

/// The warnings about an input whose video players or encoders treat differently: pure.
package struct InputWarnings: Sendable {
  /// A warning, with its name in the log.
  package struct Warning: Sendable {
    /// The name of the event.
    package let event: StaticString
    /// Cause and effect.
    package let text: String
  }

  /// At most one for each property.
  package let list: [Warning]

  /// The warnings about an input.
  package init(_ input: InputFindings.Input) {
    list = InputFindings(input).list.filter(\.isWarning).map {
      Warning(event: $0.kind.event, text: $0.text)
    }
  }
}
