// SPDX-License-Identifier: Apache-2.0

/// How an input is opened.
package struct InputOptions: Sendable, Equatable {
  /// What RTSP media travels in.
  package enum Transport: String, Sendable, CaseIterable {
    /// Within the RTSP connection: nothing is lost, and it passes firewalls.
    case tcp
    /// In datagrams of its own.
    case udp
  }

  /// What RTSP media travels in.
  package var rtspTransport = Transport.tcp
  /// How long opening may take; nanoseconds.
  package var openLimit: Int64 = 5_000_000_000
  /// Whether who listens for a sender does so for as long as it takes.
  package var listensForEver = true
  /// How long nothing may come until the connection is given up; nanoseconds.
  package var silenceLimit: Int64 = 20_000_000_000

  /// Options with defaults.
  package init() {}
}
