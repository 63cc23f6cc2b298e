// SPDX-License-Identifier: Apache-2.0

/// `--passthrough`: whether an input is passed through.
package enum PassThroughMode: String, CaseIterable, Sendable { case auto, always, never }
