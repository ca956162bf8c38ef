internal import HTTPClient
internal import JSON

/// The events of one prompt, as ComfyUI's WebSocket brings them.
struct ComfyUIEvents: Sendable {
    private let socket: WebSocket
    private let id: String

    /// Connects as the client that queued the prompt: nobody else is told about it.
    ///
    /// - Returns: nil when there is no stream; the prompt can be followed by looking at it.
    static func open(_ connection: ComfyUIConnection, _ id: String) async -> ComfyUIEvents? {
        // Whatever kept it from opening, the looks that follow meet it too, and they tell what it is.
        guard let socket = try? await connection.events(client: id) else { return nil }
        return ComfyUIEvents(socket: socket, id: id)
    }

    private enum Ending: Sendable {
        /// The stream told the end, or it broke.
        case stream
        case looking(Result<ProviderCall, ProviderError>)
    }

    /// Reports what the stream tells, and has the prompt looked at now and then beside it: a prompt that is deleted has no events,
    /// and another socket with our id would get them all.
    ///
    /// - Returns: what the looks found out; nil when the stream came to its end first.
    func follow(
        _ observe: ProviderObserver,
        beside look: @escaping @Sendable (ProviderObserver) async throws(ProviderError) -> ProviderCall
    ) async throws(ProviderError) -> ProviderCall? {
        var schedule = observe.schedule
        schedule.factor = 8
        let slow = ProviderObserver(schedule: schedule, pause: observe.pause, report: observe.report)
        let ending = await withTaskGroup(of: Ending.self) { group in
            group.addTask {
                await read(observe)
                return .stream
            }
            group.addTask {
                do throws(ProviderError) { return .looking(.success(try await look(slow))) } catch {
                    return .looking(.failure(error))
                }
            }
            defer { group.cancelAll() }
            return await group.next()!
        }
        socket.close()
        switch ending {
        case .stream: return nil
        case .looking(let result): return try result.get()
        }
    }

    /// Reads until the prompt has ended, or the stream has, or the task is cancelled.
    private func read(_ observe: ProviderObserver) async {
        do {
            // Previews then come with the id of the prompt they belong to.
            try await socket.send(.text(#"{"type":"feature_flags","data":{"supports_preview_metadata":true}}"#))
            while let message = try await socket.receive() {
                switch ComfyUIEvent(message, of: id) {
                case .progress(let share): await observe.report(.progress(share))
                case .preview(let picture): await observe.report(.preview(picture))
                case .ended: return
                case .other: continue
                }
            }
        } catch {
            // A stream that breaks is no news about the prompt: that is looked at.
            return
        }
    }
}
