/// What a validator is ready to download of one repository.
public struct FileLimits: Sendable, Hashable {
  /// Bytes of all downloaded files together.
  public var bytesTotal: Int
  /// Bytes of one downloaded file.
  public var bytesPerFile: Int
  /// Files in the repository, those that are not downloaded included.
  public var filesMaximum: Int

  /// Limits; a file may use up the total unless something else is said.
  public init(
    bytesTotal: Int, bytesPerFile: Int? = nil, filesMaximum: Int = HubLimits.entriesMaximum
  ) {
    self.bytesTotal = bytesTotal
    self.bytesPerFile = bytesPerFile ?? bytesTotal
    self.filesMaximum = filesMaximum
  }
}
