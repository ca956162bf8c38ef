internal import HTTPClient
internal import JSON

/// The events of a picture that is streamed: partial ones, then the whole.
enum OpenAIStream {
    /// Follows the events up to the whole picture; whatever else comes is data of the future.
    ///
    /// - Throws: what an error among the events means; `.lost` when the stream ends before the picture.
    static func outputs(
        of body: HTTPClient.ResponseBody, _ service: SynchronousService, _ observe: ProviderObserver
    ) async throws -> [ProviderOutput] {
        for try await event in body.events(maximumEventSize: SynchronousService.largestEvent) {
            if event.data.hasPrefix("[DONE]") { break }
            guard let data = try? JSON(parsing: Array(event.data.utf8)) else { continue }
            let kind = data["type"]?.string ?? event.event
            if kind == "error" || data["error"]?.isNull == false {
                throw OpenAIRefusal(event: data["error"]?.isNull == false ? data : ["error": data]).error
            }
            let picture = OpenAIDrawing.bytes(of: data)
            if kind.hasSuffix(".partial_image"), let picture { await observe.report(.preview(picture)) }
            if kind.hasSuffix(".completed") { return picture.map { [.bytes($0)] } ?? [] }
        }
        throw service.lost("OpenAI's stream ended before the picture")
    }
}
