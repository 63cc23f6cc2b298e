// SPDX-License-Identifier: Apache-2.0

package import Time

/// Options for opening an input.
package struct InputOptions: Sendable, Equatable, Codable {
  /// The members that are sent to a process.
  private enum CodingKeys: CodingKey {
    case rtspTransport, openLimit, listensForEver, silenceLimit, frameSizeLimit, decoderErrorLimit
    case reachesOtherHosts, rtspAnswerLimit
  }

  /// The transport of RTSP media.
  package enum Transport: String, Sendable, CaseIterable, Codable {
    /// Within the RTSP connection: without loss, and through firewalls.
    case tcp
    /// In UDP datagrams.
    case udp
  }

  /// The transport of RTSP media (default TCP).
  package var rtspTransport = Transport.tcp
  /// The longest time to open an input.
  package var openLimit = Interval.seconds(5)
  /// Whether a listener waits indefinitely for a sender.
  package var listensForEver = true
  /// The time without data after which the connection is closed.
  package var silenceLimit = Interval.seconds(20)

  /// The largest size of a frame.
  package var frameSizeLimit = FrameSizeLimit()
  /// The number of access units in a row that the decoder refuses, after which the input is closed.
  package var decoderErrorLimit = 1500
  /// The longest time in which an RTSP server answers, until it sends media: cameras that start on
  /// demand take up to 15 s to describe them.
  package var rtspAnswerLimit = Interval.seconds(20)
  /// Whether a playlist over HTTP may refer to other hosts than its own, and a redirect over RTSP.
  package var reachesOtherHosts = false

  /// Whether several video tracks of a publisher are read as renditions; else only the first is.
  package var takesRenditions = false

  /// The default options.
  package init() {}
}
