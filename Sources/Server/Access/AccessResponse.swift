// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Time

/// The kinds of requests that may be refused; kind and reason decide the response.
enum AccessArea {
  /// Media of a stream.
  case playback
  /// Media of a stream with a password; `realm` is its name if the client is asked by
  /// `WWW-Authenticate`, else nil.
  case password(realm: String?)
  /// `/login`: to get a playback token by a password or a cookie.
  case login
  /// `/auth`: the proxy that asks knows 2xx, 401 and 403 only.
  case proxy
  /// To publish media or files.
  case publishing
  /// A name for a new stream.
  case newName
  /// To start a stream on demand.
  case start
  case socket
  /// `/api`.
  case administration
  case reading(ProtectedRead)
}

extension AccessRefusal {
  /// The response to a request that is refused.
  func response(to area: AccessArea) -> PreparedResponse {
    let (status, line) = (status(in: area), line(in: area))
    let fields = fields(status, in: area)
    return switch area {
    case .playback, .proxy, .start, .socket, .password: .error(status, line, .noStore, fields)
    case .publishing, .newName: UploadResponses.refused(status, line, fields)
    case .administration, .reading, .login: .apiError(status, line, fields)
    }
  }

  /// - Source: RFC 9110 §15.5.2, §15.5.4, §15.5.11; RFC 6585 §4
  private func status(in area: AccessArea) -> Int {
    switch (self, area) {
    case (.missing, .playback): 403
    case (.missing, _), (.invalid, .password), (.invalid, .login): 401
    case (.invalid, .reading(let read)) where !read.hasBearer: 401
    case (.expired, .playback): 410
    case (.tooManyFailures, .proxy): 403
    case (.tooManyFailures, _): 429
    case (.name, _): 404
    case (.taken, _): 409
    case (.full, _), (.tooManyRunning, _), (.tooManyStarts, _), (.busy, _): 503
    default: 403
    }
  }

  private func line(in area: AccessArea) -> String {
    switch (self, area) {
    case (.missing, .playback), (.missing, .proxy): "a playback token is required"
    case (.missing, .password): "a password is required"
    case (.missing, .login): "the password is required"
    case (.invalid, .password), (.invalid, .login): "that is not the password"
    case (.missing, .publishing): "missing publish key"
    case (.missing, .administration): "missing bearer token"
    case (.missing, .reading(let read)): read.missingToken
    case (.invalid, .playback), (.invalid, .proxy): "invalid playback token"
    case (.invalid, .publishing): "invalid publish key"
    case (.invalid, _): "invalid token"
    case (.expired, .playback), (.expired, .proxy): "the playback token has expired"
    case (.tooManyFailures, .playback): "too many invalid playback tokens from this address"
    case (.tooManyFailures, .proxy): "too many invalid playback tokens"
    case (.tooManyFailures(let wait), .password), (.tooManyFailures(let wait), .login):
      "too many wrong passwords from this address; wait \(wait.secondsRoundedUp) s"
    case (.tooManyFailures, .publishing): "too many invalid publish keys from this address"
    case (.tooManyFailures, .newName): "too many refused names from this address"
    case (.tooManyFailures, _): "too many invalid tokens from this address"
    case (.noCertificate, _): "publishing needs a client certificate that the stream names"
    case (.notPermitted, _): "publishing is not permitted"
    case (.off, .reading(let read)): read.remedy
    case (.off, _): "/api is off: \(self)"
    case (.foreignPage, .login): "only pages of this server may sign in"
    case (.foreignPage, .publishing): "pages may not publish without a key"
    case (.foreignPage, .socket):
      "pages of this origin may open no WebSocket (see --websocket-origin)"
    default: description
    }
  }

  /// - Source: RFC 6750 §3; RFC 7617 §2; RFC 9110 §10.2.3, §11.6.1
  private func fields(_ status: Int, in area: AccessArea) -> [HeaderField] {
    let bearer = HeaderField("WWW-Authenticate", "Bearer realm=\"streamer\"")
    let basic = "Basic realm=\"streamer\""
    switch (status, area) {
    case (401, .publishing): return [HeaderField("WWW-Authenticate", basic), bearer]
    case (401, .reading(let read)) where read.asksForPassword:
      return [HeaderField("WWW-Authenticate", basic + ", charset=\"UTF-8\""), bearer]
    case (401, .password(let realm)):
      return realm.map {
        [HeaderField("WWW-Authenticate", "Basic realm=\"\($0)\", charset=\"UTF-8\"")]
      } ?? []
    case (401, .login): return []
    case (401, _): return [bearer]
    case (429, .publishing), (429, .newName), (429, .password), (429, .login):
      guard case .tooManyFailures(let wait) = self else { return [] }
      return [HeaderField("Retry-After", "\(wait.secondsRoundedUp)")]
    // A right token is accepted at any time.
    case (429, _): return [HeaderField("Retry-After", "1")]
    case (503, .password), (503, .login):
      guard case .busy(let wait) = self else { return [] }
      return [HeaderField("Retry-After", "\(wait.secondsRoundedUp)")]
    case (503, .start): return [HeaderField("Retry-After", "5")]
    case (503, _): return [HeaderField("Retry-After", "10")]
    default: return []
    }
  }
}
