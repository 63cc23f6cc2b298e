// SPDX-License-Identifier: Apache-2.0

import CLinux
import System

/// The congestion control of TCP: how a sender finds its rate, and what it makes of lost packets.
///
/// Set on a listening socket, it is that of the accepted connections. CUBIC, the kernel's usual
/// default, halves the rate at each loss: with 1 % loss and a round trip of 50 ms a connection
/// carries about 2 Mbit/s, whatever the link. BBR measures the rate of the link instead.
package enum CongestionControl {
  /// The name that is used unless another one is requested.
  package static let preferred = "bbr"
  /// The name that stands for the kernel's default.
  package static let system = "system"
  /// The most bytes of a name, TCP_CA_NAME_MAX without the final zero.
  package static let maximumNameLength = 15

  /// Why the kernel refuses a name.
  package enum Refusal: Error, Equatable, Sendable {
    /// The kernel has no such algorithm, or its module is not loaded.
    case unknown
    /// Only privileged processes may use it.
    case notPermitted
    /// Another error number.
    case other(Int32)

    /// The refusal by a negative error number; nil for 0.
    init?(code: Int32) {
      switch -code {
      case 0: return nil
      case ENOENT: self = .unknown
      case EPERM: self = .notPermitted
      case let number: self = .other(number)
      }
    }
  }

  /// The refusal of `name` by the kernel, found by a socket that is closed at once; nil if the
  /// process can use it.
  package static func refusal(of name: String) -> Refusal? {
    let descriptor = clinux_tcp_socket()
    guard descriptor >= 0 else { return Refusal(code: descriptor) }
    defer { close(descriptor) }
    return set(name, on: descriptor)
  }

  /// Sets the congestion control of a listening socket, also of one that a supervisor handed over.
  ///
  /// - Parameters:
  ///   - name: the name of an algorithm, or ``system``.
  ///   - socket: the listening socket.
  /// - Returns: nil, or why the socket keeps what it had.
  package static func set(_ name: String, on socket: ListeningSocket) -> Refusal? {
    set(name, on: socket.descriptor)
  }

  private static func set(_ name: String, on descriptor: Int32) -> Refusal? {
    let chosen = name == system ? systemName : name
    return unsafe Refusal(code: clinux_set_congestion(descriptor, chosen))
  }

  /// The names that the kernel knows; empty if /proc does not show them.
  package static var available: [String] { names("tcp_available_congestion_control") }
  /// The names that any process may use; empty if /proc does not show them.
  package static var permitted: [String] { names("tcp_allowed_congestion_control") }

  /// The kernel's default: that of a new socket.
  package static var systemName: String {
    let descriptor = clinux_tcp_socket()
    guard descriptor >= 0 else { return "cubic" }
    defer { close(descriptor) }
    return name(on: descriptor) ?? "cubic"
  }

  /// The congestion control of a socket; nil if the kernel does not tell.
  package static func name(on descriptor: Int32) -> String? {
    // bounded: TCP_CA_NAME_MAX
    var bytes = [CChar](repeating: 0, count: 16)
    guard unsafe clinux_congestion(descriptor, &bytes) == 0 else { return nil }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// One line for the operator: why the preferred name is not used, and how that is mended.
  package static func note(on refusal: Refusal) -> String {
    let effect =
      "connections use \(systemName), and one lost packet in 100 makes viewers late"
    switch refusal {
    case .unknown:
      return "the kernel has no \(preferred): \(effect); `modprobe tcp_\(preferred)` loads it, "
        + "and a line tcp_\(preferred) in /etc/modules-load.d/streamer.conf after each boot"
    case .notPermitted:
      let names = (permitted + [preferred]).joined(separator: " ")
      return "\(preferred) is not permitted: \(effect); "
        + "`sysctl -w net.ipv4.tcp_allowed_congestion_control=\"\(names)\"` permits it"
    case .other(let code):
      return "\(preferred) is not used (\(SystemError.reason(code))): \(effect)"
    }
  }

  private static func names(_ parameter: String) -> [String] {
    let bytes = (try? RegularFile.read("/proc/sys/net/ipv4/" + parameter)) ?? []
    return String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
      .map(String.init)
  }
}
