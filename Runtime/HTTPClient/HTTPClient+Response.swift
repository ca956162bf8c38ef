extension HTTPClient {
    /// A response whose head has arrived; its body is on the way.
    package struct Response: Sendable {
        package let status: Int
        package let headers: HTTPHeaders
        /// The URL that answered: another than the request's after redirects.
        package let url: String
        /// To be read once. Dropping it unread ends the transfer.
        package let body: ResponseBody

        /// Whether the status is 200 to 299.
        package var isSuccess: Bool { (200..<300).contains(status) }
    }
}
