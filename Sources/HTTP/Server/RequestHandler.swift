// SPDX-License-Identifier: Apache-2.0

/// The routes of a server.
///
/// Confined to the loop's thread.
package protocol RequestHandler: AnyObject {
  /// Answers the request, or keeps the exchange and answers later.
  func handle(_ exchange: any Exchange)
}
