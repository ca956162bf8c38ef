package import FunctionRuntime

/// What a function answered: for HTTP its response, for other triggers the acknowledgement.
package struct InvocationAnswer: Sendable {
    /// The body of an answer.
    package enum Body: Sendable {
        case whole([UInt8])
        case stream(AnswerStream)
    }

    /// 200 where the function named none.
    package var status: Int
    /// In the order the function wrote them.
    package var headers: Headers
    package var body: Body
    /// The build that answered, as its `hello` said.
    package var build: String
    /// The process that answered, e.g. `CreateJob-1`.
    package var instance: String

    package init(
        status: Int = 200, headers: Headers = [:], body: Body = .whole([]), build: String = "",
        instance: String = ""
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.build = build
        self.instance = instance
    }
}
