import FunctionRuntime
import NIOCore
import NIOHTTP1
import Synchronization

/// The server's side of one HTTP/1.1 connection: puts requests together, streams large bodies under back-pressure, answers
/// `Expect: 100-continue` at once, and notices when the client goes away.
///
/// Everything here runs on the connection's event loop. Finished requests, or heads of streamed ones, go to `exchanges`; one
/// task answers them in their order, so pipelining needs nothing more than a limit on how far it may run ahead.
final class HTTPConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPOutput
    typealias OutboundOut = HTTPServerResponsePart

    /// The request that is being read.
    private enum Reading {
        case nothing
        case collecting(HTTPRequestHead, [UInt8])
        case streaming(RequestStream, HTTPExchange)
        /// It was refused; what is left of its body is dropped.
        case refused
    }

    /// Requests that may wait behind the one that is answered.
    private static let pipelineDepth = 8

    private let options: HTTPOptions
    private let exchanges: AsyncStream<HTTPExchange>.Continuation
    private let watch: HTTPByteWatch
    private let refusal: (HTTPRequestHead) -> ProblemDetails?
    private var reading = Reading.nothing
    private var received = 0
    private var unanswered: [HTTPExchange] = []
    private var owesContinue = false
    private var bodyIsFull = false
    private var holdsRead = false
    private var closesWhenAnswered = false
    private var idle: Scheduled<Void>?
    /// Bytes have come since the last head.
    private var hasBytesOfHead = false
    /// Ends a head or a body that does not come.
    private var patience: Scheduled<Void>?
    private var lastByte = NIODeadline.distantPast

    /// - Parameters:
    ///   - watch: Stands before the decoder.
    ///   - refusal: Why a request with a body is refused by its head alone.
    init(
        options: HTTPOptions, exchanges: AsyncStream<HTTPExchange>.Continuation, watch: HTTPByteWatch,
        refusal: @escaping (HTTPRequestHead) -> ProblemDetails?
    ) {
        self.options = options
        self.exchanges = exchanges
        self.watch = watch
        self.refusal = refusal
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let buffer): receive(buffer, context)
        case .end: complete(context)
        }
    }

    /// What came and is not complete has to go on coming.
    func channelReadComplete(context: ChannelHandlerContext) {
        if patience == nil {
            switch reading {
            case .nothing where hasBytesOfHead && !closesWhenAnswered: awaitHead(context)
            case .collecting, .streaming: awaitBody(after: options.bodyTimeout, context)
            case .nothing, .refused: break
            }
        }
        context.fireChannelReadComplete()
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        idle?.cancel()
        idle = nil
        received = 0
        hasBytesOfHead = false
        stopWaiting()
        guard !closesWhenAnswered else {
            reading = .refused
            return
        }
        if let problem = HTTPHeadCheck.problem(head) { return refuse(head, problem, context) }
        let head = HTTPHeadCheck.normalized(head)
        let length = head.headers.first(name: "content-length").flatMap { Int($0) }
        if let length, length > options.bodyLimit {
            return refuse(head, .bodyTooLarge(limit: options.bodyLimit), context)
        }
        if length ?? 0 > 0 || head.headers.contains(name: "transfer-encoding"), let problem = refusal(head) {
            return refuse(head, problem, context)
        }
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            if unanswered.isEmpty { writeContinue(context) } else { owesContinue = true }
        }
        if let length, length > options.wholeBodyLimit {
            stream(head, first: [], context)
        } else {
            var collected: [UInt8] = []
            if let length { collected.reserveCapacity(length) }
            reading = .collecting(head, collected)
        }
    }

    private func receive(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        received += buffer.readableBytes
        if patience != nil { lastByte = .now() }
        switch reading {
        case .nothing, .refused: break
        case .collecting(let head, var collected):
            reading = .nothing
            collected.append(contentsOf: buffer.readableBytesView)
            if received > options.bodyLimit {
                refuse(head, .bodyTooLarge(limit: options.bodyLimit), context)
            } else if received > options.wholeBodyLimit {
                stream(head, first: collected, context)
            } else {
                reading = .collecting(head, collected)
            }
        case .streaming(let stream, let exchange):
            if received > options.bodyLimit {
                giveUp(stream, exchange, .bodyTooLarge(limit: options.bodyLimit))
            } else {
                bodyIsFull = !stream.offer(Array(buffer.readableBytesView))
            }
        }
    }

    private func complete(_ context: ChannelHandlerContext) {
        stopWaiting()
        hasBytesOfHead = false
        switch reading {
        case .collecting(let head, let body):
            submit(HTTPExchange(head: head, body: body.isEmpty ? .none : .bytes(body)))
        case .streaming(let stream, _): stream.finish()
        case .nothing, .refused: break
        }
        reading = .nothing
        bodyIsFull = false
    }

    private func stream(_ head: HTTPRequestHead, first: [UInt8], _ context: ChannelHandlerContext) {
        let stream = RequestStream()
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        stream.onDemand {
            eventLoop.execute {
                let (handler, context) = loopBound.value
                handler.bodyIsFull = false
                handler.releaseRead(context)
            }
        }
        let exchange = HTTPExchange(head: head, body: .stream(stream))
        if !first.isEmpty { bodyIsFull = !stream.offer(first) }
        reading = .streaming(stream, exchange)
        submit(exchange)
    }

    /// Ends a call whose body is not going to be complete.
    private func giveUp(_ stream: RequestStream, _ exchange: HTTPExchange, _ problem: ProblemDetails) {
        exchange.refusal.withLock { $0 = problem }
        stream.fail(.user)
        exchange.cancellation.cancel(.user)
        closesWhenAnswered = true
        reading = .refused
    }

    private func refuse(_ head: HTTPRequestHead, _ problem: ProblemDetails, _ context: ChannelHandlerContext) {
        reading = .refused
        closesWhenAnswered = true
        submit(HTTPExchange(head: head, body: .none, rejection: problem))
    }

    private func submit(_ exchange: HTTPExchange) {
        unanswered.append(exchange)
        exchanges.yield(exchange)
    }

    /// Back-pressure: no read while the body's reader is slow, or the client runs too far ahead.
    func read(context: ChannelHandlerContext) {
        if bodyIsFull || unanswered.count > Self.pipelineDepth {
            holdsRead = true
        } else {
            context.read()
        }
    }

    private func releaseRead(_ context: ChannelHandlerContext) {
        guard holdsRead, !bodyIsFull, unanswered.count <= Self.pipelineDepth else { return }
        holdsRead = false
        context.read()
    }

    // MARK: What does not come

    private func awaitHead(_ context: ChannelHandlerContext) {
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        patience = context.eventLoop.scheduleTask(in: TimeAmount(options.headTimeout)) {
            let (handler, context) = loopBound.value
            handler.patience = nil
            guard case .nothing = handler.reading, handler.hasBytesOfHead else { return }
            handler.refuse(.unread, .headTimeout(handler.options.headTimeout), context)
        }
    }

    /// Looks again when the last byte could have become too old: a body that flows costs no timer for each of its pieces.
    private func awaitBody(after wait: Duration, _ context: ChannelHandlerContext) {
        lastByte = max(lastByte, .now() + TimeAmount(wait) - TimeAmount(options.bodyTimeout))
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        patience = context.eventLoop.scheduleTask(in: TimeAmount(wait)) {
            let (handler, context) = loopBound.value
            handler.patience = nil
            handler.lookAtBody(context)
        }
    }

    private func lookAtBody(_ context: ChannelHandlerContext) {
        // Nobody reads at the moment: the client is not to blame.
        if holdsRead { return awaitBody(after: options.bodyTimeout, context) }
        let silence = Duration.nanoseconds((NIODeadline.now() - lastByte).nanoseconds)
        guard silence >= options.bodyTimeout else {
            return awaitBody(after: options.bodyTimeout - silence, context)
        }
        switch reading {
        case .collecting(let head, _): refuse(head, .bodyTimeout(options.bodyTimeout), context)
        case .streaming(let stream, let exchange):
            giveUp(stream, exchange, .bodyTimeout(options.bodyTimeout))
        case .nothing, .refused: break
        }
    }

    private func stopWaiting() {
        patience?.cancel()
        patience = nil
    }

    // MARK: Writing

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .whole(let head, let body):
            context.write(wrapOutboundOut(.head(closing(head))), promise: nil)
            if let body { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
            answered(head, context)
        case .head(let head):
            context.writeAndFlush(wrapOutboundOut(.head(closing(head))), promise: promise)
        case .chunk(let buffer):
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: promise)
        case .end:
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
            answered(nil, context)
        }
    }

    private func closing(_ head: HTTPResponseHead) -> HTTPResponseHead {
        guard closesWhenAnswered || unanswered.first?.head.isKeepAlive == false else { return head }
        var head = head
        head.headers.replaceOrAdd(name: "connection", value: "close")
        return head
    }

    private func answered(_ head: HTTPResponseHead?, _ context: ChannelHandlerContext) {
        guard !unanswered.isEmpty else { return }
        let exchange = unanswered.removeFirst()
        // A body that is still coming belongs to a request that is over: its rest cannot be told from a next request safely.
        if case .streaming(let stream, let current) = reading, current === exchange {
            stopWaiting()
            stream.close()
            bodyIsFull = false
            closesWhenAnswered = true
            reading = .refused
        }
        if !exchange.head.isKeepAlive || (closesWhenAnswered && unanswered.isEmpty) {
            exchanges.finish()
            return linger(context)
        }
        if owesContinue, unanswered.isEmpty { writeContinue(context) }
        releaseRead(context)
        if unanswered.isEmpty, case .nothing = reading { awaitNext(context) }
    }

    /// Ends the connection so that the client can still read: what it goes on sending must not reset the connection.
    private func linger(_ context: ChannelHandlerContext) {
        idle?.cancel()
        context.close(mode: .output, promise: nil)
        let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
        idle = context.eventLoop.scheduleTask(in: .seconds(2)) { loopBound.value.close(promise: nil) }
    }

    private func writeContinue(_ context: ChannelHandlerContext) {
        owesContinue = false
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    // MARK: The connection's life

    func handlerAdded(context: ChannelHandlerContext) {
        watch.onBytes = { [unowned self] in hasBytesOfHead = true }
        if context.channel.isActive { awaitNext(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        awaitNext(context)
        context.fireChannelActive()
    }

    private func awaitNext(_ context: ChannelHandlerContext) {
        idle?.cancel()
        let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
        idle = context.eventLoop.scheduleTask(in: TimeAmount(options.idleTimeout)) {
            loopBound.value.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        idle?.cancel()
        stopWaiting()
        clientIsGone()
        exchanges.finish()
        context.fireChannelInactive()
    }

    private func clientIsGone() {
        if case .streaming(let stream, _) = reading { stream.fail(.clientGone) }
        for exchange in unanswered { exchange.cancellation.cancel(.clientGone) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            closesWhenAnswered = true
            if unanswered.isEmpty, case .nothing = reading { context.close(promise: nil) }
        case let event as ChannelEvent where event == .inputClosed:
            inputClosed(context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// The client sends no more. It may only have closed its sending side (then it still wants its answer), or be gone: TCP
    /// does not tell. So a call that is answered soon is answered; a longer one is canceled.
    private func inputClosed(_ context: ChannelHandlerContext) {
        closesWhenAnswered = true
        switch reading {
        case .nothing: break
        case .collecting, .streaming, .refused: clientIsGone()
        }
        reading = .nothing
        guard !unanswered.isEmpty else { return context.close(promise: nil) }
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: TimeAmount(options.halfCloseGrace)) { loopBound.value.clientIsGone() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // After its first error the decoder reports whatever else comes; the refusal is on its way then.
        if case .refused = reading, error is ByteToMessageDecoderError || error is HTTPParserError { return }
        guard let error = error as? HTTPParserError, error != .invalidEOFState else {
            clientIsGone()
            return context.close(promise: nil)
        }
        if case .streaming(let stream, _) = reading { stream.fail(.clientGone) }
        let text = watch.current.map { String(decoding: $0.readableBytesView, as: UTF8.self) } ?? ""
        stopWaiting()
        refuse(
            .unread, error == .headerOverflow ? .headTooLarge(limit: options.headLimit) : .malformed(error, in: text),
            context)
    }
}

extension HTTPRequestHead {
    /// In place of a head that could not be read.
    fileprivate static var unread: HTTPRequestHead { HTTPRequestHead(version: .http1_1, method: .GET, uri: "/") }
}
