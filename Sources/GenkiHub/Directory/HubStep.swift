/// The moments of an upload between two changes on disk: what is there at a step is what a process
/// killed at this step leaves. Tests look at the disk there, or let a step fail.
package enum HubStep: Sendable, Hashable {
  /// An empty staging file is there.
  case staged
  /// So many bytes of the staging file are written.
  case written(bytes: Int)
  /// The staging file is synced.
  case synced
  /// The blob has its name.
  case named
  /// All blobs are there, the repository is locked.
  case locked
  /// The commit's record is there.
  case recorded
  /// The head points to the commit.
  case headMoved

  /// Called at each step; what it throws ends the upload.
  package typealias Hook = @Sendable (HubStep) throws -> Void
}
