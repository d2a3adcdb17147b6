import Glibc

/// A file could not be read or written.
public enum FileError: ReportableError, Equatable {
  /// There is no such file.
  case missing(path: String)
  /// The system refused an operation on an input file.
  case cannotRead(path: String, code: Int32)
  /// The system refused to create or replace an output file.
  case cannotCreate(path: String, code: Int32)
  /// Writing to an output file failed.
  case cannotWrite(path: String, code: Int32)
  /// The path names a folder, a pipe or a device.
  case notARegularFile(path: String)
  /// The file is larger than the reader allows.
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// The file ended earlier than its size promised.
  case truncated(path: String, bytes: Int, expected: Int)
  /// The file stands for another one that Git LFS has not fetched.
  case largeFilePointer(path: String)
  /// The file is not UTF-8 text.
  case notUTF8(path: String)

  /// Turns the `errno` of a failed read access into an error.
  public static func reading(_ path: String, code: Int32) -> FileError {
    code == ENOENT || code == ENOTDIR
      ? .missing(path: path) : .cannotRead(path: path, code: code)
  }

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .missing, .notARegularFile, .tooLarge, .truncated, .notUTF8, .largeFilePointer:
      .invalidData
    case .cannotRead(_, let code): code == EACCES || code == EPERM ? .notPermitted : .inputOutput
    case .cannotCreate(_, let code): code == EPERM ? .notPermitted : .cannotCreate
    case .cannotWrite: .inputOutput
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .missing(let path), .cannotRead(let path, _), .notARegularFile(let path),
      .tooLarge(let path, _, _), .truncated(let path, _, _), .notUTF8(let path),
      .largeFilePointer(let path):
      "cannot read \(path)"
    case .cannotCreate(let path, _): "cannot create \(path)"
    case .cannotWrite(let path, _): "cannot write \(path)"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .missing: "no such file"
    case .cannotRead(_, let code), .cannotCreate(_, let code), .cannotWrite(_, let code):
      String(cString: strerror(code))
    case .notARegularFile: "not a regular file"
    case .tooLarge(_, let bytes, let limit): "\(bytes) bytes, more than the limit of \(limit)"
    case .truncated(_, let bytes, let expected): "ended after \(bytes) of \(expected) bytes"
    case .largeFilePointer: "it is a pointer of Git LFS, not the file itself"
    case .notUTF8: "not valid UTF-8"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .missing: "check the path"
    case .cannotWrite(_, let code) where code == ENOSPC: "free some space and run it again"
    case .cannotCreate(_, let code) where code == ENOENT: "create the folder first"
    case .truncated: "was it being written at the same time?"
    case .largeFilePointer: "fetch the files with: git lfs pull"
    case .notUTF8: "convert it to UTF-8"
    default: nil
    }
  }
}
