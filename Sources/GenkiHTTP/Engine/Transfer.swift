import CCurl
import GenkiCore

/// One exchange on libcurl's side: an easy handle and what its callbacks need. It lives on the
/// worker's thread.
final class Transfer {
  let exchange: Exchange
  let easy: UnsafeMutableRawPointer
  var watch: ProgressWatch
  var reader: HeadReader
  /// Why a callback ended the transfer.
  var failure: HTTPError?
  /// The rest of an answer that is not a success is not worth reading.
  var endsEarly = false
  var isPaused = false
  /// How often the request went out; libcurl may send it again when an old connection turns out dead.
  var sendings = 0
  var sentBytes = 0
  var uploadPosition = 0
  var receivedBytes = 0
  var keptBytes = 0

  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  /// Of an answer that is not a success so much is kept …
  static let refusalBytesKept = 64 << 10
  /// … and so much read, for the sake of the connection.
  static let refusalBytesRead = 1 << 20

  init?(_ exchange: Exchange, now: Double) {
    guard let easy = curl_easy_init() else { return nil }
    self.exchange = exchange
    self.easy = easy
    watch = ProgressWatch(exchange.plan.timeouts, now: now)
    reader = HeadReader(exchange.plan)
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    errorText.deallocate()
  }

  var plan: ExchangePlan { exchange.plan }

  /// Tells libcurl everything about the request.
  func prepare(_ settings: HTTPClientSettings) throws {
    try check(genki_curl_allow_only_http(easy))
    try check(genki_curl_leave_lookup_behind(easy))
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_URL, plan.url.absolute)
    try set(CURLOPT_FOLLOWLOCATION, 0)
    try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    try set(CURLOPT_HTTP09_ALLOWED, 0)
    try set(CURLOPT_NETRC, 0)
    try set(CURLOPT_USERAGENT, settings.userAgent)
    try set(CURLOPT_SSL_VERIFYPEER, 1)
    try set(CURLOPT_SSL_VERIFYHOST, 2)
    try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let path = settings.certificateBundlePath {
      try set(CURLOPT_CAINFO, path)
      try check(genki_curl_set_text(easy, CURLOPT_CAPATH, nil))
    }
    switch settings.proxy {
    case .environment: break
    case .none: try set(CURLOPT_PROXY, "")
    case .url(let url): try set(CURLOPT_PROXY, url)
    }
    try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    let connectSeconds = min(max(plan.timeouts.connectSeconds, 0.001), 1e6)
    try set(CURLOPT_CONNECTTIMEOUT_MS, Int((connectSeconds * 1_000).rounded(.up)))
    try set(
      CURLOPT_BUFFERSIZE, pieceBytes(plan.downloadBytesPerSecond, settings.downloadBytesPerSecond))
    try check(genki_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
    try prepareMethod(settings)
    for line in plan.headerLines {
      guard let longer = curl_slist_append(headerList, line) else { throw internalFailure() }
      headerList = longer
    }
    try check(genki_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList))
    try setCallbacks()
  }

  /// Bytes of the body that the system has taken; libcurl may hold some more, which on a slow line
  /// wait for long.
  var uploadedBytes: Int {
    var count: curl_off_t = 0
    return genki_curl_get_offset(easy, CURLINFO_SIZE_UPLOAD_T, &count) == CURLE_OK ? count : 0
  }

  /// Bytes a second of this transfer; 0 for no limit.
  func limitSpeed(download: Int, upload: Int) {
    genki_curl_set_offset(easy, CURLOPT_MAX_RECV_SPEED_LARGE, download)
    genki_curl_set_offset(easy, CURLOPT_MAX_SEND_SPEED_LARGE, upload)
  }

  /// How much is read or written at once. libcurl waits for its limits only after up to a hundred such
  /// pieces, so under a limit they are small: a hundred take a sixteenth of a second.
  private func pieceBytes(_ limits: Int...) -> Int {
    let limit = limits.filter { $0 > 0 }.min() ?? .max
    return max(1 << 10, min(limit / 1_600, 512 << 10))
  }

  private func prepareMethod(_ settings: HTTPClientSettings) throws {
    if plan.sendsBody {
      try set(CURLOPT_UPLOAD, 1)
      try check(genki_curl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, plan.upload.length))
      let piece = pieceBytes(plan.uploadBytesPerSecond, settings.uploadBytesPerSecond)
      try set(CURLOPT_UPLOAD_BUFFERSIZE, max(16 << 10, piece))
      try set(CURLOPT_CUSTOMREQUEST, plan.method.rawValue)
    } else if plan.method == .head {
      try set(CURLOPT_NOBODY, 1)
    } else {
      try set(CURLOPT_HTTPGET, 1)
      try set(CURLOPT_CUSTOMREQUEST, plan.method.rawValue)
    }
  }

  private func set(_ option: CURLoption, _ value: Int) throws {
    try check(genki_curl_set_long(easy, option, value))
  }

  private func set(_ option: CURLoption, _ value: String) throws {
    try check(genki_curl_set_text(easy, option, value))
  }

  func check(_ code: CURLcode) throws {
    guard code == CURLE_OK else { throw internalFailure(String(cString: curl_easy_strerror(code))) }
  }

  private func internalFailure(_ reason: String = "there is no memory left") -> HTTPError {
    .badRequest(target: plan.target, reason: "libcurl refuses it: \(reason)")
  }

  // MARK: - The end

  /// How it ended, by libcurl's code and what the callbacks noted.
  func outcome(_ code: CURLcode) -> Result<Exchange.End, HTTPError> {
    if let failure { return .failure(failure) }
    guard code == CURLE_OK || endsEarly else {
      return .failure(
        CurlFailure(
          code: code, text: String(cString: errorText), systemCode: long(CURLINFO_OS_ERRNO),
          wasSent: sendings > 0, received: receivedBytes
        ).error(plan.target))
    }
    guard reader.isComplete else {
      return .failure(.badResponse(target: plan.target, reason: "it has no status line"))
    }
    return .success(Exchange.End(received: receivedBytes, timing: timing))
  }

  private var timing: HTTPTiming {
    let version = long(CURLINFO_HTTP_VERSION)
    return HTTPTiming(
      connectSeconds: seconds(CURLINFO_PRETRANSFER_TIME_T),
      firstByteSeconds: seconds(CURLINFO_STARTTRANSFER_TIME_T),
      totalSeconds: seconds(CURLINFO_TOTAL_TIME_T),
      reusedConnection: long(CURLINFO_NUM_CONNECTS) == 0,
      versionTenths: version == Int(CURL_HTTP_VERSION_2_0)
        ? 20 : version == Int(CURL_HTTP_VERSION_1_0) ? 10 : 11)
  }

  private func long(_ info: CURLINFO) -> Int {
    var value = 0
    return genki_curl_get_long(easy, info, &value) == CURLE_OK ? value : 0
  }

  private func seconds(_ info: CURLINFO) -> Double {
    var microseconds: curl_off_t = 0
    guard genki_curl_get_offset(easy, info, &microseconds) == CURLE_OK else { return 0 }
    return Double(microseconds) * 1e-6
  }
}
