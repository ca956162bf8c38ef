import FunctionRuntime
import NIOCore

/// Turns what a process writes to standard output into frames for its worker.
final class FramePipeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let worker: Worker
    private var reader = FrameReader()
    private var isBroken = false

    init(worker: Worker) {
        self.worker = worker
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isBroken else { return }
        reader.append(unwrapInboundIn(data).readableBytesView)
        do throws(FrameError) {
            while let frame = try reader.next() { worker.receive(frame) }
        } catch {
            isBroken = true
            worker.breakOff("it wrote \(error). Standard output belongs to the protocol; print to standard error")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A write to a process that is gone. Its end is reported when it is reaped.
        context.close(promise: nil)
    }
}

/// Collects what a process writes to standard error.
final class StandardErrorHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let worker: Worker

    init(worker: Worker) {
        self.worker = worker
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        worker.receiveStandardError(unwrapInboundIn(data).readableBytesView)
    }
}
