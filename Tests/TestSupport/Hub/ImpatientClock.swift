import GenkiHTTP

/// A clock on which every wait is over at once.
package struct ImpatientClock: HTTPClock {
  package init() {}
  package var monotonicSeconds: Double { SystemHTTPClock().monotonicSeconds }
  package var unixSeconds: Double { SystemHTTPClock().unixSeconds }
  package func wait(seconds: Double, unless cancellations: [HTTPCancellation]) {}
}
