// SPDX-License-Identifier: Apache-2.0

/// How a viewer gets media.
package enum ViewerTransport: String, CaseIterable, Sendable {
  case webSocket = "ws"
  /// The frame stream, which is open segments over HTTP, and motion JPEG.
  case frames = "http"
  case lowLatencyHLS = "llhls"
  /// HLS by whole segments, or by the chunked playlist.
  case segmentedHLS = "hls"
  case dash
  /// The files of an uploaded stream.
  case uploads = "relay"

  /// Its index in lists of all transports.
  package var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
