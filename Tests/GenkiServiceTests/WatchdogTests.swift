import GenkiService
import Synchronization
import Testing

@Suite struct WatchdogTests {
  private let sent = Collected<String>()
  private let late = Collected<String>()
  /// Nanoseconds since a start.
  private final class Clock: Sendable {
    let now = Atomic<UInt64>(1_000_000_000)
    func advance(seconds: UInt64) {
      now.add(seconds * 1_000_000_000, ordering: .sequentiallyConsistent)
    }
  }
  private let clock = Clock()

  private func watchdog(interval: UInt64? = 1_000_000_000) -> Watchdog {
    Watchdog(
      notifier: ServiceNotifier { [sent] in sent.append($0) }, watchdogNanoseconds: interval,
      clock: { [clock] in clock.now.load(ordering: .sequentiallyConsistent) },
      onLate: { [late] name, _ in late.append(name) })
  }

  @Test func oneHangingLoopSilencesTheWatchdog() {
    let watchdog = watchdog()
    watchdog.register("round", limitSeconds: 10)
    watchdog.register("chain", limitSeconds: 30)
    watchdog.look()
    #expect(sent.all == ["WATCHDOG=1"])
    clock.advance(seconds: 11)
    watchdog.beat("chain")
    watchdog.look()
    watchdog.look()
    #expect(sent.all.count == 1)
    #expect(late.all == ["round"], "told once")
    #expect(watchdog.lateLoops == ["round": 11])
    watchdog.beat("round")
    watchdog.look()
    #expect(sent.all.count == 2)
    clock.advance(seconds: 11)
    watchdog.look()
    #expect(late.all == ["round", "round"], "late again")
    watchdog.unregister("round")
    watchdog.look()
    #expect(sent.all.count == 3)
    watchdog.beat("round")
    #expect(watchdog.lateLoops.isEmpty, "a loop that has ended is not missed")
  }

  @Test func theThreadTellsRepeatedlyUntilItIsStopped() {
    let watchdog = watchdog(interval: 2_000_000)
    watchdog.register("round", limitSeconds: 10)
    watchdog.start()
    watchdog.start()
    #expect(sent.wait(count: 5).count >= 5)
    watchdog.stop()
    watchdog.stop()
    let count = sent.all.count
    watchdog.start()
    #expect(sent.all.count == count)
  }

  @Test func withoutAManagerNothingIsWanted() {
    #expect(!watchdog(interval: nil).isWanted)
    let neverStarted = watchdog()
    neverStarted.stop()
  }

  @Test func messagesAreThoseOfSdNotify() {
    let notifier = ServiceNotifier { [sent] in sent.append($0) }
    notifier.ready("round 3\nREADY=0")
    notifier.status("training")
    notifier.status("training")
    notifier.reloading()
    notifier.extendTimeout(seconds: 2)
    notifier.stopping("bye")
    let all = sent.all
    #expect(all.count == 5)
    #expect(all[0] == "READY=1\nSTATUS=round 3\\nREADY=0")
    #expect(all[1] == "STATUS=training")
    #expect(all[2].hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
    #expect(all[3] == "EXTEND_TIMEOUT_USEC=2000000")
    #expect(all[4] == "STOPPING=1\nSTATUS=bye")
  }
}
