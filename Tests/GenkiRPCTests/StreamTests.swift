import GenkiCore
import GenkiRPC
import TestSupport
import Testing

@Suite struct StreamTests {
  @Test func eventsComeInOrderAfterTheAnswer() throws {
    let daemon = try TestDaemon()
    let client = try daemon.client()
    // The backlog was sent before the answer was, and still comes after it.
    let id = try client.startSubscription("ticks", ["backlog": 3])
    for number in 0..<100 { #expect(daemon.ticker.tick(number) == 1) }
    var ticks: [Int] = []
    while ticks.count < 103 {
      let notification = try #require(try client.nextNotification(timeoutSeconds: 10))
      #expect(notification.subscription == id)
      #expect(notification.method == "ticks")
      ticks.append(notification.event["tick"]?.intValue ?? .min)
    }
    #expect(ticks == [-1, -2, -3] + Array(0..<100))
    #expect(try client.nextNotification(timeoutSeconds: 0) == nil)
    // Calls go on beside the stream.
    #expect(try client.call("status")["state"] == "well")
  }

  @Test func nothingFollowsTheAnswerToUnsubscribe() throws {
    let daemon = try TestDaemon()
    let client = try daemon.client()
    var seen = 0
    daemon.ticker.tick(0)
    let end = try client.subscribe("ticks", ["backlog": 2]) { _ in
      seen += 1
      return seen < 2
    }
    #expect(end == nil)
    #expect(daemon.ticker.hasEnded(1))
    #expect(daemon.ticker.tick(1) == 0)
    #expect(try client.nextNotification(timeoutSeconds: 0) == nil)
    let error = #expect(throws: RPCCallError.self) {
      try client.call("rpc.unsubscribe", ["subscription": 1])
    }
    #expect(error?.errorName == .notFound)
  }

  @Test func theSourceCanEndItWithALastWord() throws {
    let daemon = try TestDaemon()
    let client = try daemon.client()
    let id = try client.startSubscription("ticks")
    daemon.ticker.tick(1)
    daemon.ticker.finish()
    #expect(daemon.ticker.tick(2) == 0)
    #expect(try client.nextNotification(timeoutSeconds: 10)?.event["tick"] == 1)
    let last = try #require(try client.nextNotification(timeoutSeconds: 10))
    #expect(last.end == .finished)
    #expect(last.subscription == id)
    #expect(daemon.ticker.hasEnded(1))
  }

  @Test func aSubscriberThatHangsUpIsLetGo() throws {
    let daemon = try TestDaemon()
    try { _ = try daemon.client().startSubscription("ticks") }()
    #expect(daemon.ticker.hasEnded(1))
    #expect(daemon.ticker.tick(1) == 0)
  }

  @Test func aSlowSubscriberMissesNothingInTheMiddle() throws {
    var limits = RPCLimits()
    limits.subscriptionBytes = 100_000
    let daemon = try TestDaemon(limits: limits)
    let slow = try daemon.client()
    let id = try slow.startSubscription("ticks")
    var number = 0
    while daemon.ticker.tick(number, padding: 10_000) == 1 {
      number += 1
      if number == 10_000 { break }
    }
    #expect(number < 10_000)
    #expect(daemon.ticker.hasEnded(1))
    var expected = 0
    while let notification = try slow.nextNotification(timeoutSeconds: 10) {
      #expect(notification.subscription == id)
      if let end = notification.end {
        #expect(end == .tooSlow)
        break
      }
      #expect(notification.event["tick"]?.intValue == expected)
      expected += 1
    }
    #expect(expected == number)
    // The connection itself is in order.
    #expect(try slow.call("status")["state"] == "well")
  }

  @Test func subscriptionsOfAConnectionAreBounded() throws {
    var limits = RPCLimits()
    limits.subscriptions = 3
    let daemon = try TestDaemon(limits: limits)
    let client = try daemon.client()
    for _ in 0..<3 { _ = try client.startSubscription("ticks") }
    let error = #expect(throws: RPCCallError.self) { try client.startSubscription("ticks") }
    #expect(error?.errorName == .tooMany)
    try client.call("rpc.unsubscribe", ["subscription": 2])
    #expect(try client.startSubscription("ticks") == 4)
  }

  @Test func aStopEndsSubscriptionsWithALastWord() throws {
    let daemon = try TestDaemon()
    let client = try daemon.client()
    _ = try client.startSubscription("ticks")
    daemon.server.stop()
    #expect(try client.nextNotification(timeoutSeconds: 10)?.end == .shuttingDown)
    #expect(throws: RPCClientError.closed(path: daemon.socket)) {
      _ = try client.nextNotification(timeoutSeconds: 10)
    }
  }

  @Test func aPeerThatClosedItsSideStillGetsItsEvents() throws {
    let daemon = try TestDaemon()
    let socket = try RawSocket(daemon.socket)
    try socket.send(#"{"jsonrpc":"2.0","id":1,"method":"ticks"}"#)
    socket.endSending()
    #expect(try socket.line()?.contains("subscription") == true)
    try eventually { daemon.ticker.tick(5) == 1 }
    #expect(try socket.line()?.contains(#""tick":5"#) == true)
    daemon.ticker.finish()
    while let line = try socket.line() { #expect(line.contains("ticks")) }
  }
}
