/// What a request carries. Files are read by the client's thread, as the bytes go.
public enum HTTPBody: Sendable, Hashable {
  /// Nothing.
  case none
  /// Bytes in memory.
  case bytes([UInt8])
  /// A part of a file, streamed; without a length up to its end.
  case file(path: String, offset: Int = 0, length: Int? = nil)
  /// A part of an open file, streamed without moving its position. It stays open, and the caller's,
  /// until the call returns.
  case descriptor(Int32, offset: Int, length: Int)

  /// Text in UTF-8.
  public static func text(_ text: String) -> HTTPBody { .bytes(Array(text.utf8)) }
}
