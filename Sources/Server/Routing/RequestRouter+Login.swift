// SPDX-License-Identifier: Apache-2.0

import Access
import Checked
import HTTP
import Logging
import Net
import Packaging
import Sharing
import Statistics
import Time

/// `/login`: playback tokens for viewers with a password.
///
/// `POST /login` verifies the password and sets a cookie, `POST /login/S` verifies the cookie. Both
/// answer with a playback token for the addresses of media: the cookie is for this path only.
extension RequestRouter {
  /// The most bytes of a form.
  private static let formBytes = 4096

  /// A stream with a password.
  private struct LockedStream {
    let name: String
    let password: ViewerPassword
  }

  /// Answers POST to `/login` or `/login/S`.
  func login(_ exchange: any Exchange) {
    exchange.kind = .page
    let request = exchange.request
    guard isOwnPage(request) else {
      return exchange.respond(AccessRefusal.foreignPage.response(to: .login))
    }
    let path = request.pathSegments
    let cookies = path.count == 2 ? request.cookies(Self.cookieName(path[1])) : []
    exchange.collectBody(limit: Self.formBytes) { [unowned self] body in
      let form = FormContent(body)
      let attributes = cookieAttributes(form["path"], isSecure: request.isSecure)
      switch path.count {
      case 1: signIn(exchange, form, attributes)
      case 2: renew(exchange, path[1], cookies, attributes)
      default: exchange.respond(.apiError(404, "nothing is served under this path"))
      }
    }
  }

  /// Whether a page of this server has sent a request, or a program.
  ///
  /// - Source: Fetch Metadata Request Headers §2.4; RFC 6454 §7
  private func isOwnPage(_ request: Request) -> Bool {
    if let site = request.header("sec-fetch-site") { return site == "same-origin" }
    guard let origin = request.header("origin")?.lowercased() else { return true }
    let host = request.header("host")?.lowercased() ?? ""
    var own = ["http://\(host)", "https://\(host)"]
    if let url = serverState.options.publicURL?.lowercased() {
      own.append(String(url.dropLast(serverState.options.publicPath.count)))
    }
    return own.contains(origin)
  }

  /// The stream with this name, or the default stream for an empty one; nil if it has no password.
  private func locked(_ name: String) -> LockedStream? {
    let (found, access): (String, ViewerAccess)
    if let upload = uploads[name] {
      (found, access) = (name, upload.entry.viewers)
    } else {
      guard let entry = handler(name.isEmpty ? nil : name)?.stream else { return nil }
      (found, access) = (entry.name, entry.options.viewers)
    }
    return access.password.map { LockedStream(name: found, password: $0) }
  }

  private func signIn(_ exchange: any Exchange, _ form: FormContent, _ attributes: String) {
    guard let stream = locked(form["stream"] ?? "") else {
      return exchange.respond(.apiError(404, "no stream with a password has this name"))
    }
    guard let given = form["password"], !given.isEmpty else {
      return exchange.respond(AccessRefusal.missing.response(to: .login))
    }
    let (desk, peer) = (serverState.passwords, exchange.request.peer)
    answers.hold(exchange) { (answer: @escaping PasswordDesk.Answer) in
      desk.verify(given, of: stream.password.hash, for: stream.name, by: peer, answer: answer)
      return true
    } take: { verdict in
      switch verdict {
      case .right:
        Self.admit(exchange, stream, PlaybackToken.newSession(), cookie: attributes)
      case .wrong: exchange.respond(AccessRefusal.invalid.response(to: .login))
      case .refused(let refusal): exchange.respond(refusal.response(to: .login))
      }
    }
  }

  private func renew(
    _ exchange: any Exchange, _ name: String, _ cookies: [String], _ attributes: String
  ) {
    guard let stream = locked(name) else {
      return exchange.respond(.apiError(404, "no stream with a password has this name"))
    }
    let now = Self.seconds
    let known = cookies.lazy.compactMap { text in
      stream.password.cookie(text, for: stream.name, now: now)
    }.first
    guard let known else {
      return exchange.respond(AccessRefusal.missing.response(to: .login))
    }
    let isOld = ViewerPassword.isOld(known, now: now)
    Self.admit(exchange, stream, known.session, cookie: isOld ? attributes : nil)
  }

  /// Answers with the next playback token, and with a new cookie unless `cookie` is nil.
  private static func admit(
    _ exchange: any Exchange, _ stream: LockedStream, _ session: String, cookie attributes: String?
  ) {
    let now = seconds
    guard let token = stream.password.token(for: stream.name, session: session, now: now) else {
      return exchange.respond(.apiError(503, "no token can be signed"))
    }
    var fields = [
      HeaderField("Content-Type", "application/json"),
      HeaderField("Cache-Control", ResponseFields.Caching.oneViewer.value), ResponseFields.nosniff,
    ]
    if let attributes,
      let cookie = stream.password.cookie(for: stream.name, session: session, now: now)
    {
      let name = cookieName(stream.name)
      fields.append(HeaderField("Set-Cookie", "\(name)=\(cookie.text)\(attributes)"))
    }
    let object: JSONObject = [
      "stream": stream.name, "token": token.text, "expires": token.expiry,
      "seconds": ViewerPassword.tokenLifetime.wholeSeconds,
    ]
    exchange.respond(.document(object.spacedText + "\n", fields: fields))
  }

  /// Each stream has a cookie of its own.
  private static func cookieName(_ stream: String) -> String { "viewer-\(stream)" }

  /// The attributes of a cookie.
  ///
  /// - Parameters:
  ///   - requested: the path of `/login` as the page sees it, below which a proxy may have this
  ///     server; that of `--public-url` if it is none.
  ///   - isSecure: whether the request came over HTTPS.
  /// - Returns: the text after the value.
  /// - Source: RFC 6265 §4.1.2
  private func cookieAttributes(_ requested: String?, isSecure: Bool) -> String {
    let path = requested.flatMap { Self.isLoginPath($0) ? $0 : nil }
    return "; Path=\(path ?? serverState.options.publicPath + "/login")"
      + "; Max-Age=\(ViewerPassword.cookieLifetime.wholeSeconds); HttpOnly; SameSite=Lax"
      + (isSecure ? "; Secure" : "")
  }

  /// Whether a path ends with `/login` and has plain names before it.
  private static func isLoginPath(_ path: String) -> Bool {
    let names = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    return path.utf8.count <= 256 && path.hasPrefix("/") && names.last == "login"
      && names.allSatisfy { !$0.isEmpty && NameCharacters.isMade($0, with: "._~-") }
  }
}
