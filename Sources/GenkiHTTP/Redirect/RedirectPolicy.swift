import GenkiCore

/// Decides what follows an answer; pure.
package struct RedirectPolicy {
  /// The request that follows an answer; nil if the answer is the last.
  ///
  /// A redirect to another origin loses authorization and cookies for good: coming back does not bring
  /// them back.
  ///
  /// - Parameters:
  ///   - followed: Redirects so far.
  ///   - maximum: Redirects that may be followed.
  /// - Throws: ``HTTPError`` if the redirect must not be followed.
  package static func next(
    after head: HTTPHead, of request: HTTPRequest, followed: Int, maximum: Int
  ) throws -> HTTPRequest? {
    guard [301, 302, 303, 307, 308].contains(head.status), request.redirects != .none,
      let location = head.headers["Location"]
    else { return nil }
    func refused(_ reason: String) -> HTTPError {
      .redirectRefused(target: request.target, reason: reason)
    }
    let url: HTTPURL
    do {
      url = try request.url.resolving(location)
    } catch let HTTPError.badURL(_, reason) {
      throw refused("it redirects to an address that cannot be used: \(reason)")
    }
    let stays = url.origin == request.url.origin
    if !stays, request.redirects == .sameOrigin { return nil }
    guard followed < maximum else { throw refused("more than \(maximum) redirects") }
    guard !(request.url.origin.scheme == .https && url.origin.scheme == .http) else {
      throw refused("it redirects from https to http, at \(url.origin)")
    }
    var next = request
    next.url = url
    if !stays {
      next.authorization = nil
      next.headers["Cookie"] = nil
    }
    let becomesGet =
      head.status == 303 && request.method != .head
      || (head.status == 301 || head.status == 302) && request.method == .post
    if becomesGet {
      next.method = .get
      next.body = .none
      for name in next.headers.fields.map(\.name)
      where name.lowercased().hasPrefix("content-") { next.headers[name] = nil }
    }
    return next
  }
}
