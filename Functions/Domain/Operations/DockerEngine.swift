package import FunctionRuntime
package import HTTPClient
internal import JSON

/// The Docker Engine's HTTP API (https://docs.docker.com/reference/api/engine/), as far as restarting a container needs it.
package struct DockerEngine: Sendable {
    package static let host = ConfigurationKey<String>(
        "DOCKER_HOST", summary: "where the Docker Engine is that runs ComfyUI", kind: "a socket or an address",
        want: "unix:///var/run/docker.sock or tcp://127.0.0.1:2375"
    ) { text in Place(text) == nil ? nil : text }.optional

    private enum Place {
        case socket(String)
        case address(String)

        init?(_ text: String) {
            let text = text.hasSuffix("/") ? String(text.dropLast()) : text
            if text.hasPrefix("unix:///") {
                self = .socket(String(text.dropFirst("unix://".count)))
            } else if text.hasPrefix("tcp://"), text.count > "tcp://".count {
                self = .address("http" + text.dropFirst("tcp".count))
            } else if text.hasPrefix("http://") || text.hasPrefix("https://") {
                self = .address(text)
            } else {
                return nil
            }
        }
    }

    private let place: Place
    private let client: HTTPClient

    /// Seconds a container gets to stop by itself.
    private static let stopTime = 10

    /// - Returns: nil when no engine is configured.
    /// - Throws: `ConfigurationProblem`.
    package init?(_ configuration: Configuration, _ client: HTTPClient) throws {
        guard let place = try configuration[Self.host].flatMap(Place.init) else { return nil }
        self.place = place
        self.client = client
    }

    /// Stops a container and starts it again.
    ///
    /// - Throws: `Failure`: `notFound` for a container there is not, `conflict` for one that cannot be restarted now, `unavailable`
    ///   while the engine cannot be reached, `upstream` for anything else it says.
    package func restart(_ container: String) async throws {
        var request: HTTPClient.Request
        let path = "/containers/\(container)/restart?t=\(Self.stopTime)"
        switch place {
        case .address(let base): request = .init(.post, base + path)
        case .socket(let file):
            request = .init(.post, "http://localhost" + path)
            request.unixSocket = file
        }
        request.timeout = .seconds(Self.stopTime + 35)
        let response: HTTPClient.Response
        do {
            response = try await client.execute(request)
        } catch let error as HTTPClientError where error.wasNotSent {
            throw Failure.unavailable("the Docker Engine cannot be reached; see DOCKER_HOST")
        } catch let error as HTTPClientError {
            throw Failure.upstream("the Docker Engine's answer was lost: \(error.reason)")
        }
        if response.isSuccess { return }
        // The status says what became of it; a reason that does not come or cannot be read is left out of the sentence.
        let body = (try? await response.body.collect(upTo: 1 << 20)) ?? []
        let reason = (try? JSON(parsing: body))?["message"]?.string.map { ": \($0.prefix(300))" } ?? ""
        switch response.status {
        case 404: throw Failure.notFound("Docker has no container \(container)\(reason)")
        case 409: throw Failure.conflict("the container \(container) cannot be restarted now\(reason)")
        default: throw Failure.upstream("the Docker Engine failed with status \(response.status)\(reason)")
        }
    }
}
