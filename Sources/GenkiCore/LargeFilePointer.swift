/// The small text that Git LFS leaves in a file's place until the file is fetched.
public enum LargeFilePointer {
  private static let start = Array("version https://git-lfs.github.com/spec/".utf8)

  /// As many bytes of a file tell.
  public static let length = start.count

  /// Refuses a file that begins as a pointer does; `path` names it.
  ///
  /// - Throws: `FileError.largeFilePointer`.
  public static func refuse(
    _ bytes: some Sequence<UInt8>, path: String
  ) throws(FileError) {
    if bytes.starts(with: start) { throw .largeFilePointer(path: path) }
  }
}
