// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Net
import Server
import Time

/// Checks the settings as a whole and makes the parts of the program from them.
struct ValidatedConfiguration {
  let configuration: MergedSettings
  let settings: Settings
  /// The streams that are asked for; at least one.
  let streams: [StreamDefinition]
  let hlsjs: [UInt8]?
  let dashjs: [UInt8]?
  /// Nil without HTTPS.
  let tls: TLSSetup?

  /// Whether a file lists the streams.
  let listsStreams: Bool

  /// Checks and takes over what is asked for.
  ///
  /// - Throws: what is wrong with it, in one line.
  init(_ configuration: MergedSettings, isSupervised: Bool) throws(UsageError) {
    let settings = configuration.program
    self.settings = settings
    self.configuration = configuration
    listsStreams = configuration.listsStreams
    streams = try configuration.streams.map { stream throws(UsageError) in
      try StreamDefinition(
        placed: stream, isListed: configuration.listsStreams, isSupervised: isSupervised)
    }
    do throws(UsageError) {
      dashjs = try settings.dashjs.map { path throws(UsageError) in
        try FileContents.read(path, location: "--dashjs")
      }
      hlsjs = try settings.hlsjs.map { path throws(UsageError) in
        try FileContents.read(path, location: "--hlsjs")
      }
      tls = try TLSSetup(settings)
      guard settings.servesPlain || tls != nil else {
        throw UsageError(
          "--http-port", given: "off", allowed: "a port, or HTTPS with --tls-cert or --self-signed")
      }
    } catch { throw UsageError(error, origins: settings.origins, location: nil) }
  }

  /// How the site is served.
  var serving: ServingOptions {
    var options = ServingOptions()
    options.publicURL = settings.publicURL
    options.adminToken = settings.adminToken
    options.timeDisplacement = .microseconds(settings.timeDisplacementMicroseconds)
    options.sendsCMSD = settings.sendsCMSD
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
      } else if settings.servesPlain, settings.port == 0 || socket.boundPort == settings.port {
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
}
