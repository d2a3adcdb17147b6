import Dispatch
import Foundation
import GenkiCore
import GenkiService
import Testing

@Suite struct EventBusTests {
  private func numbers(_ deliveries: [BusDelivery]) -> [UInt64] {
    deliveries.compactMap { if case .event(let event) = $0 { event.sequence } else { nil } }
  }

  @Test func aSubscriberHearsWhatItMissedAndThenWhatIsNew() {
    let bus = EventBus()
    for number in 1...5 { bus.publish("job", ["n": JSONValue(number)]) }
    let heard = Collected<BusDelivery>()
    let subscription = bus.subscribe(since: 3) {
      heard.append($0)
      return true
    }
    bus.publish("job", [:])
    #expect(numbers(heard.wait(count: 3)) == [4, 5, 6])
    subscription.cancel()
    #expect(bus.subscriptionCount == 0)
    bus.publish("job", [:])
    #expect(heard.all.count == 3)
  }

  @Test func aGapInTheHistoryIsTold() {
    let bus = EventBus(historyMaximum: 2)
    for _ in 1...5 { bus.publish("job", [:]) }
    let heard = Collected<BusDelivery>()
    let first = bus.subscribe(since: 1) {
      heard.append($0)
      return true
    }
    let all = heard.wait(count: 3)
    #expect(all.first == .lost(2))
    #expect(numbers(all) == [4, 5])
    first.cancel()
    // A number of a former process: everything that is kept.
    let other = Collected<BusDelivery>()
    let second = bus.subscribe(since: 1000) {
      other.append($0)
      return true
    }
    #expect(numbers(other.wait(count: 3)) == [4, 5])
    second.cancel()
  }

  @Test func aSlowSubscriberLosesEventsAndBlocksNobody() {
    let bus = EventBus(pendingMaximum: 10)
    let isOpen = DispatchSemaphore(value: 0)
    let entered = DispatchSemaphore(value: 0)
    let heard = Collected<BusDelivery>()
    let slow = bus.subscribe { delivery in
      entered.signal()
      isOpen.wait()
      heard.append(delivery)
      isOpen.signal()
      return true
    }
    bus.publish("job", [:])
    entered.wait()
    for _ in 2...101 { bus.publish("job", [:]) }
    #expect(bus.lastSequence == 101)
    isOpen.signal()
    let all = heard.wait(count: 12)
    #expect(all.dropFirst().first == .lost(90))
    #expect(numbers(all) == [1] + Array(92...101))
    slow.cancel()
  }

  @Test func onlyTheWantedTopicsAreDelivered() {
    let bus = EventBus()
    let heard = Collected<BusDelivery>()
    let subscription = bus.subscribe(since: 0, topics: ["round"]) {
      heard.append($0)
      return true
    }
    for topic in ["job", "round", "job", "round"] { bus.publish(topic, [:]) }
    #expect(numbers(heard.wait(count: 2)) == [2, 4])
    #expect(bus.history(topics: ["job"]).map(\.sequence) == [1, 3])
    #expect(bus.history(since: 2).map(\.sequence) == [3, 4])
    subscription.cancel()
  }

  @Test func aSubscriberThatDeclinesIsForgotten() {
    let bus = EventBus()
    let heard = Collected<BusDelivery>()
    let subscription = bus.subscribe { delivery in
      defer { heard.append(delivery) }
      return false
    }
    bus.publish("job", [:])
    bus.publish("job", [:])
    heard.wait(count: 1)
    // The subscription ends right after the delivery, on its own queue.
    let limit = Date(timeIntervalSinceNow: 10)
    while bus.subscriptionCount > 0, Date() < limit { sched_yield() }
    #expect(subscription.isCancelled)
    #expect(bus.subscriptionCount == 0)
    #expect(heard.all.count == 1)
  }

  @Test func manyThreadsPublishInOneOrder() {
    let bus = EventBus(historyMaximum: 5000, pendingMaximum: 5000)
    let heard = Collected<BusDelivery>()
    let subscription = bus.subscribe {
      heard.append($0)
      return true
    }
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      for _ in 0..<500 { bus.publish("job", [:]) }
    }
    #expect(numbers(heard.wait(count: 2000)) == Array(1...2000))
    subscription.cancel()
  }

  @Test func anEventsJSONStartsWithItsNumber() {
    let event = BusEvent(sequence: 7, topic: "job", time: 1.5, body: ["state": "done"])
    #expect(
      event.json.encoded() == #"{"sequence":7,"time":1.5,"topic":"job","state":"done"}"#)
    #expect(BusDelivery.lost(3).json.encoded() == #"{"topic":"lost","count":3}"#)
  }
}
