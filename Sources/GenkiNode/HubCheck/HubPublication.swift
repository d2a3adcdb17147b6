import Foundation
import GenkiCore
import GenkiHub

/// What a daemon would publish next, for a look at it beforehand: nothing of it is made or sent.
public struct HubPublication: Sendable {
  /// One file of it.
  public struct File: Sendable, Hashable {
    /// Its name in the repository.
    public var name: String
    /// Its size; nil for one that is made for the upload, which is small.
    public var bytes: Int?

    /// A file; see the properties.
    public init(name: String, bytes: Int?) {
      self.name = name
      self.bytes = bytes
    }

    /// How a hub usually wants it.
    public var way: Way { .usual(name: name, bytes: bytes ?? 0) }
  }

  /// How a file goes to a hub.
  public enum Way: String, Sendable {
    /// In the commit itself.
    case regular
    /// Through the large file storage, in one piece.
    case lfs
    /// Through the large file storage, in parts.
    case lfsParts = "lfs_parts"

    private static let regularBytesMaximum = 10 << 20
    /// What a storage takes in one piece.
    private static let pieceBytesMaximum = 5_000_000_000

    /// As the Hugging Face Hub decides; another may want it otherwise, and says so at the upload.
    static func usual(name: String, bytes: Int) -> Way {
      if bytes > pieceBytesMaximum { return .lfsParts }
      return name.hasSuffix(".safetensors") || bytes > regularBytesMaximum ? .lfs : .regular
    }

    /// For people.
    var words: String {
      switch self {
      case .regular: "in the commit"
      case .lfs: "LFS"
      case .lfsParts: "LFS in parts"
      }
    }
  }

  /// The repository's name, without its namespace.
  public var name: String
  /// The setting that the name comes from.
  public var key: String
  /// The longest id that a commitment on the chain can hold.
  public var idBytesMaximum: Int
  /// What is published: `the model of round 3`.
  public var subject: String
  /// Who may read it when it is made.
  public var visibility: RepositoryVisibility
  /// When a private one is shown; nil for one that is public at once.
  public var shownAt: String?
  /// The files, or those of an earlier one like it; empty if nothing is known yet.
  public var files: [File] = []
  /// Why the files are not certain; nil if they are those that will be sent.
  public var uncertainty: String?
  /// Why it could not be published as it is; nil if nothing is known to be wrong.
  public var problem: String?
  /// Whether this daemon's state says that it has filled the repository before.
  public var isFilled = false

  /// A publication whose files are not known yet; see the properties.
  public init(
    name: String, key: String, idBytesMaximum: Int, subject: String,
    visibility: RepositoryVisibility, shownAt: String? = nil
  ) {
    self.name = name
    self.key = key
    self.idBytesMaximum = idBytesMaximum
    self.subject = subject
    self.visibility = visibility
    self.shownAt = shownAt
  }

  /// The bytes of all files whose size is known.
  public var bytes: Int { files.reduce(0) { $0 + ($1.bytes ?? 0) } }

  /// The sizes of files as they are to be sent.
  ///
  /// - Throws: `FileError` for one that cannot be looked at.
  public static func sizes(of files: [HubFile]) throws -> [File] {
    try files.map { file in
      switch file.content {
      case .bytes(let bytes): return File(name: file.name, bytes: bytes.count)
      case .file(let path):
        var status = stat()
        guard stat(path, &status) == 0 else {
          throw errno == ENOENT
            ? FileError.missing(path: path) : FileError.cannotRead(path: path, code: errno)
        }
        return File(name: file.name, bytes: Int(status.st_size))
      }
    }
  }
}
