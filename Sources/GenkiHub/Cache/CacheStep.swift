/// The moments at which a cache's folder changes: what is there at a step is what a process killed at
/// this step leaves. Tests look at the folder there, or end the process.
package enum CacheStep: String, Sendable, Hashable, CaseIterable {
  /// A call waits for another one that works on the same model.
  case waiting
  /// Stale files of the model are gone.
  case prepared
  /// Room is made and reserved.
  case reserved
  /// A downloaded file is checked.
  case checked
  /// A model has a file.
  case linked
  /// The file's content has its name among the blobs.
  case named
  /// The file is no longer among those on their way.
  case moved
  /// All files are there, the marker is not.
  case filled
  /// The marker is there.
  case marked
  /// A model that is removed has no marker any more.
  case unmarked
  /// A model that is removed has lost a file.
  case unlinked
  /// A removed model's folders are gone; contents that only it had are not.
  case emptied

  /// Called at each step, from any thread.
  package typealias Hook = @Sendable (CacheStep) -> Void
}
