// SPDX-License-Identifier: Apache-2.0

/// The orders of another thread to the writer of a stream.
struct ArchiveOrders {
  let catalog: StreamCatalog
  /// Gives an order to the writer's thread.
  let order: (WriterOrder) -> Void
}
