import Foundation
import GenkiCore
import GenkiRPC
import NIOCore
import Synchronization

/// One connection on the event loop: bytes to lines, lines to the pool, answers to the peer.
///
/// It reads only while it may begin another request, so that a peer that sends faster than it is
/// answered, or does not read its answers, is held back by the kernel.
final class RPCConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private static let sliceBytes = 64 << 10
  private static let lineEnd = UInt8(ascii: "\n")

  private let shared: ServerShared
  private let port: ConnectionPort
  private let caller: RPCCaller
  private var context: ChannelHandlerContext?
  private var input = ByteBuffer()
  /// Bytes at the start of `input` that are known to hold no line end.
  private var scannedBytes = 0
  private var isReading = false
  private var inputHasEnded = false
  /// Nothing more is begun; the connection closes once its answers are out.
  private var isClosing = false
  private var inFlight = 0
  /// Bytes that the kernel has not taken yet, the gathered ones included.
  private var outgoingBytes = 0
  private var gathered = ByteBuffer()
  private var afterWriting: [() -> Void] = []
  private var isFlushAhead = false
  private var lineStartedAt: NIODeadline?
  private var progressAt = NIODeadline.now()
  private var activeAt = NIODeadline.now()

  init(shared: ServerShared, port: ConnectionPort, caller: RPCCaller) {
    self.shared = shared
    self.port = port
    self.caller = caller
  }

  // MARK: - The channel's events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    port.attach(self)
    note(.debug, "connected")
    if context.channel.isActive { advance() }
  }

  func channelActive(context: ChannelHandlerContext) {
    advance()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    activeAt = .now()
    guard !isClosing else { return }
    if input.readableBytes == 0 {
      input = bytes
    } else {
      input.discardReadBytes()
      input.writeBuffer(&bytes)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    advance()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed {
      inputHasEnded = true
      advance()
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    note(.debug, "the connection failed", ["error": "\(error)"])
    closeSoon()
  }

  func channelInactive(context: ChannelHandlerContext) { leave() }

  func handlerRemoved(context: ChannelHandlerContext) { leave() }

  private func leave() {
    guard context != nil else { return }
    context = nil
    input = ByteBuffer()
    shared.outgoingBytes.subtract(gathered.readableBytes, ordering: .relaxed)
    gathered = ByteBuffer()
    afterWriting = []
    port.detach()
    shared.remove(port)
    // Ends of subscriptions may run code of the sources: not on the event loop.
    shared.pool.submit(isUrgent: false) { [port] in port.dropStreams() }
    note(.debug, "disconnected")
  }

  // MARK: - Requests

  /// Begins what may be begun, reads on or closes.
  func advance() {
    guard let context else { return }
    while mayBegin, let line = nextLine() { begin(line) }
    if isClosing || inputHasEnded || shared.isStopping {
      closeIfDone()
    } else if mayBegin, !isReading {
      isReading = true
      context.read()
    }
  }

  private var mayBegin: Bool {
    !isClosing && inFlight < shared.limits.requestsInFlight
      && outgoingBytes <= shared.limits.outgoingBytes
  }

  /// The next line that is not blank; nil if there is no whole one yet.
  private func nextLine() -> [UInt8]? {
    while !isClosing {
      guard let length = lengthOfLine() else { return nil }
      lineStartedAt = nil
      scannedBytes = 0
      let line = input.readBytes(length: length) ?? []
      input.moveReaderIndex(forwardBy: min(1, input.readableBytes))
      guard line.count <= shared.limits.requestBytes else {
        refuseLongLine()
        return nil
      }
      if line.contains(where: { $0 > UInt8(ascii: " ") }) { return line }
    }
    return nil
  }

  private func lengthOfLine() -> Int? {
    let readable = input.readableBytes
    let found: Int? = input.withUnsafeReadableBytes { bytes in
      guard let start = bytes.baseAddress, scannedBytes < bytes.count else { return nil }
      let rest = bytes.count - scannedBytes
      guard let end = memchr(start + scannedBytes, Int32(Self.lineEnd), rest) else { return nil }
      return UnsafeRawPointer(end) - start
    }
    if let found { return found }
    scannedBytes = readable
    if readable > shared.limits.requestBytes {
      refuseLongLine()
      return nil
    }
    if readable == 0 {
      lineStartedAt = nil
      return nil
    }
    // A client that closes its side after the last request need not end the line.
    if inputHasEnded { return readable }
    lineStartedAt = lineStartedAt ?? .now()
    return nil
  }

  private func refuseLongLine() {
    refuse(.invalidRequest("the line is longer than \(shared.limits.requestBytes) bytes"))
  }

  private func begin(_ line: [UInt8]) {
    inFlight += 1
    activeAt = .now()
    shared.pool.submit(isUrgent: inFlight == 1) { [shared, port, caller] in
      var caller = caller
      caller.isStopping = shared.isStopping
      let answer = shared.table.answer(line, from: caller)
      port.run { $0.finish(answer) }
    }
  }

  private func finish(_ answer: RPCAnswer) {
    inFlight -= 1
    activeAt = .now()
    if let text = answer.text { send(text + [Self.lineEnd]) }
    for stream in answer.streams { stream.start() }
    advance()
  }

  // MARK: - Answers

  /// Queues bytes; `written` is called when the kernel has taken them, unless the peer goes before.
  ///
  /// What comes within one turn of the event loop is written at once.
  func send(_ bytes: [UInt8], written: (() -> Void)? = nil) {
    guard context != nil else { return }
    let total = shared.outgoingBytes.add(bytes.count, ordering: .relaxed).newValue
    if outgoingBytes == 0 { progressAt = .now() }
    outgoingBytes += bytes.count
    gathered.writeBytes(bytes)
    if let written { afterWriting.append(written) }
    if total > shared.limits.serverOutgoingBytes {
      cutOff("too many bytes wait for the peers")
    } else if gathered.readableBytes >= Self.sliceBytes {
      flush()
    } else if !isFlushAhead {
      isFlushAhead = true
      port.run { $0.flush() }
    }
  }

  /// Writes what was gathered, in slices that show the peer's progress.
  private func flush() {
    isFlushAhead = false
    guard let context, gathered.readableBytes > 0 else { return }
    var rest = gathered
    let written = afterWriting
    gathered = ByteBuffer()
    afterWriting = []
    while let slice = rest.readSlice(length: min(Self.sliceBytes, rest.readableBytes)),
      slice.readableBytes > 0
    {
      let promise = context.eventLoop.makePromise(of: Void.self)
      let isLast = rest.readableBytes == 0
      promise.futureResult.assumeIsolated().whenComplete { _ in
        self.account(slice.readableBytes)
        if isLast { written.forEach { $0() } }
      }
      context.write(wrapOutboundOut(slice), promise: promise)
    }
    context.flush()
  }

  private func account(_ bytes: Int) {
    shared.outgoingBytes.subtract(bytes, ordering: .relaxed)
    let wasFull = outgoingBytes > shared.limits.outgoingBytes
    outgoingBytes -= bytes
    progressAt = .now()
    let isFull = outgoingBytes > shared.limits.outgoingBytes
    if outgoingBytes == 0 || (wasFull && !isFull) { port.run { $0.advance() } }
  }

  private func refuse(_ fault: RPCFault) {
    note(.warning, "a peer broke a limit", ["error": fault.message])
    send(RPCMethodTable.refusal(fault) + [Self.lineEnd])
    isClosing = true
    input = ByteBuffer()
    lineStartedAt = nil
    port.run { $0.advance() }
  }

  private func cutOff(_ reason: String) {
    note(.warning, "a peer is cut off", ["reason": reason])
    closeSoon()
  }

  private func closeIfDone() {
    guard inFlight == 0, outgoingBytes == 0 else { return }
    // A peer that closed its side may still read the events it asked for.
    if inputHasEnded, !isClosing, !shared.isStopping, port.hasStreams { return }
    closeSoon()
  }

  /// Closes in the next turn of the event loop: within one of its events a channel must stay open.
  private func closeSoon() {
    isClosing = true
    port.run { $0.context?.close(promise: nil) }
  }

  // MARK: - Time

  /// Looks at the clocks of the connection.
  func check(_ now: NIODeadline) {
    let limits = shared.limits
    if outgoingBytes > 0 {
      if Self.seconds(from: progressAt, to: now) > limits.stallSeconds {
        cutOff("it does not read")
      }
    } else if let lineStartedAt {
      if Self.seconds(from: lineStartedAt, to: now) > limits.lineSeconds {
        refuse(.invalidRequest("the line was not finished within \(limits.lineSeconds) seconds"))
      }
    } else if inFlight == 0, !port.hasStreams,
      Self.seconds(from: activeAt, to: now) > limits.idleSeconds
    {
      note(.info, "a connection is closed: nothing was said for long")
      closeSoon()
    }
  }

  private static func seconds(from start: NIODeadline, to end: NIODeadline) -> Double {
    Double((end - start).nanoseconds) / 1e9
  }

  private func note(
    _ level: RPCLogEntry.Level, _ message: String, _ fields: [String: String] = [:]
  ) {
    let who = [
      "pid": "\(caller.peer.process)", "uid": "\(caller.peer.user)", "gid": "\(caller.peer.group)",
    ]
    shared.log(level, message, who.merging(fields) { $1 })
  }
}
