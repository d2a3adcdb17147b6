/// Small files that are read whole.
public enum TextFile {
  /// Reads a file of at most `sizeLimit` bytes; the size is checked before memory is taken.
  public static func readBytes(_ path: String, sizeLimit: Int) throws -> [UInt8] {
    let file = try InputFile(path: path)
    guard file.size <= sizeLimit else {
      throw FileError.tooLarge(path: path, bytes: file.size, limit: sizeLimit)
    }
    let size = file.size
    let bytes = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      while count < size {
        let read = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: raw[count..<size]))
        if read == 0 { break }
        count += read
      }
    }
    guard bytes.count == size else {
      throw FileError.truncated(path: path, bytes: bytes.count, expected: size)
    }
    try LargeFilePointer.refuse(bytes.prefix(LargeFilePointer.length), path: path)
    return bytes
  }

  /// Reads a UTF-8 text of at most `sizeLimit` bytes.
  public static func readString(_ path: String, sizeLimit: Int) throws -> String {
    let bytes = try readBytes(path, sizeLimit: sizeLimit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileError.notUTF8(path: path)
    }
    return text
  }
}
