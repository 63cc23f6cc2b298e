import Glibc
import Logging
import Media
import Net
import Server

/// Checks the settings as a whole and makes the parts of the program from them.
struct Wiring {
  let settings: Settings
  /// The streams that are asked for; at least one.
  let streams: [StreamWiring]
  let hlsjs: [UInt8]?
  let dashjs: [UInt8]?
  /// Nil without HTTPS.
  let tls: TLSWiring?

  /// Checks and takes over the settings.
  init(_ settings: Settings, isSupervised: Bool) throws(UsageError) {
    self.settings = settings
    streams = [try StreamWiring(settings, waitsForSource: isSupervised)]
    dashjs = try Self.contents(settings.dashjs, flag: "--dashjs")
    hlsjs = try Self.contents(settings.hlsjs, flag: "--hlsjs")
    tls = try TLSWiring(settings)
  }

  /// How the site is served.
  var serving: ServingOptions {
    var options = ServingOptions()
    options.publicURL = settings.publicURL
    options.timeDisplacementMicroseconds = settings.timeDisplacementMicroseconds
    options.waitsForAbsentSegment = settings.waitsForAbsentSegment
    options.sendsCMSD = settings.sendsCMSD
    options.holdLimit = settings.holdLimit
    return options
  }

  /// The files of the page by the names under which `/player/` serves them.
  var scripts: [String: [UInt8]] {
    var scripts: [String: [UInt8]] = [:]
    scripts["hls.js"] = hlsjs
    scripts["dash.all.min.js"] = dashjs
    return scripts
  }

  /// Which of the sockets that a supervisor handed over speak TLS, by their ports; one that fits
  /// none of the ports asked for is an error.
  func assign(_ handedOver: [ListeningSocket]) throws(UsageError) -> [Endpoint] {
    var endpoints: [Endpoint] = []
    for socket in handedOver {
      if let tls, socket.boundPort == tls.port {
        endpoints.append(Endpoint(socket, tls: tls.context))
      } else if settings.port == 0 || socket.boundPort == settings.port {
        endpoints.append(Endpoint(socket))
      } else if let tls, tls.port == 0 {
        endpoints.append(Endpoint(socket, tls: tls.context))
      } else {
        let secure = tls.map { " or --https-port, \($0.port)" } ?? ""
        throw UsageError(
          "LISTEN_FDS: a socket on port \(socket.boundPort) was handed over; "
            + "allowed is --http-port, \(settings.port)\(secure)")
      }
    }
    return endpoints
  }

  private static func contents(_ path: String?, flag: String) throws(UsageError) -> [UInt8]? {
    guard let path else { return nil }
    guard let file = unsafe fopen(path, "re") else {
      throw UsageError(
        "\(flag): \"\(path)\" cannot be read: \(unsafe String(cString: strerror(errno))); "
          + "allowed is the path of a readable file")
    }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    guard unsafe ferror(file) == 0, !bytes.isEmpty else {
      throw UsageError(
        "\(flag): \"\(path)\" is empty or no file; allowed is the path of a readable file")
    }
    return bytes
  }
}
