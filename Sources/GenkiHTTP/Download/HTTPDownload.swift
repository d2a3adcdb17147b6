/// A file to be fetched, of which the beginning may be there already.
public struct HTTPDownload: Sendable {
  /// What to do when the bytes that are there cannot be continued.
  public enum Mismatch: Sendable {
    /// Start over from 0, a few times at most.
    case restart
    /// Give up, saying why.
    case fail
  }

  /// The request, a GET without a range. Its limit on the body does not count, ``bytesMaximum`` does.
  public var request: HTTPRequest
  /// The length of the whole file, if it is known.
  public var expectedBytes: Int?
  /// A longer file is refused, before and while it comes.
  public var bytesMaximum: Int
  /// How many bytes of it are there.
  public var bytesPresent: Int
  /// The entity tag that they came with, quotation marks included.
  public var entityTag: String?
  /// What to do when they cannot be continued.
  public var onMismatch: Mismatch

  /// A download.
  public init(
    _ request: HTTPRequest, expectedBytes: Int? = nil, bytesMaximum: Int, bytesPresent: Int = 0,
    entityTag: String? = nil, onMismatch: Mismatch = .restart
  ) {
    self.request = request
    self.expectedBytes = expectedBytes
    self.bytesMaximum = bytesMaximum
    self.bytesPresent = bytesPresent
    self.entityTag = entityTag
    self.onMismatch = onMismatch
  }
}

/// A file that is there as a whole.
public struct HTTPDownloadResult: Sendable, Hashable {
  /// Its length.
  public var byteCount: Int
  /// The entity tag, if the server states one.
  public var entityTag: String?
  /// How often it was started over.
  public var restarts: Int
  /// Requests that it took, redirects not counted; 0 if all was there.
  public var requests: Int

  /// A result.
  public init(byteCount: Int, entityTag: String?, restarts: Int, requests: Int) {
    self.byteCount = byteCount
    self.entityTag = entityTag
    self.restarts = restarts
    self.requests = requests
  }
}
