import HTTPTypes
import Testing

@testable import emulator

@Suite struct DashboardServerTests {
    private static func head(_ authority: String, origin: String? = nil) -> HTTPRequest {
        var request = HTTPRequest(method: .post, scheme: "http", authority: authority, path: "/api/state")
        request.headerFields[.origin] = origin
        return request
    }

    @Test(arguments: ["127.0.0.1:7072", "localhost:7072", "darkroom.localhost:7072", "[::1]:7072"])
    func `answers to the names of this machine`(authority: String) {
        #expect(DashboardServer.refusal(of: Self.head(authority), host: "127.0.0.1") == nil)
        #expect(
            DashboardServer.refusal(of: Self.head(authority, origin: "http://\(authority)"), host: "127.0.0.1") == nil)
    }

    @Test func `answers neither other names nor pages of other origins`() {
        #expect(DashboardServer.refusal(of: Self.head("evil.example:7072"), host: "127.0.0.1") != nil)
        #expect(
            DashboardServer.refusal(of: Self.head("127.0.0.1:7072", origin: "http://evil.example"), host: "127.0.0.1")
                != nil)
        #expect(DashboardServer.refusal(of: Self.head("127.0.0.1:7072", origin: "null"), host: "127.0.0.1") != nil)
    }
}
