// SPDX-License-Identifier: Apache-2.0

package import Access
import CSRT
import Checked
package import Ingest
package import Net
package import Time

/// Decides during the handshake of a caller whether it may publish.
package struct SRTAccess: Sendable {
  /// A caller that may publish.
  package struct Grant: Sendable {
    let admission: PublisherRegistry.Admission
    /// The stream ID without its last element, if the stream does not exist yet.
    let target: String?
    /// What the caller must encrypt with; nil for no encryption.
    package let passphrase: Passphrase?
    /// The name of the stream.
    package var name: String { admission.name }
  }

  let registry: PublisherRegistry
  /// The passphrase of streams that callers create.
  private let passphrase: Passphrase?

  /// Access to the streams of a registry.
  package init(_ registry: PublisherRegistry, passphrase: Passphrase?) {
    self.registry = registry
    self.passphrase = passphrase
  }

  /// The stream of a caller.
  ///
  /// - Parameters:
  ///   - streamID: as the caller gives it.
  ///   - peer: the address of the caller.
  ///   - now: the present time.
  /// - Returns: the stream and its passphrase.
  /// - Throws: why the caller may not publish.
  package func admit(
    _ streamID: [UInt8], from peer: PeerAddress, at now: MonotonicTime
  ) throws(SRTRejection) -> Grant {
    let path: PublisherPath
    do throws(SRTStreamIDError) { path = try SRTStreamID(streamID).path } catch {
      throw .streamID(error)
    }
    // A thread of libsrt, which must answer during the call; it serves no viewers.
    registry.access.search(for: peer, at: now)
    do throws(AccessRefusal) {
      let admission = try registry.admit(path, as: path.stream, from: peer, at: now)
      var passphrase = passphrase
      switch admission {
      case .stream(let stream):
        guard !stream.isTaken(at: now) else { throw .taken }
        passphrase = registry.passphrase(of: stream.name)
      case .new(let name, _):
        // Any other text may contain a key, and must not become a name in a log.
        guard NameCharacters.isName(name) else { throw .unknown }
      }
      // Wrong passphrases are failures too.
      if passphrase != nil, let wait = registry.passphraseWait(of: peer, admission, at: now) {
        throw .tooManyFailures(wait: wait)
      }
      return Grant(
        admission: admission, target: registry.words(for: path, admission), passphrase: passphrase)
    } catch { throw .access(error) }
  }
}

extension SRTAccess {
  /// A stream ID for the log: without its last element, which may be a key.
  package func words(for streamID: [UInt8]) -> String {
    do throws(SRTStreamIDError) {
      return registry.words(for: try SRTStreamID(streamID).path)
    } catch { return "***" }
  }
}

/// Why a caller is refused during its handshake.
package enum SRTRejection: Error, Sendable, Equatable, CustomStringConvertible {
  case streamID(SRTStreamIDError)
  case access(AccessRefusal)
  /// Too many callers, in all or of the address.
  case overload
  /// The library does not take the passphrase.
  case passphrase

  /// The reason that the caller gets.
  /// - Source: SRT Access Control (Stream ID) Guidelines, "Rejection codes"
  package var code: Int32 {
    switch self {
    case .streamID(.empty): SRT_REJX_NOTFOUND
    case .streamID(.malformed): SRT_REJX_BAD_REQUEST
    case .streamID(.mode): SRT_REJX_BAD_MODE
    case .streamID(.type): SRT_REJX_NOTSUP_MEDIA
    case .access(.unknown): SRT_REJX_UNAUTHORIZED
    case .access(.tooManyFailures), .overload: SRT_REJX_OVERLOAD
    case .access(.taken): SRT_REJX_CONFLICT
    case .access: SRT_REJX_FORBIDDEN
    case .passphrase: SRT_REJX_ISE
    }
  }

  package var description: String {
    switch self {
    case .streamID(let error): "\(error)"
    case .access(let refusal): "\(refusal)"
    case .overload: "too many connections"
    case .passphrase: "the passphrase cannot be set"
    }
  }
}
