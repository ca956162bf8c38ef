import Cryptography
import FunctionTesting
import Glibc
import JSON
import Synchronization

/// A ComfyUI whose every word a test decides: what its WebSocket sends, and what its queue and history hold before and after the
/// prompt's end.
final class ScriptedComfyUI: Sendable {
    /// What its WebSocket does, one after the other.
    enum Move: Sendable {
        case event(JSON)
        case binary([UInt8])
        case raw([UInt8])
        /// Queue and history become those of the end.
        case finish
        /// The connection breaks; without it, it stays open and silent.
        case drop
    }

    private let server: LocalServer

    /// - Parameters:
    ///   - moves: nil: there is no WebSocket.
    ///   - before: what `/history/{id}` answers until the end; a prompt without history is in the queue then.
    ///   - after: what it answers from then on; nil: ComfyUI has forgotten it.
    init(id: String, moves: [Move]?, before: JSON? = nil, after: JSON?) throws {
        let isFinished = Shared(false)
        let finish: @Sendable () -> Void = { isFinished.withLock { $0 = true } }
        server = try LocalServer { request in
            if request.path.hasPrefix("/ws") {
                guard let moves else { return .init(status: 404) }
                var answer = LocalServer.Answer()
                let key = request.headers["sec-websocket-key"] ?? ""
                answer.takeover = { Self.play(moves, key: key, on: $0, finish) }
                return answer
            }
            let isOver = isFinished.withLock { $0 }
            let entry = isOver ? after : before
            if request.path.hasPrefix("/history") {
                return .init(body: JSON.object(JSONObject(entry.map { [(id, $0)] } ?? [])).serialized)
            }
            let isQueued = !isOver && before == nil
            let queue: JSON = [
                "queue_running": isQueued ? [[0, .string(id), [:], ["client_id": .string(id)], []]] : [],
                "queue_pending": [],
            ]
            return .init(body: queue.serialized)
        }
    }

    var url: String { server.url }
    var requests: [LocalServer.Request] { server.requests }

    private static func play(_ moves: [Move], key: String, on connection: Int32, _ finish: () -> Void) {
        func write(_ bytes: [UInt8]) {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count <= 0 { return }
                sent += count
            }
        }
        let proof = Base64.encode(SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
        write(
            Array(
                """
                HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Accept: \(proof)\r\n\r\n
                """.utf8))
        for move in moves {
            switch move {
            case .event(let json): write(frame(0x81, json.serialized))
            case .binary(let bytes): write(frame(0x82, bytes))
            case .raw(let bytes): write(bytes)
            case .finish: finish()
            case .drop:
                close(connection)
                return
            }
        }
        var buffer = [UInt8](repeating: 0, count: 1024)
        while recv(connection, &buffer, buffer.count, 0) > 0 {}
        close(connection)
    }

    private static func frame(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
        precondition(payload.count < 65_536)
        let length: [UInt8] =
            payload.count < 126
            ? [UInt8(payload.count)] : [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        return [opcode] + length + payload
    }
}

/// A value behind a lock, for closures that share it.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { value in body(&value) }
    }
}
