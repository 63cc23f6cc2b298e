// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Sharing
import Time

/// Responses about the server itself: probes, metrics and the time.
extension RequestRouter {
  /// The probe that is requested most, rendered once.
  private static let healthy = response("ok\n")

  func health(_ exchange: any Exchange) { exchange.respond(Self.healthy) }

  func version(_ exchange: any Exchange) {
    exchange.respond(Self.response(serverState.versionText + "\n"))
  }

  func readiness(_ exchange: any Exchange) {
    let readiness = ServerReadiness(serverState)
    guard !readiness.isReady else {
      return exchange.respond(Self.response("ready\n" + readiness.detail))
    }
    exchange.respond(ResponseFields.error(503, readiness.reason, .noStore))
  }

  func metrics(_ exchange: any Exchange) {
    let access = serverState.options.metrics
    let read = ProtectedRead(request: exchange.request, access: access, option: "metrics")
    if let refusal = read.refusal(by: serverState.admin, at: now) {
      return exchange.respond(refusal)
    }
    let type = HeaderField("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
    // Only what all clients may read is for scripts of other origins.
    exchange.respond(
      PreparedResponse(
        status: 200,
        fields: access == .open
          ? ResponseFields.fields(type.value, .noStore) : [type] + StatisticsHandler.fields,
        body: [serverState.metrics(at: now)]))
  }

  /// The response for a client that may not read the times of a stream; nil if it may.
  func timestampsRefusal(_ request: Request) -> PreparedResponse? {
    let read = ProtectedRead(
      request: request, access: serverState.options.timestamps, option: "timestamps-access",
      asksForPassword: false)
    return read.refusal(by: serverState.admin, at: now)
  }

  /// Answers with the time, without a line end: some players parse the whole body as a date.
  func time(_ exchange: any Exchange, _ form: TimeService.Form) {
    let text = TimeService.text(
      form, now: SystemClock.wallTime, displacement: serverState.options.timeDisplacement)
    exchange.respond(Self.response(text))
  }

  /// A short text, which counts little in memory.
  private static func response(_ text: String) -> PreparedResponse {
    PreparedResponse(
      status: 200, fields: ResponseFields.fields("text/plain; charset=utf-8", .noStore),
      body: [SharedBytes(text)])
  }
}
