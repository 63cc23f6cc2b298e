// SPDX-License-Identifier: Apache-2.0

/// Runs its argument on the thread of a connection; it is called from any thread.
package typealias ThreadExecutor = @Sendable (@escaping @Sendable () -> Void) -> Void
